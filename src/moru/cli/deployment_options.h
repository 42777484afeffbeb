// The options that several commands share: model, chip and vLLM's deployment flags.
#pragma once

#include "moru/cli/options.h"
#include "moru/scenario/scenario.h"

#include <cstdint>
#include <string>
#include <vector>

namespace moru {

// Command-line values that override a scenario. Zero and "" mean not given.
struct DeploymentOptions {
  std::string model;
  std::vector<std::string> chips;
  std::int64_t tensor = 0;
  std::int64_t pipeline = 0;
  std::int64_t data = 0;
  std::int64_t replicas = 0;
  std::int64_t max_num_seqs = 0;
  std::int64_t max_num_batched_tokens = 0;
  std::int64_t max_model_len = 0;
  std::int64_t block_size = 0;
  std::int64_t num_gpu_blocks_override = 0;
  std::int64_t long_prefill_token_threshold = 0;
  double gpu_memory_utilization = 0;
  bool expert_parallel = false;
  bool prefix_caching = true;
  bool chunked_prefill = true;
  bool async_scheduling = true;
  bool enforce_eager = false;
  std::string kv_cache_dtype;
  std::string quantization;
  std::string backend;
  std::string scheduler;
  std::string scheduling_policy;
  std::string capacity_policy;
  bool mixed_chunk = false;
  std::int64_t stream_interval = 1;
  std::int64_t scheduler_recv_interval = 1;
  std::string router;
  std::string mapper;

  void declare(Options& options);
  // Writes what was given into the scenario (its chip only if exactly one was named). Throws Error.
  void apply(const Options& options, Scenario& scenario) const;
};

}  // namespace moru
