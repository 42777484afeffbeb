// Where the longest prefix of the prompt is cached, unless that would overload a replica.
//
// SGLang's model gateway, policy cache_aware, with its defaults: while the loads (requests in
// service) differ by more than 64 and by more than half, the least loaded replica gets the request;
// else the replica that got the longest matching prefix last, if that is more than 30% of the
// prompt; else the least loaded. What replicas have cached is the router's own record of what it
// sent them, bounded by their KV cache.
#include "moru/base/registry.h"
#include "moru/serving/prompt_tree.h"
#include "moru/serving/router.h"
#include "moru/trace/prefix.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace moru {
namespace {

class PrefixAware final : public Router {
 public:
  bool needs_state() const override { return true; }

  std::size_t choose(const FleetView& fleet, const Request& request) override {
    if (!tree_) {
      const EngineConfig& engine = fleet.replicas.front()->config();
      tree_.emplace(engine.blocks * engine.block_size * engine.parallelism.data);
    }
    const std::span<const PromptSegment> prompt = segments_of(fleet.trace, request);
    const std::size_t chosen = pick(fleet, request, prompt);
    tree_->insert(prompt, chosen);
    return chosen;
  }

  void forget(std::size_t replica) override {
    if (tree_) {
      tree_->forget(replica);
    }
  }

 private:
  static constexpr std::int64_t kAbsoluteThreshold = 64;
  static constexpr double kRelativeThreshold = 1.5;
  static constexpr double kCacheThreshold = 0.3;

  std::size_t pick(const FleetView& fleet, const Request& request,
                   std::span<const PromptSegment> prompt) {
    const auto load = [&](std::size_t i) { return fleet.replicas[i]->in_service(); };
    const std::size_t idlest = cheapest(fleet, load);
    std::int64_t most = 0;
    for (const std::size_t i : fleet.up) {
      most = std::max(most, load(i));
    }
    const std::int64_t least = load(idlest);
    const bool is_imbalanced =
        most - least > kAbsoluteThreshold &&
        static_cast<double>(most) > kRelativeThreshold * static_cast<double>(least);
    if (is_imbalanced) {
      return idlest;
    }
    PromptTree::Overlap best{idlest, 0, 0};
    for (const PromptTree::Overlap& overlap : tree_->match(prompt)) {
      if (std::tie(overlap.tokens, overlap.last_use) > std::tie(best.tokens, best.last_use) &&
          std::binary_search(fleet.up.begin(), fleet.up.end(), overlap.replica)) {
        best = overlap;
      }
    }
    const bool is_worth_it =
        static_cast<double>(best.tokens) > kCacheThreshold * request.prompt_tokens;
    return is_worth_it ? best.replica : idlest;
  }

  std::optional<PromptTree> tree_;
};

MORU_REGISTER(Router, PrefixAware, "prefix_aware",
              "longest prefix sent before while loads are balanced (SGLang gateway's cache_aware)");

}  // namespace
}  // namespace moru
