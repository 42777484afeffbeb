// The cheapest replica for the prompt: what it would have to compute, and what it holds already.
//
// NVIDIA Dynamo's KV router with its defaults (overlap weight 1, temperature 0): cost in KV blocks
// = (tokens of prompts under way + tokens of this one that are not cached) / block size + blocks
// that running requests hold + new blocks of this one. What replicas have cached is predicted from
// what they were sent (Dynamo's --no-kv-events).
#include "moru/base/registry.h"
#include "moru/serving/prompt_tree.h"
#include "moru/serving/router.h"
#include "moru/trace/prefix.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace moru {
namespace {

class KvAware final : public Router {
 public:
  bool needs_state() const override { return true; }
  bool needs_memory() const override { return true; }

  std::size_t choose(const FleetView& fleet, const Request& request) override {
    const EngineConfig& engine = fleet.replicas.front()->config();
    if (!tree_) {
      tree_.emplace(engine.blocks * engine.block_size * engine.parallelism.data);
    }
    const std::span<const PromptSegment> prompt = segments_of(fleet.trace, request);
    cached_.assign(fleet.replicas.size(), 0);
    for (const PromptTree::Overlap& overlap : tree_->match(prompt)) {
      // Whole blocks, and at least one token is computed.
      const std::int64_t most = request.prompt_tokens - 1;
      cached_[overlap.replica] =
          std::min(overlap.tokens, most) / engine.block_size * engine.block_size;
    }
    const std::size_t chosen = cheapest(fleet, [&](std::size_t i) {
      const Replica& replica = *fleet.replicas[i];
      const std::int64_t fresh = request.prompt_tokens - cached_[i];
      return replica.unanswered_tokens() + fresh + replica.used_blocks() * engine.block_size +
             (fresh + engine.block_size - 1) / engine.block_size * engine.block_size;
    });
    tree_->insert(prompt, chosen);
    return chosen;
  }

  void forget(std::size_t replica) override {
    if (tree_) {
      tree_->forget(replica);
    }
  }

 private:
  std::optional<PromptTree> tree_;
  std::vector<std::int64_t> cached_;  // tokens, by replica
};

MORU_REGISTER(Router, KvAware, "kv_aware",
              "least prompt tokens to compute + KV blocks held (NVIDIA Dynamo's KV router)");

}  // namespace
}  // namespace moru
