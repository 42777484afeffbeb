// Tables of mean TTFT and TPOT at fixed lengths and concurrency, in AIConfigurator's columns
// (silicon_sample.csv; docs/validation.md says how each column is read).
#include "moru/base/error.h"
#include "moru/base/text.h"
#include "moru/validation/prepared_service.h"
#include "moru/validation/serving_readers.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <set>
#include <thread>

namespace moru {
namespace {

struct Point {
  std::size_t row = 0;
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t concurrency = 0;
  // A load generator that draws lengths evenly from [0.8, 1] x nominal (the open InferenceMAX
  // benchmark's --random-range-ratio 0.8); makers' own runs use equal lengths.
  double spread = 0;
};

struct Service {
  std::string model;
  std::string chip;
  Deployment deployment;
  std::vector<Point> points;
};

// One engine for everything, unless the row says otherwise.
bool is_aggregated(const TextTable& table, std::size_t row) {
  const std::string mode = to_lower(table.text(row, "mode"));
  return mode.starts_with("agg") || (mode.empty() && !table.number(row, "prefill_num_workers"));
}

// What the row's label means for a checkpoint that already is quantised: its own format where the
// label names it, or calls mxfp4 (gpt-oss) by NVIDIA's name for 4 bits.
std::string quantization_of(const std::string& model, std::string_view label) {
  if (label.empty()) {
    return "none";
  }
  const DType stored = load_model(model).weights.experts;
  const bool is_own = (label == "nvfp4" && (stored == DType::nvfp4 || stored == DType::mxfp4)) ||
                      (label == "int4_wo" && stored == DType::int4) ||
                      (label.starts_with("fp8") && stored == DType::fp8);
  return is_own ? "auto" : std::string(label);
}

struct Degrees {
  std::int64_t tensor = 1;
  std::int64_t data = 1;
  bool is_expert = false;
};

// The table holds attention's degrees (tp_size x attention_dp_size) and the experts'
// (moe_tp_size x moe_ep_size); both products are the chips of a worker. Some rows hold the product
// where the degree should be (tp 64 with experts 8 x 8 on one node of 8; tp 4, dp 4, ep 16): there
// the degree is the root.
Degrees degrees_of(const TextTable& table, std::size_t row) {
  Degrees degrees;
  degrees.tensor = table.count(row, "tp_size").value_or(1);
  degrees.data = table.count(row, "attention_dp_size").value_or(1);
  const std::int64_t moe_tp = table.count(row, "moe_tp_size").value_or(1);
  const std::int64_t moe_ep = table.count(row, "moe_ep_size").value_or(1);
  degrees.is_expert = moe_ep > 1;
  if (moe_tp > 1 && moe_tp == moe_ep && degrees.tensor * degrees.data == moe_tp * moe_ep) {
    (degrees.tensor > 1 ? degrees.tensor : degrees.data) = moe_ep;
  } else if (load_model(std::string(table.text(row, "model_path"))).layers.front().mixer.heads %
                 degrees.tensor !=
             0) {
    // No tensor-parallel group: attention is split by requests.
    std::swap(degrees.tensor, degrees.data);
    degrees.is_expert = true;
  } else if (degrees.tensor > 1 && degrees.tensor == degrees.data &&
             moe_ep == degrees.tensor * degrees.data) {
    degrees.tensor = 1;
  }
  return degrees;
}

std::string service_key(const TextTable& table, std::size_t row) {
  std::string key;
  for (const std::string_view column :
       {"backend", "model_path", "system", "gemm_quant_mode", "moe_quant_mode", "tp_size",
        "pp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size"}) {
    key += std::string(table.text(row, column)) + '|';
  }
  return key;
}

Service service_of(const TextTable& table, std::size_t row, const ServingQuestion& question) {
  Service service;
  service.model = table.text(row, "model_path");
  service.chip = question.chip.empty() ? std::string(table.text(row, "system")) : question.chip;
  const Degrees degrees = degrees_of(table, row);
  Deployment& deployment = service.deployment;
  deployment.tensor_parallel_size = static_cast<int>(degrees.tensor);
  deployment.data_parallel_size = static_cast<int>(degrees.data);
  deployment.pipeline_parallel_size = static_cast<int>(table.count(row, "pp_size").value_or(1));
  deployment.enable_expert_parallel = degrees.is_expert;
  deployment.backend =
      table.text(row, "backend").empty() ? "vllm" : to_lower(table.text(row, "backend"));
  const std::string_view format = table.text(row, "gemm_quant_mode");
  deployment.quantization = quantization_of(service.model, format);
  // What the engine was allowed is not stated; it held the load, so it is not the limit.
  deployment.gpu_memory_utilization = 0.96;
  // Quantised checkpoints are served with an 8-bit KV cache.
  deployment.kv_cache_dtype = format.empty() || format == "int4_wo" ? "auto" : "fp8";
  return service;
}

// The open InferenceMAX benchmark starts SGLang with --stream-interval 10 and looks for requests
// every 10 decode steps, or 30 from 16 clients on (--scheduler-recv-interval). Releases up to 0.5.9
// send the first tokens with the first whole chunk, the builds after them at once
// (scheduler_output_processor_mixin.py).
constexpr std::int64_t kBusy = 16;
// Its TensorRT-LLM servers balance prompts over attention's data ranks (attention_dp_config:
// enable_balance, batching_wait_iters 0, timeout_iters 60).
constexpr std::int64_t kTimeoutIters = 60;
void stream_in_chunks(Deployment& deployment, bool is_busy, std::string_view version) {
  deployment.stream_interval = version.starts_with("nightly") ? 1 : 10;
  deployment.scheduler_recv_interval = is_busy ? 30 : 10;
}

// Why a row cannot be predicted, before looking at the model.
std::string refusal(const TextTable& table, std::size_t row) {
  if (!is_aggregated(table, row)) {
    return "separate prefill and decode workers are not simulated";
  }
  return {};
}

bool is_complete(const TextTable& table, std::size_t row) {
  const bool has_load = table.count(row, "concurrency") && table.count(row, "isl") &&
                        table.count(row, "osl").value_or(0) >= 2 &&
                        table.number(row, "measured_ttft_ms").value_or(0) > 0 &&
                        table.number(row, "measured_tpot_ms").value_or(0) > 0;
  if (is_aggregated(table, row)) {
    return has_load && table.count(row, "tp_size").has_value();
  }
  return has_load && table.number(row, "prefill_num_workers") &&
         table.number(row, "decode_num_workers");
}

void predict(const Service& service, const ServingQuestion& question,
             std::vector<ServingRow>& rows) {
  // Ten waves of requests, as the benchmark sends; fewer where that would be very many.
  constexpr std::int64_t kWaves = 10;
  constexpr std::int64_t kMostTokens = 40'000'000;
  std::int64_t most = 1;
  std::int64_t longest = 1;
  std::int64_t prompt = 1;
  for (const Point& point : service.points) {
    prompt = std::max(prompt, point.input);
    most = std::max(most, point.concurrency);
    longest = std::max(longest, point.input + point.output);
  }
  Deployment deployment = service.deployment;
  deployment.max_model_len = longest + 8;
  deployment.max_num_seqs = std::max<std::int64_t>(most / deployment.data_parallel_size + 1, 256);
  deployment.enable_prefix_caching = false;
  if (deployment.backend == "trtllm") {
    // Its prompts are not cut, so a step was set up to hold one beside everybody's decode.
    constexpr std::int64_t kDefault = 8192;
    deployment.max_num_batched_tokens = std::max(kDefault, prompt + *deployment.max_num_seqs);
  }
  try {
    PreparedService prepared(service.model, service.chip, deployment, question.mapper);
    for (const Point& point : service.points) {
      const std::int64_t tokens = point.concurrency * point.output;
      const std::int64_t waves = std::clamp<std::int64_t>(kMostTokens / tokens, 2, kWaves);
      const Trace trace =
          equal_requests(point.concurrency * waves, point.input, point.output, point.spread);
      const PreparedService::Answer answer = prepared.serve_trace(trace, point.concurrency);
      ServingRow& row = rows[point.row];
      row.ttft_predicted = answer.metrics.ttft_ms.mean();
      row.tpot_predicted = answer.metrics.tpot_ms.mean();
      row.tpot_low = row.tpot_predicted * answer.low;
      row.tpot_high = row.tpot_predicted * answer.high;
    }
  } catch (const std::exception& error) {
    for (const Point& point : service.points) {
      rows[point.row].refused = reason_of(error);
    }
  }
}

void mark_repeated(const TextTable& table, std::vector<ServingRow>& rows) {
  std::map<std::string, std::vector<std::size_t>> by_configuration;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string key = service_key(table, i);
    for (const std::string_view column :
         {"mode", "isl", "osl", "concurrency", "backend_version", "prefill_tp_size",
          "decode_tp_size", "decode_moe_ep_size", "prefill_num_workers", "decode_num_workers"}) {
      key += std::string(table.text(i, column)) + '|';
    }
    by_configuration[key].push_back(i);
  }
  for (const auto& [key, same] : by_configuration) {
    for (const std::size_t i : same) {
      rows[i].is_repeated = same.size() > 1;
    }
  }
}

}  // namespace

