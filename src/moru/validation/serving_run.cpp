// A run of vLLM, request by request: results.csv, engine_config.json (vLLM's meta.json) and, for the
// name of the hardware, the folder (HARDWARE__MODEL).
#include "moru/base/catalogue.h"
#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/validation/prepared_service.h"
#include "moru/validation/serving_readers.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
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
  const auto integer = [&](std::string_view key) { return value_of<std::int64_t>(engine, key); };
  deployment.tensor_parallel_size = static_cast<int>(integer("tensor_parallel_size").value_or(1));
  deployment.pipeline_parallel_size =
      static_cast<int>(integer("pipeline_parallel_size").value_or(1));
  deployment.data_parallel_size = static_cast<int>(integer("data_parallel_size").value_or(1));
  deployment.enable_expert_parallel =
      value_of<bool>(engine, "enable_expert_parallel").value_or(false);
  deployment.max_num_seqs = integer("max_num_seqs");
  deployment.max_num_batched_tokens = integer("max_num_batched_tokens");
  deployment.max_model_len = integer("max_model_len");
  deployment.block_size = integer("block_size").value_or(16);
  deployment.gpu_memory_utilization =
      value_of<double>(engine, "gpu_memory_utilization").value_or(0.9);
  deployment.enforce_eager = value_of<bool>(engine, "enforce_eager").value_or(false);
  deployment.kv_cache_dtype =
      value_of<std::string_view>(engine, "kv_cache_dtype").value_or("auto");
  deployment.quantization = value_of<std::string_view>(engine, "quantization").value_or("auto");
  if (deployment.quantization.empty()) {
    deployment.quantization = "auto";
  }
  for (const element& place : {engine, root}) {
    for (const std::string_view key : {"num_gpu_blocks", "kv_blocks"}) {
      if (const auto blocks = value_of<std::int64_t>(place, key)) {
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

struct Measured {
  Trace trace;
  double makespan = 0;
};

Measured read_results(const std::string& path, RunComparison& run) {
  const TextTable table(path, read_file(path));
  if (!table.has_all({"input_toks", "output_toks", "arrival_s", "ttft_ms", "e2e_ms"})) {
    fail("needs the columns input_toks, output_toks, arrival_s, ttft_ms and e2e_ms",
         {path, 1, 0});
  }
  struct Row {
    double arrival, ttft, tpot, e2e;
    std::int32_t input, output;
  };
  std::vector<Row> rows;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto input = table.number(i, "input_toks");
    const auto output = table.number(i, "output_toks");
    const auto arrival = table.number(i, "arrival_s");
    const auto ttft = table.number(i, "ttft_ms");
    const auto e2e = table.number(i, "e2e_ms");
    if (!input || !output || !arrival || !ttft || !e2e || *input < 1 || *output < 1) {
      continue;  // a request that failed
    }
    const double tpot =
        table.number(i, "tpot_ms").value_or(*output > 1 ? (*e2e - *ttft) / (*output - 1) : 0);
    rows.push_back({*arrival, *ttft, tpot, *e2e, static_cast<std::int32_t>(*input),
                    static_cast<std::int32_t>(*output)});
  }
  if (rows.empty()) {
    fail("no row has lengths, an arrival and times", {path, 2, 0});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.arrival < b.arrival; });
  Measured measured;
  double last = 0;
  for (const Row& row : rows) {
    measured.trace.requests.push_back(
        {static_cast<SimTime>((row.arrival - rows.front().arrival) * 1e9), row.input, row.output, 0, 0});
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
  return file_exists(folder + "/results.csv") && file_exists(folder + "/engine_config.json");
}

RunComparison compare_run(const std::string& folder, const ServingQuestion& question) {
  RunComparison run;
  run.name = fs::path(folder).lexically_normal().filename().string();
  run.chip = question.chip.empty() ? hardware_of(folder) : question.chip;
  const RunSettings settings = read_settings(folder + "/engine_config.json");
  run.kv_blocks_measured = settings.kv_blocks;
  const Measured measured = read_results(folder + "/results.csv", run);
  run.requests = static_cast<std::int64_t>(measured.trace.requests.size());
  run.makespan_measured = measured.makespan;
  try {
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
    run.refused = error.what();
  }
  return run;
}

}  // namespace moru
