#include "moru/serving/deployment.h"

#include "moru/base/error.h"
#include "moru/base/fields_parse.h"
#include "moru/base/registry.h"
#include "moru/serving/constants.h"
#include "moru/serving/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

using namespace literals;

std::string gigabytes(double bytes) { return to_string(Bytes{bytes}); }

// The engine that schedules: the one whose kernels run, unless told otherwise.
std::string scheduler_name(const Deployment& deployment) {
  if (deployment.scheduler != "auto") {
    return deployment.scheduler;
  }
  const bool has_own = Registry<Scheduler>::entries().contains(deployment.backend);
  return has_own ? deployment.backend : "vllm";
}

void check_fleet(const EngineConfig& config, const Deployment& deployment) {
  const FleetPolicy& fleet = config.fleet;
  if (fleet.is_set() && config.replicas != deployment.replicas) {
    fail(
        "fleet needs replicas that come and go one by one; state them as replicas instead of "
        "data_parallel_size");
  }
  if (fleet.autoscale && (config.replicas < fleet.autoscale->min_replicas ||
                          config.replicas > fleet.autoscale->max_replicas)) {
    fail(fmt::format("replicas {} must lie between autoscale's min_replicas {} and max_replicas {}",
                     config.replicas, fleet.autoscale->min_replicas,
                     fleet.autoscale->max_replicas));
  }
  if (fleet.failures) {
    for (const FailureTime& time : fleet.failures->times) {
      if (time.replica >= fleet.most_replicas(config.replicas)) {
        fail(fmt::format("failures name replica {}, but there are at most {}, from 0", time.replica,
                         fleet.most_replicas(config.replicas)));
      }
    }
  }
}

// What another engine's option would silently not do.
void check_policies(const Deployment& deployment, const std::string& name,
                    const Scheduler& scheduler) {
  if (!scheduler.supports(deployment.scheduling_policy)) {
    fail(
        fmt::format("the {} scheduler has no scheduling_policy '{}'; fcfs is every engine's, "
                    "priority vllm's, lpm sglang's",
                    name, enum_name(deployment.scheduling_policy)));
  }
  if (deployment.enable_mixed_chunk && name != "sglang") {
    fail(fmt::format("enable_mixed_chunk is sglang's, the scheduler is {}", name));
  }
  if ((deployment.stream_interval != 1 || deployment.scheduler_recv_interval != 1) &&
      name != "sglang") {
    fail(fmt::format(
        "stream_interval and scheduler_recv_interval are sglang's, the scheduler is {}", name));
  }
  if (deployment.attention_dp_timeout_iters != 0 && name != "trtllm") {
    fail(fmt::format("attention_dp_timeout_iters is trtllm's, the scheduler is {}", name));
  }
  if (deployment.capacity_policy != CapacityPolicy::guaranteed_no_evict && name != "trtllm") {
    fail(fmt::format("capacity_policy is trtllm's, the scheduler is {}", name));
  }
}

DType kv_dtype(const Deployment& deployment, const Model& model) {
  if (deployment.kv_cache_dtype == "auto") {
    return model.kv;
  }
  const std::string& name = deployment.kv_cache_dtype;
  if (name.starts_with("fp8")) {  // vLLM's fp8_e4m3 and fp8_e5m2 take one byte as well
    return DType::fp8;
  }
  if (name == "bfloat16" || name == "bf16" || name == "float16" || name == "fp16") {
    return DType::bf16;
  }
  fail(fmt::format("kv_cache_dtype '{}' is not one of auto, bf16, fp16, fp8", name));
}

bool has_experts(const Model& model) {
  return std::any_of(model.layers.begin(), model.layers.end(), [](const Layer& layer) {
    return layer.feed_forward.kind == FeedForwardKind::moe;
  });
}

