// A run of vLLM, request by request: results.csv, engine_config.json (vLLM's meta.json) and, for
// the name of the hardware, the folder (HARDWARE__MODEL).
#include "moru/base/catalogue.h"
#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/base/text.h"
#include "moru/validation/prepared_service.h"
#include "moru/validation/serving_readers.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace moru {
namespace {
namespace fs = std::filesystem;
using simdjson::dom::element;

template <class T>
std::optional<T> value_of(element object, std::string_view key) {
  T value;
  return object[key].get(value) == simdjson::SUCCESS ? std::optional<T>(value) : std::nullopt;
}

// A whole number, also where it is written 16.0 or "16".
std::optional<std::int64_t> whole_of(element object, std::string_view key) {
  if (const auto integer = value_of<std::int64_t>(object, key)) {
    return integer;
  }
  std::optional<double> number = value_of<double>(object, key);
  if (const auto text = value_of<std::string_view>(object, key)) {
    number = parse_double(*text);
  }
  constexpr double kMost = 1e12;
  return number && std::abs(*number) < kMost ? std::optional(static_cast<std::int64_t>(*number))
                                             : std::nullopt;
}

// Degrees of parallelism; beyond a million chips resolve() refuses anyway.
int degree_of(element object, std::string_view key) {
  return static_cast<int>(
      std::clamp<std::int64_t>(whole_of(object, key).value_or(1), -1, 2'000'000));
}

struct RunSettings {
  std::string model;
  Deployment deployment;
  std::optional<std::int64_t> kv_blocks;
};

RunSettings read_settings(const std::string& path) {
  const std::string text = read_file(path);
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(text).get(root) != simdjson::SUCCESS) {
    fail("not JSON; expected what vLLM wrote about the engine (engine_kwargs)", {path, 0, 0});
  }
  element engine = root;
  if (element inner; root["engine_kwargs"].get(inner) == simdjson::SUCCESS) {
    engine = inner;
  }
  RunSettings settings;
  settings.model = value_of<std::string_view>(engine, "model")
                       .value_or(value_of<std::string_view>(root, "model").value_or(""));
  Deployment& deployment = settings.deployment;
  deployment.tensor_parallel_size = degree_of(engine, "tensor_parallel_size");
  deployment.pipeline_parallel_size = degree_of(engine, "pipeline_parallel_size");
  deployment.data_parallel_size = degree_of(engine, "data_parallel_size");
  const auto set = [&](std::string_view key, bool& target) {
    target = value_of<bool>(engine, key).value_or(target);
  };
  set("enable_expert_parallel", deployment.enable_expert_parallel);
  set("enable_prefix_caching", deployment.enable_prefix_caching);
  deployment.enable_chunked_prefill = value_of<bool>(engine, "enable_chunked_prefill");
  set("async_scheduling", deployment.async_scheduling);
  set("enforce_eager", deployment.enforce_eager);
  deployment.max_num_seqs = whole_of(engine, "max_num_seqs");
  deployment.max_num_batched_tokens = whole_of(engine, "max_num_batched_tokens");
  deployment.max_model_len = whole_of(engine, "max_model_len");
  deployment.num_gpu_blocks_override = whole_of(engine, "num_gpu_blocks_override");
  deployment.long_prefill_token_threshold =
      whole_of(engine, "long_prefill_token_threshold").value_or(0);
  deployment.block_size = whole_of(engine, "block_size").value_or(16);
  deployment.gpu_memory_utilization =
      value_of<double>(engine, "gpu_memory_utilization").value_or(0.9);
  deployment.kv_cache_dtype = value_of<std::string_view>(engine, "kv_cache_dtype").value_or("auto");
  deployment.quantization = value_of<std::string_view>(engine, "quantization").value_or("auto");
  if (deployment.quantization.empty()) {
    deployment.quantization = "auto";
  }
  for (const element& place : {engine, root}) {
    for (const std::string_view key : {"num_gpu_blocks", "kv_blocks"}) {
      if (const auto blocks = whole_of(place, key)) {
        settings.kv_blocks = blocks;
      }
    }
  }
  return settings;
}

std::string hardware_of(const std::string& folder) {
  const std::string name = fs::path(folder).lexically_normal().filename().string();
  return name.substr(0, name.find("__"));
}

// vLLM's own name is meta.json.
std::string settings_file(const std::string& folder) {
  for (const char* name : {"/engine_config.json", "/meta.json"}) {
    if (file_exists(folder + name)) {
      return folder + name;
    }
  }
  return {};
}

