// Power of a deployment against measurements: Splitwise's A100 servers, Jetson Orin's rails.
#include "moru/scenario/phase_power.h"

#include "moru/base/catalogue.h"
#include "moru/base/file.h"
#include "moru/base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

namespace moru {
namespace {

using Row = std::map<std::string, std::string>;

// Rows of a measured CSV file; empty, with one clear line, where the data are not there.
std::vector<Row> measured_rows(const std::string& path) {
  const std::string full = measured_data_root() + "/" + path;
  if (!file_exists(full)) {
    return {};
  }
  const std::string text = read_file(full);
  std::vector<Row> rows;
  std::vector<std::string> header;
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) {
      continue;
    }
    Row row;
    std::size_t column = 0;
    for (const std::string_view cell : split(line, ',')) {
      if (header.size() <= column && rows.empty() && row.empty()) {
        header.emplace_back(trim(cell));
      } else {
        row[header[column]] = std::string(trim(cell));
      }
      ++column;
    }
    if (!row.empty()) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

double number(const Row& row, const std::string& name) {
  return parse_double(row.at(name)).value_or(0);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

#define MORU_NEEDS(rows, path)                                       \
  if ((rows).empty()) {                                              \
    const char* ci = std::getenv("CI");                              \
    ASSERT_TRUE(ci == nullptr || std::string(ci) != "true") << path; \
    GTEST_SKIP() << "SKIP: no measured data at " << path;            \
  }

// Average power over TDP of rows of one model: predicted over measured.
std::vector<double> splitwise_ratios(const std::vector<Row>& rows, const std::string& name,
                                     const std::string& model) {
  const FactBook facts = load_facts();
  std::map<std::string, PhasePower> known;
  std::vector<double> ratios;
  for (const Row& row : rows) {
    const double measured = number(row, "average_power");
    if (row.at("model") != name || row.at("hardware") != "a100-80gb" || measured <= 0) {
      continue;
    }
    Scenario scenario;
    scenario.model = model;
    scenario.chip = "a100_sxm";
    scenario.deployment.tensor_parallel_size = static_cast<int>(number(row, "tensor_parallel"));
    scenario.deployment.max_model_len = 2048;
    // Two A100s hold Llama-2-70B and nothing else.
    scenario.deployment.gpu_memory_utilization = 1;
    scenario.deployment.max_num_batched_tokens = 2048;
    const auto batch = static_cast<std::int64_t>(number(row, "batch_size"));
    const auto prompt = static_cast<std::int64_t>(number(row, "prompt_size"));
    const auto output = static_cast<std::int64_t>(number(row, "token_size"));
    const std::string key = row.at("tensor_parallel") + "," + row.at("batch_size") + "," +
                            row.at("prompt_size") + "," + row.at("token_size");
    if (known.count(key) == 0) {
      known[key] = phase_power(scenario, facts, batch, prompt, output);
    }
    // What was done, over the measured time: the error is that of the power model alone.
    const Chip chip = load_chip("a100_sxm");
    Activity prompts = known[key].prompt;
    Activity tokens = known[key].token;
    prompts.busy = number(row, "prompt_time") * 1e-3;
    tokens.busy = number(row, "token_time") * 1e-3;
    const double steps = static_cast<double>(output);
    const double joules = average_power(facts, chip, DType::bf16, prompts) * prompts.busy +
                          average_power(facts, chip, DType::bf16, tokens) * tokens.busy * steps;
    const double watts = joules / (prompts.busy + tokens.busy * steps);
    ratios.push_back(watts / 400 / measured);
  }
  return ratios;
}

double median_error(std::vector<double> ratios) {
  for (double& ratio : ratios) {
    ratio = std::abs(ratio - 1);
  }
  return median(std::move(ratios));
}

constexpr const char* kSplitwise = "serving/splitwise/perf_model.csv";

TEST(MeasuredPower, OfLlama70BOnA100IsMetWithin15PercentInTheMedian) {
  const std::vector<Row> rows = measured_rows(kSplitwise);
  MORU_NEEDS(rows, kSplitwise);
  const std::vector<double> ratios =
      splitwise_ratios(rows, "llama2-70b", "meta-llama/Llama-2-70b-hf");
  ASSERT_GT(ratios.size(), 50U);
  RecordProperty("median_error", std::to_string(median_error(ratios)));
  RecordProperty("median_ratio", std::to_string(median(ratios)));
  EXPECT_LT(median_error(ratios), 0.15) << "median ratio " << median(ratios);
}

TEST(MeasuredPower, OfBloomOnA100WhichNoConstantWasEstimatedFromIsMetWithin20Percent) {
  const std::vector<Row> rows = measured_rows(kSplitwise);
  MORU_NEEDS(rows, kSplitwise);
  const std::vector<double> ratios = splitwise_ratios(rows, "bloom-176b", "bigscience/bloom");
  ASSERT_GT(ratios.size(), 20U);
  RecordProperty("median_error", std::to_string(median_error(ratios)));
  RecordProperty("median_ratio", std::to_string(median(ratios)));
  EXPECT_LT(median_error(ratios), 0.2) << "median ratio " << median(ratios);
}

TEST(MeasuredPower, OfGemmsOnJetsonOrinIsMetWithin20Percent) {
  constexpr const char* kPower = "ops/agx_orin/power.csv";
  constexpr const char* kTimes = "ops/agx_orin/gemm.csv";
  const std::vector<Row> rows = measured_rows(kPower);
  const std::vector<Row> times = measured_rows(kTimes);
  MORU_NEEDS(rows, kPower);
  ASSERT_FALSE(times.empty());
  std::map<std::string, double> milliseconds;
  for (const Row& row : times) {
    milliseconds[row.at("m") + "," + row.at("n") + "," + row.at("k") + "," + row.at("dtype")] =
        number(row, "latency_us") * 1e-6;
  }
  const FactBook facts = load_facts();
  const Chip chip = load_chip("agx_orin");
  std::vector<double> ratios;
  for (const Row& row : rows) {
    const std::string key =
        row.at("M") + "," + row.at("N") + "," + row.at("K") + "," + row.at("precision");
    const auto found = milliseconds.find(key);
    if (row.at("op") != "matmul" || row.at("precision") != "fp16" || found == milliseconds.end()) {
      continue;
    }
    const double m = number(row, "M");
    const double n = number(row, "N");
    const double k = number(row, "K");
    const Activity activity{found->second, 2 * m * n * k, 2 * (m * k + k * n + m * n), 0};
    const double watts = average_power(facts, chip, DType::fp16, activity);
    ratios.push_back(watts / (number(row, "power_GPU") + number(row, "power_MEM")));
  }
  ASSERT_GT(ratios.size(), 20U);
  RecordProperty("median_error", std::to_string(median_error(ratios)));
  RecordProperty("median_ratio", std::to_string(median(ratios)));
  EXPECT_LT(median_error(ratios), 0.2) << "median ratio " << median(ratios);
}

}  // namespace
}  // namespace moru
