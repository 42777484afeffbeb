// How a service is deployed, in vLLM's words, and what follows from it.
#pragma once

#include "moru/base/fields.h"
#include "moru/chip/chip.h"
#include "moru/model/model.h"
#include "moru/serving/fleet_policy.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

class FieldCheck;

// Who is served first (`vllm serve --scheduling-policy`).
enum class SchedulingPolicy {
  fcfs,      // first come, first served; the last admitted is preempted first
  lpm,       // longest cached prefix first (SGLang's --schedule-policy lpm)
  priority,  // lowest Request::priority first, then by arrival; the highest is preempted first
};
template <>
struct EnumNames<SchedulingPolicy> {
  static constexpr std::array<std::pair<std::string_view, SchedulingPolicy>, 3> values = {
      {{"fcfs", SchedulingPolicy::fcfs},
       {"lpm", SchedulingPolicy::lpm},
       {"priority", SchedulingPolicy::priority}}};
};

// Which requests TensorRT-LLM admits (`capacity_scheduler_policy`).
enum class CapacityPolicy {
  guaranteed_no_evict,  // whose whole answers fit beside those of all that run
  max_utilization,      // whose next step fits; the last ones are paused if memory runs out
};
template <>
struct EnumNames<CapacityPolicy> {
  static constexpr std::array<std::pair<std::string_view, CapacityPolicy>, 2> values = {
      {{"guaranteed_no_evict", CapacityPolicy::guaranteed_no_evict},
       {"max_utilization", CapacityPolicy::max_utilization}}};
};

// As the user states it. Options left out take the engine's own defaults (EngineDefaults).
struct Deployment {
  static constexpr std::string_view kTypeName = "deployment";
  int tensor_parallel_size = 1;
  int pipeline_parallel_size = 1;
  int data_parallel_size = 1;
  bool enable_expert_parallel = false;
  int replicas = 1;
  std::optional<std::int64_t> max_num_seqs;
  std::optional<std::int64_t> max_num_batched_tokens;
  std::optional<std::int64_t> max_model_len;
  std::optional<std::int64_t> block_size;
  std::optional<double> gpu_memory_utilization;
  std::optional<std::int64_t> num_gpu_blocks_override;
  std::string kv_cache_dtype = "auto";
  bool enable_prefix_caching = true;
  std::optional<bool> enable_chunked_prefill;
  bool async_scheduling = true;
  bool scheduler_reserve_full_isl = true;
  std::int64_t long_prefill_token_threshold = 0;
  bool enforce_eager = false;
  std::string quantization = "auto";
  std::string backend = "vllm";
  std::string scheduler = "auto";
  SchedulingPolicy scheduling_policy = SchedulingPolicy::fcfs;
  CapacityPolicy capacity_policy = CapacityPolicy::guaranteed_no_evict;
  bool enable_mixed_chunk = false;
  std::int64_t stream_interval = 1;
  std::int64_t scheduler_recv_interval = 1;
  std::int64_t attention_dp_timeout_iters = 0;
  std::string router = "round_robin";
  FleetPolicy fleet;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("tensor_parallel_size", x.tensor_parallel_size, "chips that share every layer");
    v.optional("pipeline_parallel_size", x.pipeline_parallel_size,
               "groups of layers in a pipeline");
    v.optional("data_parallel_size", x.data_parallel_size,
               "copies of attention that split the requests; step together in MoE models");
    v.optional("enable_expert_parallel", x.enable_expert_parallel,
               "split experts over the tensor and data ranks instead of splitting each expert");
    v.optional("replicas", x.replicas, "independent copies of all of the above behind the router");
    v.optional("max_num_seqs", x.max_num_seqs, "most sequences in one step");
    v.optional("max_num_batched_tokens", x.max_num_batched_tokens, "most tokens in one step");
    v.optional("max_model_len", x.max_model_len, "most tokens of one sequence, prompt and output");
    v.optional("block_size", x.block_size,
               "tokens per KV cache block; 16 in vLLM, 1 in SGLang, 32 in TensorRT-LLM");
    v.optional("gpu_memory_utilization", x.gpu_memory_utilization,
               "share of the chip's memory that the engine may use (SGLang: mem_fraction_static; "
               "TensorRT-LLM: free_gpu_memory_fraction)");
    v.optional("num_gpu_blocks_override", x.num_gpu_blocks_override,
               "KV cache blocks, instead of as many as fit");
    v.optional("kv_cache_dtype", x.kv_cache_dtype, "auto (the model's), bf16, fp8");
    v.optional("enable_prefix_caching", x.enable_prefix_caching, "reuse blocks of equal prefixes");
    v.optional("enable_chunked_prefill", x.enable_chunked_prefill,
               "split prompts that exceed the step's token budget");
    v.optional("async_scheduling", x.async_scheduling,
               "decide the next step while the current one runs");
    v.optional("scheduler_reserve_full_isl", x.scheduler_reserve_full_isl,
               "admit a request only if its whole sequence so far fits");
    v.optional("long_prefill_token_threshold", x.long_prefill_token_threshold,
               "most prompt tokens of one request in one step; 0 is no limit");
    v.optional("enforce_eager", x.enforce_eager, "no recorded graphs: every operator is launched");
    v.optional("quantization", x.quantization,
               "formats of the weights instead of the model's: auto, none, fp8, nvfp4, mxfp4, "
               "int8, int4 (awq, gptq)");
    v.optional("backend", x.backend, "whose kernels: vllm, sglang, trtllm, ideal");
    v.optional("scheduler", x.scheduler,
               "batching policy; auto is the backend's; `moru show schedulers` lists them");
    v.optional("scheduling_policy", x.scheduling_policy,
               "who is served first: fcfs, priority (vllm), lpm (sglang)");
    v.optional("capacity_policy", x.capacity_policy,
               "trtllm: guaranteed_no_evict, max_utilization");
    v.optional("stream_interval", x.stream_interval,
               "sglang: tokens per chunk that a client gets; the first comes with the first chunk");
    v.optional("scheduler_recv_interval", x.scheduler_recv_interval,
               "sglang: decode steps between two looks for new requests");
    v.optional("attention_dp_timeout_iters", x.attention_dp_timeout_iters,
               "trtllm: most steps that a prompt waits for those of other data ranks "
               "(attention_dp_config); 0: none");
    v.optional("enable_mixed_chunk", x.enable_mixed_chunk,
               "sglang: steps with prompts decode as well");
    v.optional("router", x.router, "how requests are split over replicas");
    v.optional("fleet", x.fleet, "failures, autoscaling, admission control");
  }
  void validate(const FieldCheck& check) const;

  Parallelism parallelism() const {
    return {tensor_parallel_size, pipeline_parallel_size, data_parallel_size,
            enable_expert_parallel};
  }
  int chips() const { return parallelism().chips() * replicas; }
};

