#include "moru/cli/deployment_options.h"

#include "moru/base/error.h"
#include "moru/base/text.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace moru {
namespace {

template <class T>
void take_count(const Options& options, const std::string& name, std::int64_t value, T& target) {
  if (!options.given(name)) {
    return;
  }
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (value < 1 || value > kMost) {
    fail(fmt::format("{} {} must be a whole number from 1 to {}", name, value, kMost));
  }
  target = static_cast<int>(value);
}

void take_text(const std::string& value, std::string& target) {
  if (!value.empty()) {
    target = value;
  }
}

template <class E>
void take_name(const std::string& value, const std::string& option, E& target) {
  if (value.empty()) {
    return;
  }
  const std::optional<E> known = enum_value<E>(value);
  if (!known) {
    const std::vector<std::string_view> names = enum_names<E>();
    fail(fmt::format("{} '{}' is not known{}; known: {}", option, value,
                     did_you_mean(value, std::span<const std::string_view>(names)),
                     join(std::span<const std::string_view>(names), ", ")));
  }
  target = *known;
}

}  // namespace

void DeploymentOptions::declare(Options& options) {
  options.text("-m,--model", model, "org/name, a config.json or its folder");
  options.list("-c,--chip", chips, "id, alias or YAML file; several: side by side");
  options.count("--tensor-parallel-size,--tp", tensor, "chips that share every layer");
  options.count("--pipeline-parallel-size,--pp", pipeline, "groups of layers in a pipeline");
  options.count("--data-parallel-size,--dp", data, "ranks that split the requests");
  options.flag("--enable-expert-parallel,--ep", expert_parallel, "split experts over the ranks");
  options.count("--replicas", replicas, "independent copies behind the router");
  options.count("--max-num-seqs,--max-running-requests,--max-batch-size", max_num_seqs,
                "most sequences in one step");
  options.count("--max-num-batched-tokens,--chunked-prefill-size,--max-num-tokens",
                max_num_batched_tokens, "most tokens in one step");
  options.count("--max-model-len", max_model_len, "most tokens of one sequence");
  options.count("--block-size", block_size, "tokens per KV cache block");
  options.number("--gpu-memory-utilization,--mem-fraction-static", gpu_memory_utilization,
                 "share of the chip's memory");
  options.count("--num-gpu-blocks-override", num_gpu_blocks_override, "KV cache blocks");
  options.count("--long-prefill-token-threshold", long_prefill_token_threshold,
                "most prompt tokens of one request in one step");
  options.text("--kv-cache-dtype", kv_cache_dtype, "auto, bf16, fp8");
  options.flag("--enable-prefix-caching,!--no-enable-prefix-caching", prefix_caching,
               "reuse blocks of equal prefixes");
  options.flag("--enable-chunked-prefill,!--no-enable-chunked-prefill", chunked_prefill,
               "split long prompts");
  options.flag("--async-scheduling,!--no-async-scheduling", async_scheduling,
               "decide a step while the one before runs");
  options.flag("--enforce-eager", enforce_eager, "no recorded graphs");
  options.text("--quantization", quantization,
               "weights: auto, none, fp8, nvfp4, mxfp4, int8, int4");
  options.text("--backend", backend, "whose kernels: vllm, sglang, trtllm, ideal");
  options.text("--scheduler", scheduler, "batching policy; the backend's unless given");
  options.text("--scheduling-policy", scheduling_policy,
               "who is served first: fcfs, priority, lpm");
  options.text("--capacity-policy", capacity_policy,
               "trtllm: guaranteed_no_evict, max_utilization");
  options.flag("--enable-mixed-chunk", mixed_chunk, "sglang: steps with prompts decode as well");
  options.count("--stream-interval", stream_interval, "sglang: tokens per chunk of an answer");
  options.count("--scheduler-recv-interval", scheduler_recv_interval,
                "sglang: decode steps between two looks for requests");
  options.text("--router", router, "how requests are split over replicas");
  options.text("--mapper", mapper, "how operators are costed");
}

void DeploymentOptions::apply(const Options& options, Scenario& scenario) const {
  Deployment& target = scenario.deployment;
  take_text(model, scenario.model);
  if (chips.size() == 1) {
    scenario.chip = chips.front();
  }
  take_count(options, "--tensor-parallel-size", tensor, target.tensor_parallel_size);
  take_count(options, "--pipeline-parallel-size", pipeline, target.pipeline_parallel_size);
  take_count(options, "--data-parallel-size", data, target.data_parallel_size);
  take_count(options, "--replicas", replicas, target.replicas);
  take_count(options, "--max-num-seqs", max_num_seqs, target.max_num_seqs);
  take_count(options, "--max-num-batched-tokens", max_num_batched_tokens,
             target.max_num_batched_tokens);
  take_count(options, "--max-model-len", max_model_len, target.max_model_len);
  take_count(options, "--block-size", block_size, target.block_size);
  take_count(options, "--num-gpu-blocks-override", num_gpu_blocks_override,
             target.num_gpu_blocks_override);
  take_count(options, "--long-prefill-token-threshold", long_prefill_token_threshold,
             target.long_prefill_token_threshold);
  if (options.given("--gpu-memory-utilization")) {
    if (!(gpu_memory_utilization > 0 && gpu_memory_utilization <= 1)) {
      fail(fmt::format("--gpu-memory-utilization {} must be above 0 and at most 1",
                       gpu_memory_utilization));
    }
    target.gpu_memory_utilization = gpu_memory_utilization;
  }
  target.enable_expert_parallel = target.enable_expert_parallel || expert_parallel;
  target.enforce_eager = target.enforce_eager || enforce_eager;
  if (options.given("--enable-prefix-caching")) {
    target.enable_prefix_caching = prefix_caching;
  }
  if (options.given("--enable-chunked-prefill")) {
    target.enable_chunked_prefill = chunked_prefill;
  }
  if (options.given("--async-scheduling")) {
    target.async_scheduling = async_scheduling;
  }
  take_text(kv_cache_dtype, target.kv_cache_dtype);
  take_text(quantization, target.quantization);
  take_text(backend, target.backend);
  take_text(scheduler, target.scheduler);
  take_name(scheduling_policy, "--scheduling-policy", target.scheduling_policy);
  take_name(capacity_policy, "--capacity-policy", target.capacity_policy);
  target.enable_mixed_chunk = target.enable_mixed_chunk || mixed_chunk;
  take_count(options, "--stream-interval", stream_interval, target.stream_interval);
  take_count(options, "--scheduler-recv-interval", scheduler_recv_interval,
             target.scheduler_recv_interval);
  take_text(router, target.router);
  take_text(mapper, scenario.mapper);
}

}  // namespace moru
