#include "moru/base/fields_print.h"
#include "moru/report/estimates_report.h"
#include "moru/report/serving_report.h"
#include "moru/scenario/service_economics.h"

#include <fmt/format.h>

namespace moru {
namespace {

void write_latency(JsonWriter& json, std::string_view name, const Samples& samples) {
  json.field(fmt::format("mean_{}_ms", name), samples.mean());
  json.field(fmt::format("median_{}_ms", name), samples.median());
  json.field(fmt::format("std_{}_ms", name), samples.standard_deviation());
  for (const int percentile : {90, 95, 99}) {
    json.field(fmt::format("p{}_{}_ms", percentile, name), samples.quantile(percentile / 100.0));
  }
}

void write_benchmark(JsonWriter& json, const Report& report) {
  const ServingMetrics& metrics = report.metrics;
  const double duration = std::max(metrics.duration_seconds(), 1e-9);
  const auto per_second = [&](std::int64_t count) { return static_cast<double>(count) / duration; };
  json.field("duration", metrics.duration_seconds());
  json.field("completed", metrics.completed);
  json.field("failed", metrics.rejected);
  json.field("total_input_tokens", metrics.input_tokens);
  json.field("total_output_tokens", metrics.output_tokens);
  json.field("request_throughput", per_second(metrics.completed));
  json.key("request_goodput");
  if (report.scenario.slo.is_set()) {
    json.value(per_second(metrics.good));
  } else {
    json.null();
  }
  json.field("output_throughput", per_second(metrics.output_tokens));
  json.field("total_token_throughput", per_second(metrics.input_tokens + metrics.output_tokens));
  json.field("max_output_tokens_per_s", metrics.peak_tokens_per_second());
  json.field("max_concurrent_requests", metrics.peak_concurrency());
  write_latency(json, "ttft", metrics.ttft_ms);
  write_latency(json, "tpot", metrics.tpot_ms);
  write_latency(json, "itl", metrics.itl_ms);
  write_latency(json, "e2el", metrics.e2el_ms);
}

void write_fleet(JsonWriter& json, const Report& report) {
  if (!report.fleet) {
    return;
  }
  json.key("fleet").begin_object();
  json.field("mean_replicas", report.mean_replicas());
  json.field("most_replicas", report.fleet->most_replicas);
  json.field("failures", report.fleet->failures);
  json.field("moved", report.fleet->moved);
  json.field("given_up", report.fleet->given_up);
  json.field("refused", report.fleet->refused);
  json.end_object();
}

void write_priorities(JsonWriter& json, const ServingMetrics& metrics) {
  if (metrics.by_priority.empty()) {
    return;
  }
  json.key("by_priority").begin_array();
  for (const auto& [priority, part] : metrics.by_priority) {
    json.begin_object().field("priority", priority);
    json.field("completed", part.completed).field("failed", part.rejected);
    json.field("met_slo", part.good);
    write_latency(json, "ttft", part.ttft_ms);
    write_latency(json, "tpot", part.tpot_ms);
    write_latency(json, "e2el", part.e2el_ms);
    json.end_object();
  }
  json.end_array();
}

void write_engine(JsonWriter& json, const EngineConfig& engine) {
  json.key("engine").begin_object();
  json.field("scheduler", engine.scheduler);
  json.field("scheduling_policy", enum_name(engine.scheduling_policy));
  json.field("router", engine.router);
  json.field("tensor_parallel_size", engine.parallelism.tensor);
  json.field("pipeline_parallel_size", engine.parallelism.pipeline);
  json.field("data_parallel_size", engine.parallelism.data);
  json.field("enable_expert_parallel", engine.parallelism.expert);
  json.field("replicas", engine.replicas);
  json.field("max_num_seqs", engine.max_num_seqs);
  json.field("max_num_batched_tokens", engine.max_num_batched_tokens);
  json.field("max_model_len", engine.max_model_len);
  json.field("block_size", engine.block_size);
  json.field("num_gpu_blocks", engine.blocks);
  json.field("kv_cache_dtype", enum_name(engine.kv_dtype));
  json.field("enable_prefix_caching", engine.enable_prefix_caching);
  json.field("enable_chunked_prefill", engine.enable_chunked_prefill);
  json.field("async_scheduling", engine.async_scheduling);
  json.end_object();
  const KvCapacity& memory = engine.memory;
  json.key("memory").begin_object();
  json.field("capacity_bytes", memory.memory);
  json.field("usable_bytes", memory.usable);
  json.field("weight_bytes", memory.weights);
  json.field("activation_bytes", memory.activations);
  json.field("runtime_bytes", memory.context);
  json.field("state_bytes", memory.states);
  json.field("kv_block_bytes", memory.block_bytes);
  json.end_object();
}

void write_shares(JsonWriter& json, const Report& report) {
  const ReportFigures figures = figures_of(report);
  json.field("busy_share", figures.busy_share);
  json.field("matrix_utilisation", figures.matrix_utilisation);
  json.field("memory_bandwidth_utilisation", figures.memory_utilisation);
  json.field("link_utilisation", figures.link_utilisation);
  json.field("host_share", figures.host_share);
  json.field("mean_kv_cache_usage", figures.mean_kv_usage);
  json.field("peak_kv_cache_usage", figures.peak_kv_usage);
  json.field("mean_running_requests", figures.mean_running);
  json.key("time_by_bound").begin_object();
  for (const auto& [name, bound] : EnumNames<Bound>::values) {
    json.field(name,
               report.work.seconds > 0
                   ? report.work.by_bound[static_cast<std::size_t>(bound)] / report.work.seconds
                   : 0.0);
  }
  json.end_object();
  // Both ends shift together: constants are the same for all operators.
  json.key("operator_seconds").begin_object();
  json.field("nominal", report.work.seconds)
      .field("low", report.work.low)
      .field("high", report.work.high);
  json.end_object();
  json.key("operators").begin_array();
  for (const OperatorTotal& total : report.operators) {
    json.begin_object().field("name", total.name).field("seconds", total.seconds).end_object();
  }
  json.end_array();
}

void write_economics(JsonWriter& json, const Report& report) {
  const Estimates estimates = economics_of(report, scenario_facts(report.scenario));
  json.field("prompt_share_of_busy_time", report.prompt_share);
  for (const char* id :
       {"joules_per_token", "joules_per_output_token", "usd_per_million_tokens",
        "usd_per_million_input_tokens", "usd_per_million_output_tokens",
        "kg_co2e_per_million_tokens", "kg_co2e_operating", "kg_co2e_embodied", "chip_hour"}) {
    write_estimate(json, id, estimates.at(id));
  }
}

void write_report(JsonWriter& json, const Report& report) {
  json.begin_object();
  write_benchmark(json, report);
  json.key("moru").begin_object();
  json.field("schema", "moru/simulate/1");
  json.field("model", report.model.id);
  json.field("chip", report.chip.id);
  json.field("chips", report.chips());
  json.field("trace", report.trace_name);
  json.field("trace_format", report.trace_format);
  json.field("requests", report.requests);
  write_engine(json, report.engine);
  std::int64_t steps = 0;
  std::int64_t preemptions = 0;
  for (const ReplicaTotals& replica : report.replicas) {
    steps += replica.steps;
    preemptions += replica.preemptions;
  }
  json.field("steps", steps);
  json.field("preemptions", preemptions);
  json.field("cached_prompt_tokens", report.metrics.cached_tokens);
  json.field("mean_queue_ms", report.metrics.queue_ms.mean());
  json.field("p99_queue_ms", report.metrics.queue_ms.quantile(0.99));
  if (report.scenario.slo.is_set()) {
    json.field("slo_attainment", report.metrics.attainment());
  }
  write_fleet(json, report);
  write_priorities(json, report.metrics);
  write_shares(json, report);
  write_economics(json, report);
  json.key("scenario");
  write_json(json, report.scenario);
  json.end_object();
  json.end_object();
}

}  // namespace

std::string serving_json(const Report& report) {
  JsonWriter json;
  write_report(json, report);
  return json.take();
}

std::string comparison_json(std::span<const Report> reports) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/compare/1").key("reports").begin_array();
  for (const Report& report : reports) {
    write_report(json, report);
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace moru