// More chips than any site has; a slip of the hand must not exhaust the memory.
void check_size(const Deployment& deployment) {
  const auto positive = [](std::string_view name, std::int64_t value) {
    if (value < 1) {
      fail(fmt::format("{} {} must be at least 1", name, value));
    }
  };
  positive("tensor_parallel_size", deployment.tensor_parallel_size);
  positive("pipeline_parallel_size", deployment.pipeline_parallel_size);
  positive("data_parallel_size", deployment.data_parallel_size);
  positive("replicas", deployment.replicas);
  positive("block_size", deployment.block_size.value_or(1));
  positive("max_num_seqs", deployment.max_num_seqs.value_or(1));
  positive("max_num_batched_tokens", deployment.max_num_batched_tokens.value_or(1));
  positive("max_model_len", deployment.max_model_len.value_or(1));
  positive("num_gpu_blocks_override", deployment.num_gpu_blocks_override.value_or(1));
  constexpr double kMostChips = 1e6;
  double chips = deployment.replicas;
  for (const int part : {deployment.tensor_parallel_size, deployment.pipeline_parallel_size,
                         deployment.data_parallel_size}) {
    chips *= part;
  }
  if (chips > kMostChips) {
    fail(
        fmt::format("tensor_parallel_size x pipeline_parallel_size x data_parallel_size x replicas "
                    "are {:.3g} chips, more than {:.0f}; lower one of them",
                    chips, kMostChips));
  }
  constexpr std::int64_t kLargestBlock = 65536;  // vLLM's hybrid models reach some thousands
  if (deployment.block_size.value_or(1) > kLargestBlock) {
    fail(
        fmt::format("block_size {} is more than {} tokens", *deployment.block_size, kLargestBlock));
  }
}

void check_parallelism(const Deployment& deployment, const Model& model) {
  const auto layers = static_cast<int>(model.layers.size());
  if (deployment.pipeline_parallel_size > layers) {
    throw Error(ErrorKind::infeasible,
                fmt::format("pipeline_parallel_size {} exceeds the {} layers of {}",
                            deployment.pipeline_parallel_size, layers, model.id));
  }
  for (const Layer& layer : model.layers) {
    const std::int64_t heads = layer.mixer.heads;
    if (heads > 0 && heads % deployment.tensor_parallel_size != 0) {
      throw Error(
          ErrorKind::infeasible,
          fmt::format("tensor_parallel_size {} does not divide the {} attention heads of {}",
                      deployment.tensor_parallel_size, heads, model.id));
    }
  }
}

// Recurrent states are there for every sequence that may run. Where the default number of sequences
// would take more than half of what the weights leave, fewer run.
void limit_sequences(const Deployment& deployment, double left, double state_bytes,
                     EngineConfig& config) {
  const auto affordable = static_cast<std::int64_t>(left / 2 / std::max(state_bytes, 1.0));
  if (deployment.max_num_seqs || affordable >= config.max_num_seqs || affordable < 1) {
    return;
  }
  note(
      fmt::format("max_num_seqs lowered from {} to {}: their recurrent states take half of the "
                  "memory that the weights leave",
                  config.max_num_seqs, affordable));
  config.max_num_seqs = affordable;
}

// Bytes for weights, activations, runtime, states and KV cache, by the engine's rule.
double usable_bytes(EngineDefaults::MemoryRule rule, double share, const KvCapacity& memory) {
  switch (rule) {
    case EngineDefaults::MemoryRule::of_all:
      break;
    case EngineDefaults::MemoryRule::weights_and_kv:
      return share * (memory.memory - memory.context) + memory.context + memory.activations;
    case EngineDefaults::MemoryRule::of_free: {
      const double rest = memory.weights + memory.activations + memory.context;
      return rest + share * (memory.memory - rest);
    }
  }
  return share * memory.memory;
}