struct Measured {
  Trace trace;
  double makespan = 0;
};

struct ResultRow {
  double arrival = 0;
  double ttft = 0;
  double tpot = 0;
  double e2e = 0;
  std::int32_t input = 0;
  std::int32_t output = 0;
};

// Nothing for a request that failed or whose figures are absurd.
std::optional<ResultRow> read_row(const TextTable& table, std::size_t i) {
  constexpr double kLongest = 1e8;  // tokens, and seconds
  const auto input = table.number(i, "input_toks");
  const auto output = table.number(i, "output_toks");
  const auto arrival = table.number(i, "arrival_s");
  const auto since_arrival = [&](std::string_view milliseconds, std::string_view instant) {
    const auto direct = table.number(i, milliseconds);
    const auto at = table.number(i, instant);
    return direct || !at || !arrival ? direct : std::optional((*at - *arrival) * 1e3);
  };
  const auto ttft = since_arrival("ttft_ms", "first_token_s");
  const auto e2e = since_arrival("e2e_ms", "last_token_s");
  if (!input || !output || !arrival || !ttft || !e2e || *input < 1 || *output < 1 ||
      *input > kLongest || *output > kLongest || std::abs(*arrival) > kLongest || *ttft < 0 ||
      *e2e < *ttft) {
    return std::nullopt;
  }
  const double tpot =
      table.number(i, "tpot_ms").value_or(*output > 1 ? (*e2e - *ttft) / (*output - 1) : 0);
  return ResultRow{*arrival,
                   *ttft,
                   std::max(tpot, 0.0),
                   *e2e,
                   static_cast<std::int32_t>(*input),
                   static_cast<std::int32_t>(*output)};
}

Measured read_results(const std::string& path, RunComparison& run) {
  const TextTable table(path, read_file(path));
  if (!table.has_all({"input_toks", "output_toks", "arrival_s"})) {
    fail(
        "needs the columns input_toks, output_toks and arrival_s, with ttft_ms and e2e_ms or "
        "first_token_s and last_token_s",
        {path, 1, 0});
  }
  std::vector<ResultRow> rows;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    if (const auto row = read_row(table, i)) {
      rows.push_back(*row);
    } else {
      ++run.skipped;
    }
  }
  if (rows.empty()) {
    fail("no row has lengths, an arrival and times", {path, 2, 0});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ResultRow& a, const ResultRow& b) { return a.arrival < b.arrival; });
  Measured measured;
  double last = 0;
  for (const ResultRow& row : rows) {
    measured.trace.requests.push_back(
        {static_cast<SimTime>((row.arrival - rows.front().arrival) * 1e9), row.input, row.output, 0,
         0});
    run.ttft.measured.add(row.ttft);
    run.e2e.measured.add(row.e2e);
    if (row.output > 1) {
      run.tpot.measured.add(row.tpot);
    }
    last = std::max(last, row.arrival + row.e2e / 1e3);
  }
  measured.makespan = last - rows.front().arrival;
  return measured;
}

}  // namespace

bool is_run_folder(const std::string& folder) {
  return file_exists(folder + "/results.csv") && !settings_file(folder).empty();
}

RunComparison compare_run(const std::string& folder, const ServingQuestion& question) {
  RunComparison run;
  run.name = fs::path(folder).lexically_normal().filename().string();
  run.chip = question.chip.empty() ? hardware_of(folder) : question.chip;
  try {
    const RunSettings settings = read_settings(settings_file(folder));
    run.kv_blocks_measured = settings.kv_blocks;
    const Measured measured = read_results(folder + "/results.csv", run);
    run.requests = static_cast<std::int64_t>(measured.trace.requests.size());
    run.makespan_measured = measured.makespan;
    PreparedService service(settings.model, run.chip, settings.deployment, question.mapper,
                            question.op_times);
    const PreparedService::Answer answer = service.serve_trace(measured.trace, 0);
    run.chip = service.chip().id;
    run.kv_blocks_predicted = service.engine().blocks;
    run.ttft.predicted = answer.metrics.ttft_ms;
    run.tpot.predicted = answer.metrics.tpot_ms;
    run.e2e.predicted = answer.metrics.e2el_ms;
    run.makespan_predicted = answer.metrics.duration_seconds();
  } catch (const Error& error) {
    run.refused = reason_of(error);
  }
  return run;
}

}  // namespace moru