bool is_aggregate(const TextTable& table) {
  return table.has_all({"isl", "osl", "measured_ttft_ms", "measured_tpot_ms", "system"});
}

AggregateComparison compare_aggregate(const TextTable& table, const ServingQuestion& question) {
  AggregateComparison comparison;
  comparison.name = table.name();
  std::map<std::string, Service> services;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    ServingRow row;
    row.line = table.line(i);
    row.id = table.text(i, "id");
    row.group = fmt::format("{} {}", table.text(i, "model_path"), table.text(i, "system"));
    row.configuration =
        fmt::format("{} {} tp{} dp{} ep{} {}/{} c{}", table.text(i, "backend"),
                    table.text(i, "gemm_quant_mode"), table.text(i, "tp_size"),
                    table.text(i, "attention_dp_size"), table.text(i, "moe_ep_size"),
                    table.text(i, "isl"), table.text(i, "osl"), table.text(i, "concurrency"));
    row.is_complete = is_complete(table, i);
    row.refused = row.is_complete ? refusal(table, i) : "load or worker counts are not given";
    row.ttft_measured = table.number(i, "measured_ttft_ms").value_or(0);
    row.tpot_measured = table.number(i, "measured_tpot_ms").value_or(0);
    if (row.refused.empty()) {
      try {
        const bool is_dump = table.text(i, "provenance").find(".csv;") != std::string_view::npos ||
                             table.text(i, "provenance").starts_with("db-dump");
        const bool is_busy = table.count(i, "concurrency").value_or(1) >= kBusy;
        const auto [found, is_new] = services.try_emplace(
            fmt::format("{}{}{}{}", service_key(table, i), is_dump, is_dump && is_busy,
                        table.text(i, "backend_version").starts_with("nightly")));
        if (is_new) {
          found->second = service_of(table, i, question);
          if (is_dump && found->second.deployment.backend == "trtllm") {
            found->second.deployment.attention_dp_timeout_iters = kTimeoutIters;
          }
          if (is_dump && found->second.deployment.backend == "sglang") {
            stream_in_chunks(found->second.deployment, is_busy, table.text(i, "backend_version"));
          }
        }
        found->second.points.push_back(
            {i, table.count(i, "isl").value_or(1), table.count(i, "osl").value_or(1),
             table.count(i, "concurrency").value_or(1), is_dump ? 0.2 : 0});
      } catch (const Error& error) {
        row.refused = reason_of(error);
      }
    }
    comparison.rows.push_back(std::move(row));
  }
  mark_repeated(table, comparison.rows);

  std::vector<const Service*> work;
  for (const auto& [key, service] : services) {
    work.push_back(&service);
  }
  std::atomic<std::size_t> next = 0;
  const auto worker = [&] {
    for (std::size_t i = next++; i < work.size(); i = next++) {
      predict(*work[i], question, comparison.rows);
    }
  };
  std::vector<std::thread> threads;
  const unsigned count = std::clamp(std::thread::hardware_concurrency(), 1U, 16U);
  for (unsigned i = 1; i < count; ++i) {
    threads.emplace_back(worker);
  }
  worker();
  for (std::thread& thread : threads) {
    thread.join();
  }
  return comparison;
}

}  // namespace moru
