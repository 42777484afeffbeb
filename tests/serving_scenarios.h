// Random services for property tests.
#pragma once

#include "moru/base/rng.h"
#include "moru/serving/replica.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace moru::testing {

// A cost with a fixed part, a part per token and a part per cached key: distinct enough that any
// disagreement about a batch shows in the times.
class LinearTimer final : public StepTimer {
 public:
  explicit LinearTimer(std::vector<ContextRule> rules) : rules_(std::move(rules)) {}
  std::span<const ContextRule> rules() const override { return rules_; }
  void time(std::span<const BatchWork> ranks, std::vector<SimTime>& stages) override {
    SimTime slowest = 1;
    for (const BatchWork& work : ranks) {
      double keys = 0;
      double factor = 3;
      for (const ContextWork& context : work.contexts) {
        keys += factor * (context.prefill.pairs + context.decode.cached_keys);
        factor += 4;
      }
      slowest = std::max(slowest, 1'000'000 + 7'001 * work.tokens + 13 * work.sampled +
                                      static_cast<SimTime>(keys));
    }
    stages.assign(static_cast<std::size_t>(stages_), slowest);
  }
  int stages_ = 1;

 private:
  std::vector<ContextRule> rules_;
};

struct RandomScenario {
  EngineConfig config;
  Trace trace;
  std::vector<ContextRule> rules = {{ContextKind::full, 0}};
  bool has_identity = false;
  std::int64_t at_once = 0;  // most requests in the service, 0: no limit
};

inline RandomScenario random_scenario(std::uint64_t seed) {
  Rng rng(seed);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(rng.below(static_cast<std::uint32_t>(high - low + 1)));
  };
  RandomScenario scenario;
  EngineConfig& config = scenario.config;
  config.block_size = 1 << between(0, 4);
  config.max_num_seqs = between(1, 24);
  config.max_num_batched_tokens = between(1, 100);
  config.long_prefill_token_threshold = between(0, 2) == 0 ? between(1, 40) : 0;
  config.async_scheduling = between(0, 1) == 1;
  config.reserve_full_isl = between(0, 3) > 0;
  config.enable_prefix_caching = between(0, 1) == 1;
  config.knows_output_length = !config.async_scheduling || between(0, 3) > 0;
  if (between(0, 2) == 0) {
    config.scheduling_policy = SchedulingPolicy::priority;
  }
  config.parallelism.data = between(0, 4) == 0 ? 2 : 1;
  if (!config.async_scheduling && config.parallelism.data == 1) {
    config.parallelism.pipeline = between(0, 3) == 0 ? between(2, 4) : 1;
  }
  if (between(0, 2) == 0) {
    scenario.rules.push_back({ContextKind::window, between(1, 60)});
  }
  if (between(0, 3) == 0) {
    scenario.rules.push_back({ContextKind::chunk, between(1, 60)});
  }
  constexpr std::array<const char*, 3> kSchedulers = {"vllm", "sglang", "trtllm"};
  config.scheduler = kSchedulers[static_cast<std::size_t>(between(0, 2))];
  if (config.scheduler == "sglang") {
    config.scheduling_policy = between(0, 1) == 0 ? SchedulingPolicy::lpm : SchedulingPolicy::fcfs;
    config.has_radix_cache = true;
    config.enable_mixed_chunk = between(0, 2) == 0;
    config.block_size = between(0, 2) == 0 ? config.block_size : 1;
  }
  if (config.scheduler == "trtllm") {
    config.scheduling_policy = SchedulingPolicy::fcfs;
    config.enable_chunked_prefill = between(0, 1) == 0;
    config.capacity_policy =
        between(0, 1) == 0 ? CapacityPolicy::max_utilization : CapacityPolicy::guaranteed_no_evict;
  }
  const int longest = between(2, 120);
  const int requests = between(1, 40);
  SimTime arrival = 0;
  for (int i = 0; i < requests; ++i) {
    Request request;
    request.arrival = arrival;
    request.prompt_tokens = between(1, longest);
    request.output_tokens = between(1, longest);
    request.priority = between(0, 2);
    request.first_segment = static_cast<std::int32_t>(scenario.trace.segments.size());
    if (config.enable_prefix_caching) {
      const int shared = between(0, request.prompt_tokens);
      scenario.trace.segments.push_back({between(1, 3), shared});
      scenario.trace.segments.push_back({100 + i, request.prompt_tokens - shared});
      request.num_segments = 2;
    }
    scenario.trace.requests.push_back(request);
    arrival += between(0, 2) == 0 ? 0 : between(0, 20'000'000);
  }
  scenario.has_identity = config.enable_prefix_caching;
  // At least the longest request fits; often little more.
  const std::int64_t smallest = (2 * longest + config.block_size - 1) / config.block_size;
  config.blocks = smallest * between(1, 6);
  config.front_end_seconds = between(0, 1) == 0 ? 0 : 3e-3;
  scenario.at_once = between(0, 2) == 0 ? between(1, 8) : 0;
  return scenario;
}

}  // namespace moru::testing
