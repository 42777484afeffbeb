// TensorRT-LLM 1.x: in-flight batching.
//
// cpp/tensorrt_llm/batch_manager/{capacityScheduler,microBatchScheduler}.cpp. Two questions per
// step: which requests may be in the engine, and which of their tokens the step holds.
// * GUARANTEED_NO_EVICT (the default) admits a request if the blocks of its whole answer fit beside
//   those that all running requests will need to their end: nobody is ever evicted.
// * MAX_UTILIZATION admits what fits now; when blocks run out the request that came last is paused
//   and computed again later.
// * A step takes all running requests in order, then prompts, up to max_num_tokens (here
//   max_num_batched_tokens) and max_batch_size (max_num_seqs). Without chunked context a prompt
//   that does not fit whole waits, and all behind it.
#include "moru/base/registry.h"
#include "moru/serving/scheduler.h"

#include <algorithm>

namespace moru {
namespace {

class TrtLlm final : public Scheduler {
 public:
  // llm_args.py of 1.x: BuildConfig and KvCacheConfig; cuda_graph_config covers the largest batch,
  // as the deployment guides set it.
  EngineDefaults defaults(const Deployment& deployment, const Chip&) const override {
    EngineDefaults defaults;
    defaults.block_size = 32;
    defaults.max_num_seqs = 2048;
    defaults.max_num_batched_tokens = 8192;
    defaults.enable_chunked_prefill = false;
    defaults.memory_rule = EngineDefaults::MemoryRule::of_free;
    defaults.graphs_hold_prompts = false;
    const std::int64_t largest = deployment.max_num_seqs.value_or(defaults.max_num_seqs);
    defaults.graph_sizes = {1, 2, 4};
    for (std::int64_t size = 8; size <= std::min<std::int64_t>(largest, 128); size += 8) {
      defaults.graph_sizes.push_back(size);
    }
    for (std::int64_t size = 256; size < largest; size *= 2) {
      defaults.graph_sizes.push_back(size);
    }
    if (defaults.graph_sizes.back() < largest) {
      defaults.graph_sizes.push_back(largest);
    }
    return defaults;
  }

  void schedule(Rank& rank, SimTime now, StepPlan& plan) override {
    std::int64_t budget = rank.config().max_num_batched_tokens;
    take_running(rank, budget, plan);
    if (plan.preempted.empty()) {
      admit_waiting(rank, now, budget, plan);
    }
  }

  bool runs_ahead() const override { return true; }
  bool is_admission_blocked(const Rank& rank) const override {
    const EngineConfig& config = rank.config();
    const std::int64_t running = rank.running_count();
    if (running >= config.max_num_seqs || running >= config.max_num_batched_tokens) {
      return true;
    }
    // What is free and what is promised fall together while requests only decode.
    const RequestState& head = rank.request(rank.waiting().front());
    return never_evicts(rank) &&
           blocks_to_the_end(rank, head) + promised(rank) > rank.free_blocks();
  }

 private:
  static bool never_evicts(const Rank& rank) {
    return rank.config().capacity_policy == CapacityPolicy::guaranteed_no_evict;
  }

  static void take_running(Rank& rank, std::int64_t& budget, StepPlan& plan) {
    std::vector<std::int32_t>& running = rank.running();
    for (std::size_t i = 0; i < running.size() && budget > 0; ++i) {
      const std::int32_t slot = running[i];
      RequestState& request = rank.request(slot);
      if (rank.config().knows_output_length &&
          request.generated() + request.placeholders >= request.output) {
        continue;  // its last token is in flight
      }
      const std::int32_t tokens =
          chunk_of(rank, request.length + request.placeholders - request.computed, budget, plan);
      if (tokens == 0) {
        continue;
      }
      const std::int32_t wanted = blocks_for(rank, request.computed + tokens) - request.blocks;
      while (wanted > rank.free_blocks()) {
        const std::int32_t last = running.back();
        running.pop_back();
        rank.preempt(last, plan);
        if (last == slot) {
          return;
        }
      }
      if (wanted > 0) {
        rank.pool().grow(slot, request, wanted);
      }
      rank.launch(slot, tokens, plan);
      budget -= tokens;
    }
  }

  // The last token is never computed.
  static std::int32_t blocks_to_the_end(const Rank& rank, const RequestState& request) {
    return blocks_for(rank, request.prompt + request.output - 1);
  }

  // Tokens of a context that the step takes: all, or with chunked context whole blocks of it. A
  // paused request may have become longer than any step.
  static std::int32_t chunk_of(const Rank& rank, std::int64_t left, std::int64_t budget,
                               const StepPlan& plan) {
    if (left <= budget) {
      return static_cast<std::int32_t>(left);
    }
    const EngineConfig& config = rank.config();
    if (!config.enable_chunked_prefill && left <= config.max_num_batched_tokens) {
      return 0;
    }
    const std::int64_t whole = budget / config.block_size * config.block_size;
    return static_cast<std::int32_t>(whole == 0 && plan.scheduled.empty() ? budget : whole);
  }

  // Blocks that running requests will still take, to their last token.
  static std::int64_t promised(const Rank& rank) {
    std::int64_t blocks = 0;
    for (const std::int32_t slot : rank.running()) {
      const RequestState& request = rank.request(slot);
      blocks += std::max(blocks_to_the_end(rank, request) - request.blocks, 0);
    }
    return blocks;
  }

  void admit_waiting(Rank& rank, SimTime now, std::int64_t& budget, StepPlan& plan) const {
    if (rank.waiting().empty() || holds_prompts_) {
      return;
    }
    const EngineConfig& config = rank.config();
    std::int64_t reserved = never_evicts(rank) ? promised(rank) : 0;
    while (!rank.waiting().empty() && budget > 0 && rank.running_count() < config.max_num_seqs) {
      const std::int32_t slot = rank.waiting().front();
      RequestState& request = rank.request(slot);
      const PrefixHit hit = rank.pool().lookup(slot, request);
      const auto cached = static_cast<std::int32_t>(hit.blocks * config.block_size);
      const std::int32_t tokens = chunk_of(rank, request.length - cached, budget, plan);
      const std::int32_t now_held = blocks_for(rank, cached + tokens);
      const std::int32_t to_the_end = blocks_to_the_end(rank, request);
      const std::int64_t needed = (never_evicts(rank) ? to_the_end : now_held) - hit.blocks;
      if (tokens == 0 || needed + hit.unreferenced + reserved > rank.free_blocks()) {
        return;
      }
      rank.waiting().pop_front();
      rank.running().push_back(slot);
      rank.start(slot, hit, now);
      rank.pool().admit(slot, request, hit, now_held - hit.blocks);
      rank.launch(slot, tokens, plan);
      budget -= tokens;
      reserved += never_evicts(rank) ? to_the_end - now_held : 0;
    }
  }
};

MORU_REGISTER(Scheduler, TrtLlm, "trtllm",
              "TensorRT-LLM 1.x: in-flight batching; GUARANTEED_NO_EVICT (or MAX_UTILIZATION), "
              "optional chunked context");

}  // namespace
}  // namespace moru