KvCapacity split_memory(const Deployment& deployment, const EngineDefaults& defaults,
                        EngineConfig& config, const Model& model, const Chip& chip) {
  KvCapacity memory;
  memory.memory = chip.main_memory()->capacity->value.value;
  memory.weights = weight_bytes_per_chip(model, config.parallelism);
  memory.activations =
      activation_peak_bytes(model, config.parallelism, config.max_num_batched_tokens,
                            std::min(config.max_num_seqs, config.max_num_batched_tokens));
  memory.context = chip.kind == ChipKind::gpu ? kRuntimeMemory.value : 0;
  memory.usable =
      usable_bytes(defaults.memory_rule,
                   deployment.gpu_memory_utilization.value_or(defaults.memory_share), memory);
  const double state_bytes = kv_bytes_per_sequence(model, config.parallelism, 0);
  limit_sequences(deployment, memory.usable - memory.weights - memory.activations - memory.context,
                  state_bytes, config);
  memory.states = static_cast<double>(config.max_num_seqs) * state_bytes;
  memory.block_bytes = kv_block_bytes(model, config.parallelism, config.block_size);
  const double left =
      memory.usable - memory.weights - memory.activations - memory.context - memory.states;
  if (left <= 0) {
    throw Error(
        ErrorKind::infeasible,
        fmt::format(
            "{} does not fit on {} x {}: weights {}, activations {}, runtime {} and states {} "
            "per chip, usable {} of {}; use more chips (tensor_parallel_size), a quantised "
            "model, fewer max_num_batched_tokens or max_num_seqs",
            model.id, config.parallelism.chips(), chip.id, gigabytes(memory.weights),
            gigabytes(memory.activations), gigabytes(memory.context), gigabytes(memory.states),
            gigabytes(memory.usable), gigabytes(memory.memory)));
  }
  // A model without KV cache (all layers recurrent) never runs out of blocks.
  constexpr double kMostBlocks = 1e8;
  const double blocks =
      memory.block_bytes > 0 ? std::min(left / memory.block_bytes, kMostBlocks) : kMostBlocks;
  memory.blocks = static_cast<std::int64_t>(blocks);
  return memory;
}

void set_max_model_len(const Deployment& deployment, const Model& model, EngineConfig& config) {
  const std::int64_t most_cached = config.blocks * config.block_size;
  const std::int64_t of_model =
      model.max_position_embeddings > 0 ? model.max_position_embeddings : most_cached;
  config.max_model_len = deployment.max_model_len.value_or(of_model);
  if (config.max_model_len <= most_cached) {
    return;
  }
  if (deployment.max_model_len || most_cached < config.block_size) {
    throw Error(ErrorKind::infeasible,
                fmt::format("one sequence of max_model_len {} needs more than the {} tokens of KV "
                            "cache that fit; lower max_model_len or use more memory",
                            config.max_model_len, most_cached));
  }
  note(fmt::format("max_model_len lowered from {} to the {} tokens of KV cache that fit",
                   config.max_model_len, most_cached));
  config.max_model_len = most_cached;
}

// vLLM 0.19, EngineArgs._set_default_args: prompts that may not be split must fit one step.
std::int64_t max_num_batched_tokens(const Deployment& deployment, const EngineDefaults& defaults,
                                    const Model& model) {
  const bool is_whole = !deployment.enable_chunked_prefill.value_or(true);
  const std::int64_t longest =
      is_whole ? deployment.max_model_len.value_or(model.max_position_embeddings) : 0;
  return deployment.max_num_batched_tokens.value_or(
      std::max(defaults.max_num_batched_tokens, longest));
}

// vLLM 0.19, SchedulerConfig.verify_max_model_len: a longer prompt would wait for ever.
void check_whole_prompts(const EngineConfig& config) {
  if (!config.enable_chunked_prefill && config.max_num_batched_tokens < config.max_model_len &&
      config.scheduler == "vllm") {
    fail(
        fmt::format("without chunked prefill, max_num_batched_tokens {} must be at least "
                    "max_model_len {}; raise the one, lower the other or leave chunked prefill on",
                    config.max_num_batched_tokens, config.max_model_len));
  }
}

}  // namespace

void Deployment::validate(const FieldCheck& check) const {
  const auto positive = [&](std::string_view field, auto value) {
    check.require(value >= 1, field, "must be at least 1");
  };
  positive("tensor_parallel_size", tensor_parallel_size);
  positive("pipeline_parallel_size", pipeline_parallel_size);
  positive("data_parallel_size", data_parallel_size);
  positive("replicas", replicas);
  positive("block_size", block_size.value_or(1));
  positive("max_num_seqs", max_num_seqs.value_or(1));
  positive("max_num_batched_tokens", max_num_batched_tokens.value_or(1));
  positive("max_model_len", max_model_len.value_or(1));
  positive("stream_interval", stream_interval);
  positive("scheduler_recv_interval", scheduler_recv_interval);
  check.require(attention_dp_timeout_iters >= 0, "attention_dp_timeout_iters",
                "must be at least 0");
  positive("num_gpu_blocks_override", num_gpu_blocks_override.value_or(1));
  const double share = gpu_memory_utilization.value_or(1);
  check.require(share > 0 && share <= 1, "gpu_memory_utilization", "must be above 0 and at most 1");
}

