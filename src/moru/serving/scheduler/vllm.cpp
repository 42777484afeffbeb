// vLLM V1 (0.19): continuous batching with chunked prefill, first come first served.
//
// vllm/v1/core/sched/scheduler.py, Scheduler.schedule(). There is no prefill or decode phase: every
// request lets `computed` catch up with `length`. Running requests come first, in the order of
// their admission; then waiting ones, strictly from the head. Preemption drops a request's KV cache
// and recomputes it later. With `--scheduling-policy priority` the queue is ordered by priority and
// arrival, and the victim is the one that stands last in that order; what the step had for it goes
// back to the budget.
#include "moru/base/registry.h"
#include "moru/serving/scheduler.h"

#include <algorithm>
#include <tuple>

namespace moru {
namespace {

class Vllm final : public Scheduler {
 public:
  // vLLM 0.19, EngineArgs._set_default_args for the API server: chips with at least 70 GiB, the
  // A100 excepted, get the large defaults.
  EngineDefaults defaults(const Deployment&, const Chip& chip) const override {
    using namespace literals;
    const bool is_large =
        chip.main_memory()->capacity->value >= 70_GiB && chip.architecture != "ampere";
    EngineDefaults defaults;
    defaults.max_num_seqs = is_large ? 1024 : 256;
    defaults.max_num_batched_tokens = is_large ? 8192 : 2048;
    return defaults;
  }

  bool supports(SchedulingPolicy policy) const override {
    return policy == SchedulingPolicy::fcfs || policy == SchedulingPolicy::priority;
  }

  void schedule(Rank& rank, SimTime now, StepPlan& plan) override {
    std::int64_t budget = rank.config().max_num_batched_tokens;
    schedule_running(rank, budget, plan);
    if (plan.preempted.empty()) {
      admit_waiting(rank, now, budget, plan);
    }
  }

  bool runs_ahead() const override { return true; }

  bool is_admission_blocked(const Rank& rank) const override {
    const EngineConfig& config = rank.config();
    if (rank.running_count() >= config.max_num_seqs ||
        rank.running_count() >= config.max_num_batched_tokens) {
      return true;
    }
    // By priority, a request still to come may be the first, and short enough.
    return config.reserve_full_isl && config.scheduling_policy == SchedulingPolicy::fcfs &&
           blocks_for(rank, rank.request(rank.waiting().front()).length) > rank.free_blocks();
  }

 private:
  static std::int32_t clip(std::int32_t tokens, std::int64_t budget, const EngineConfig& config) {
    const std::int64_t threshold = config.long_prefill_token_threshold;
    std::int64_t clipped = tokens;
    if (threshold > 0 && threshold < clipped) {
      clipped = threshold;
    }
    return static_cast<std::int32_t>(std::min(clipped, budget));
  }

  // Asynchronous scheduling: the request's last token is already in flight.
  static bool ends_in_flight(const Rank& rank, const RequestState& request) {
    return rank.config().knows_output_length && request.placeholders > 0 &&
           request.computed + 2 - request.placeholders >= request.prompt + request.output;
  }

  static void schedule_running(Rank& rank, std::int64_t& budget, StepPlan& plan) {
    std::vector<std::int32_t>& running = rank.running();
    for (std::size_t i = 0; i < running.size() && budget > 0; ++i) {
      const std::int32_t slot = running[i];
      RequestState& request = rank.request(slot);
      if (ends_in_flight(rank, request)) {
        continue;
      }
      const std::int32_t tokens =
          clip(request.length + request.placeholders - request.computed, budget, rank.config());
      if (tokens == 0) {  // with pipeline parallelism: its token is not back yet
        continue;
      }
      const std::int32_t wanted = blocks_for(rank, request.computed + tokens) - request.blocks;
      if (!make_room(rank, wanted, i, budget, plan)) {
        return;
      }
      if (wanted > 0) {
        rank.pool().grow(slot, request, wanted);
      }
      rank.pool().publish(slot, request, std::min(request.computed + tokens, request.length));
      rank.launch(slot, tokens, plan);
      budget -= tokens;
    }
  }

  // Preempts until `blocks` are free for the running request at place `at`; false if it had to go
  // itself. `at` and `budget` follow where a victim stood before it.
  static bool make_room(Rank& rank, std::int32_t blocks, std::size_t& at, std::int64_t& budget,
                        StepPlan& plan) {
    std::vector<std::int32_t>& running = rank.running();
    while (blocks > rank.free_blocks()) {
      const std::size_t place = victim(rank);
      const std::int32_t slot = running[place];
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(place));
      budget += rank.withdraw(slot, plan);
      rank.preempt(slot, plan);
      if (place == at) {
        return false;
      }
      at -= place < at ? 1 : 0;
    }
    return true;
  }

  // Where the request stands that is preempted next: the last, or the last of those that matter
  // least.
  static std::size_t victim(const Rank& rank) {
    const std::vector<std::int32_t>& running = rank.running();
    if (rank.config().scheduling_policy == SchedulingPolicy::fcfs) {
      return running.size() - 1;
    }
    const auto matters_more = [&](std::int32_t a, std::int32_t b) {
      const RequestState& left = rank.request(a);
      const RequestState& right = rank.request(b);
      return std::tie(left.priority, left.arrival) < std::tie(right.priority, right.arrival);
    };
    return static_cast<std::size_t>(std::max_element(running.begin(), running.end(), matters_more) -
                                    running.begin());
  }

  static void admit_waiting(Rank& rank, SimTime now, std::int64_t& budget, StepPlan& plan) {
    const EngineConfig& config = rank.config();
    while (!rank.waiting().empty() && budget > 0 && rank.running_count() < config.max_num_seqs) {
      const std::int32_t slot = rank.waiting().front();
      RequestState& request = rank.request(slot);
      const PrefixHit hit = rank.pool().lookup(slot, request);
      const auto cached = static_cast<std::int32_t>(hit.blocks * config.block_size);
      std::int32_t tokens = request.length - cached;
      if (!config.enable_chunked_prefill && clip(tokens, tokens, config) > budget) {
        return;
      }
      tokens = clip(tokens, budget, config);
      const auto needs = [&](std::int64_t length) {
        return std::max(blocks_for(rank, length) - hit.blocks, 0) + hit.unreferenced;
      };
      if (config.reserve_full_isl && needs(request.length) > rank.free_blocks()) {
        return;
      }
      if (needs(cached + tokens) > rank.free_blocks()) {
        return;
      }
      rank.waiting().pop_front();
      rank.running().push_back(slot);
      rank.start(slot, hit, now);
      rank.pool().admit(slot, request, hit,
                        std::max(blocks_for(rank, cached + tokens) - hit.blocks, 0));
      rank.pool().publish(slot, request, std::min(cached + tokens, request.length));
      rank.launch(slot, tokens, plan);
      budget -= tokens;
    }
  }
};

MORU_REGISTER(Scheduler, Vllm, "vllm",
              "vLLM V1, 0.19: running first, token budget, chunked prefill, "
              "preemption by recomputation from the tail");

}  // namespace
}  // namespace moru
