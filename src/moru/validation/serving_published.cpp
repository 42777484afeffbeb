// Service figures that makers, users and benchmarks published, one figure per row. A row is
// predicted if its model, chips, parallelism, batch and lengths are stated as numbers: a batch of
// equal requests is processed and decoded to its end, as those benchmarks do.
#include "moru/base/catalogue.h"
#include "moru/base/error.h"
#include "moru/base/text.h"
#include "moru/validation/prepared_service.h"
#include "moru/validation/serving_readers.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <memory>

namespace moru {
namespace {

// "Llama-3.1-405B-FP8 (meta)" is Llama-3.1-405B-FP8; remarks stand in brackets.
std::string without_remark(std::string_view text) {
  const std::size_t bracket = text.find('(');
  std::string_view plain = text.substr(0, bracket);
  while (!plain.empty() && plain.back() == ' ') {
    plain.remove_suffix(1);
  }
  return std::string(plain);
}

std::string weights_named(std::string_view text) {
  const std::string plain = to_lower(without_remark(text));
  if (plain.starts_with("fp16") || plain.starts_with("bf16") || plain.starts_with("16-bit") ||
      plain.starts_with("bfloat16")) {
    return "none";
  }
  if (plain == "fp8" || plain == "int8" || plain == "int8 storage" || plain == "8-bit") {
    return plain.starts_with("int8") ? "int8" : "fp8";
  }
  return {};
}

// "TP4", "TP8 (M)", "TP24 NeuronCores (2 per chip)": chips that share every layer.
std::optional<int> tensor_degree(std::string_view text, std::int64_t chips) {
  const std::string plain = without_remark(text);
  if (plain == "1 NPU" || plain == "1 card" || plain == "TP1") {
    return 1;
  }
  if (!plain.starts_with("TP")) {
    return std::nullopt;
  }
  int degree = 0;
  const auto [end, problem] =
      std::from_chars(plain.data() + 2, plain.data() + plain.size(), degree);
  if (problem != std::errc() || degree < 1) {
    return std::nullopt;
  }
  const bool counts_cores =
      text.find("2 per chip") != std::string_view::npos || (degree == 2 * chips && *end == '\0');
  const int per_chip = counts_cores ? 2 : 1;
  return degree % per_chip == 0 && degree / per_chip == chips ? std::optional(degree / per_chip)
                                                              : std::nullopt;
}

struct Row {
  std::string model;
  std::string chip;
  Deployment deployment;
  std::int64_t batch = 0;
  std::int64_t input = 0;
  std::int64_t output = 0;
};

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  return problem == std::errc() && value >= 1 &&
                 static_cast<double>(value) <= TextTable::kMostCounted &&
                 (rest.empty() || rest.starts_with(" ("))
             ? std::optional(value)
             : std::nullopt;
}

// What stands in the way; empty if nothing does.
std::string read_row(const TextTable& table, std::size_t i, const ServingQuestion& question,
                     Row& row) {
  const auto chips = whole(table.text(i, "chips"));
  const auto batch = whole(table.text(i, "batch"));
  const auto input = whole(table.text(i, "input_tokens"));
  if (!chips || !batch || !input) {
    return "chips, batch or input length are not stated";
  }
  row.batch = *batch;
  row.input = *input;
  row.output = whole(table.text(i, "output_tokens")).value_or(0);
  row.model = without_remark(table.text(i, "model"));
  row.chip = question.chip.empty() ? std::string(table.text(i, "chip")) : question.chip;
  const auto tensor = tensor_degree(table.text(i, "parallelism"), *chips);
  if (!tensor) {
    return "the split over chips is not stated as one tensor-parallel group";
  }
  row.deployment.tensor_parallel_size = *tensor;
  row.deployment.quantization = weights_named(table.text(i, "weights"));
  if (row.deployment.quantization.empty()) {
    return fmt::format("weights '{}' are not one format", table.text(i, "weights"));
  }
  const std::string kv = to_lower(without_remark(table.text(i, "kv")));
  row.deployment.kv_cache_dtype = kv == "fp8" || kv == "int8" ? "fp8" : "auto";
  row.deployment.max_num_seqs = row.batch;
  row.deployment.max_model_len = row.input + std::max<std::int64_t>(row.output, 1) + 1;
  row.deployment.max_num_batched_tokens = std::max<std::int64_t>(8192, row.batch);
  row.deployment.gpu_memory_utilization = 0.95;
  row.deployment.backend = "ideal";
  return {};
}

// The figure in the row's unit; nothing if the metric is not one that a batch gives.
std::optional<double> figure(const std::string& metric, const Row& row, PreparedService& service) {
  const auto batch = static_cast<double>(row.batch);
  const auto output = static_cast<double>(row.output);
  const double prompt = service.prompt_seconds(row.batch, row.input);
  if (metric == "ttft" || metric == "ttft_mean" || metric == "ttft_p50") {
    return prompt * 1e3;
  }
  if (metric == "prefill_tokens_per_s") {
    return batch * static_cast<double>(row.input) / prompt;
  }
  if (row.output < 1) {
    return std::nullopt;
  }
  const double token = service.token_seconds(row.batch, row.input, row.output);
  const double whole_run = prompt + (output - 1) * token;
  if (metric == "tpot" || metric == "tpot_mean" || metric == "tpot_p50" || metric == "itl_mean") {
    return token * 1e3;
  }
  if (metric == "tokens_per_s_per_user") {
    return 1 / token;
  }
  if (metric == "e2e_latency") {
    return whole_run;
  }
  if (metric == "output_tokens_per_s_total") {
    return row.output > 1 ? batch * output / whole_run : batch / token;
  }
  if (metric == "tokens_per_s_in_plus_out") {
    return batch * (output + static_cast<double>(row.input)) / whole_run;
  }
  return std::nullopt;
}

using Services = std::map<std::string, std::unique_ptr<PreparedService>>;

PublishedRow predict(const TextTable& table, std::size_t i, const ServingQuestion& question,
                     Services& services) {
  PublishedRow result;
  result.line = table.line(i);
  result.chip = table.text(i, "chip");
  const std::string metric(table.text(i, "metric"));
  result.what = fmt::format("{} {} batch {} {}/{} {}", table.text(i, "model"),
                            table.text(i, "parallelism"), table.text(i, "batch"),
                            table.text(i, "input_tokens"), table.text(i, "output_tokens"), metric);
  const auto value = table.number(i, "value");
  Row row;
  result.refused = value && *value > 0 ? read_row(table, i, question, row) : "no number as value";
  if (!result.refused.empty()) {
    return result;
  }
  const std::string key =
      fmt::format("{}|{}|{}|{}|{}|{}|{}", row.model, row.chip, row.deployment.tensor_parallel_size,
                  row.deployment.quantization, row.deployment.kv_cache_dtype, row.batch,
                  row.input + row.output);
  try {
    auto& service = services[key];
    if (!service) {
      service =
          std::make_unique<PreparedService>(row.model, row.chip, row.deployment, question.mapper);
    }
    if (service->engine().blocks * service->engine().block_size <
        row.batch * (row.input + row.output)) {
      result.refused = "the batch does not fit into memory at once";
      return result;
    }
    const auto predicted = figure(metric, row, *service);
    if (!predicted) {
      result.refused = fmt::format("'{}' is no figure of one batch", metric);
      return result;
    }
    const double unit = table.text(i, "unit") == "s" && metric != "e2e_latency"    ? 1e-3
                        : table.text(i, "unit") == "ms" && metric == "e2e_latency" ? 1e3
                                                                                   : 1;
    result.measured = *value;
    result.predicted = *predicted * unit;
  } catch (const Error& error) {
    result.refused = reason_of(error);
  }
  return result;
}

}  // namespace

bool is_published(const TextTable& table) {
  return table.has_all({"chip", "chips", "model", "metric", "value", "unit"});
}

PublishedComparison compare_published(const TextTable& table, const ServingQuestion& question) {
  PublishedComparison comparison;
  comparison.name = table.name();
  Services services;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    comparison.rows.push_back(predict(table, i, question, services));
  }
  return comparison;
}

}  // namespace moru