EngineConfig resolve(const Deployment& deployment, const Model& model, const Chip& chip) {
  check_size(deployment);
  check_parallelism(deployment, model);
  Model sized = model;
  sized.kv = kv_dtype(deployment, model);
  EngineConfig config;
  config.scheduler = scheduler_name(deployment);
  const auto scheduler = Registry<Scheduler>::make(config.scheduler, "scheduler");
  check_policies(deployment, config.scheduler, *scheduler);
  const EngineDefaults defaults = scheduler->defaults(deployment, chip);
  config.parallelism = deployment.parallelism();
  config.replicas = deployment.replicas;
  if (!has_experts(model)) {
    // Data-parallel ranks of a dense model do not step together: they are replicas.
    config.replicas *= config.parallelism.data;
    config.parallelism.data = 1;
  }
  config.max_num_batched_tokens = max_num_batched_tokens(deployment, defaults, model);
  config.max_num_seqs = deployment.max_num_seqs.value_or(
      std::min(defaults.max_num_seqs, config.max_num_batched_tokens));
  config.block_size = deployment.block_size.value_or(defaults.block_size);
  config.graph_sizes = defaults.graph_sizes;
  config.graphs_hold_prompts = defaults.graphs_hold_prompts;
  config.has_radix_cache = defaults.has_radix_cache;
  config.long_prefill_token_threshold = deployment.long_prefill_token_threshold;
  config.enable_prefix_caching = deployment.enable_prefix_caching;
  config.enable_chunked_prefill =
      deployment.enable_chunked_prefill.value_or(defaults.enable_chunked_prefill);
  // vLLM schedules synchronously when layers are pipelined.
  config.async_scheduling = deployment.async_scheduling && deployment.pipeline_parallel_size == 1;
  config.reserve_full_isl = deployment.scheduler_reserve_full_isl;
  config.has_graphs = !deployment.enforce_eager && chip.kind == ChipKind::gpu;
  config.step_overhead_seconds =
      config.async_scheduling ? kAsyncStepOverhead.value : kSyncStepOverhead.value;
  config.front_end_seconds = kFrontEnd.value;
  config.tokenisation_seconds = kTokenisation.value;
  config.kv_dtype = sized.kv;
  config.scheduling_policy = deployment.scheduling_policy;
  config.capacity_policy = deployment.capacity_policy;
  config.enable_mixed_chunk = deployment.enable_mixed_chunk;
  config.first_chunk_tokens = deployment.stream_interval;
  config.scheduler_recv_interval = deployment.scheduler_recv_interval;
  config.attention_dp_timeout_iters = deployment.attention_dp_timeout_iters;
  config.router = deployment.router;
  config.fleet = deployment.fleet;
  check_fleet(config, deployment);
  config.memory = split_memory(deployment, defaults, config, sized, chip);
  config.blocks = deployment.num_gpu_blocks_override.value_or(config.memory.blocks);
  config.memory.blocks = config.blocks;
  set_max_model_len(deployment, model, config);
  check_whole_prompts(config);
  return config;
}

namespace {

std::int64_t largest_graph(const EngineConfig& config) {
  if (!config.graph_sizes.empty()) {
    return config.graph_sizes.back();
  }
  return std::min({config.max_num_seqs * 2, std::int64_t{512}, config.max_num_batched_tokens});
}

}  // namespace

bool is_recorded(const EngineConfig& config, std::int64_t tokens) {
  return config.has_graphs && tokens <= largest_graph(config);
}

std::int64_t padded_tokens(const EngineConfig& config, std::int64_t tokens) {
  const std::int64_t most = largest_graph(config);
  if (!config.has_graphs || tokens > most) {
    return tokens;
  }
  if (!config.graph_sizes.empty()) {
    return *std::lower_bound(config.graph_sizes.begin(), config.graph_sizes.end(), tokens);
  }
  std::int64_t size = tokens;
  if (tokens > 2) {
    const std::int64_t step = tokens <= 4 ? 4 : tokens < 256 ? 8 : 16;
    size = (tokens + step - 1) / step * step;
  }
  // `most` itself need not be a captured size; above the largest captured one nothing is padded.
  return size <= most ? size : tokens;
}

}  // namespace moru