// Where the memory of one chip goes; bytes.
struct KvCapacity {
  double memory = 0;  // capacity of the chip
  double usable = 0;  // x gpu_memory_utilization
  double weights = 0;
  double activations = 0;  // peak of a step of max_num_batched_tokens
  double context = 0;      // runtime, graphs, communication buffers
  double states = 0;       // recurrent states of max_num_seqs sequences
  double block_bytes = 0;
  std::int64_t blocks = 0;  // of block_size tokens, per data rank
};

// Which data rank of a replica gets a request.
enum class RankRouting {
  least_loaded,  // smallest 4 x waiting + running, from rank 0 (vLLM's DP load balancer)
  rotating,      // the same score, the scan begins after the last choice (LLMServingSim)
  round_robin,
};

// Everything decided, as one replica runs it.
struct EngineConfig {
  Parallelism parallelism;
  int replicas = 1;
  std::int64_t max_num_seqs = 0;
  std::int64_t max_num_batched_tokens = 0;
  std::int64_t max_model_len = 0;
  std::int64_t block_size = 16;
  std::int64_t blocks = 0;
  std::int64_t long_prefill_token_threshold = 0;
  bool enable_prefix_caching = true;
  bool enable_chunked_prefill = true;
  bool async_scheduling = true;
  bool reserve_full_isl = true;
  // false: the scheduler does not know when a request will stop (an end-of-sequence token).
  bool knows_output_length = true;
  // Pads a step's tokens to the recorded graph sizes.
  bool has_graphs = true;
  // As EngineDefaults says.
  std::vector<std::int64_t> graph_sizes;
  bool graphs_hold_prompts = true;
  bool has_radix_cache = false;
  // The one process that takes requests in is busy so long with each, and per token of its prompt.
  double front_end_seconds = 0;
  double tokenisation_seconds = 0;
  // Host time of a step that running kernels do not hide.
  double step_overhead_seconds = 0;
  DType kv_dtype = DType::bf16;
  std::string scheduler = "vllm";
  SchedulingPolicy scheduling_policy = SchedulingPolicy::fcfs;
  CapacityPolicy capacity_policy = CapacityPolicy::guaranteed_no_evict;
  bool enable_mixed_chunk = false;
  // Tokens after which a client gets its first ones.
  std::int64_t first_chunk_tokens = 1;
  // Decode steps between two looks for new requests; a step with prompts or an idle engine looks.
  std::int64_t scheduler_recv_interval = 1;
  // Most steps that a prompt waits until every data rank has one; 0: none.
  std::int64_t attention_dp_timeout_iters = 0;
  std::string router = "round_robin";
  FleetPolicy fleet;
  RankRouting rank_routing = RankRouting::least_loaded;
  KvCapacity memory;
};

// Fills in defaults and the KV cache's size. Throws Error of kind infeasible, with the numbers and
// what would help, if the weights or one full-length sequence do not fit.
EngineConfig resolve(const Deployment& deployment, const Model& model, const Chip& chip);

// Tokens that a recorded graph computes for a step of `tokens`: the next captured size, or `tokens`
// above the largest (vLLM 0.19: 1, 2, 4, multiples of 8 below 256, multiples of 16 from there up to
// min(2 max_num_seqs, 512, max_num_batched_tokens)).
std::int64_t padded_tokens(const EngineConfig& config, std::int64_t tokens);
// Whether a recorded graph holds a step of so many tokens.
bool is_recorded(const EngineConfig& config, std::int64_t tokens);

}  // namespace moru
