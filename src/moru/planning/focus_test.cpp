// Sensitivities against differences taken by hand: a chip edited here, served by the engine.
#include "moru/planning/focus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

const FactBook& facts() {
  static const FactBook book = load_facts();
  return book;
}

Scenario scenario_of(const std::string& chip, std::int64_t prompt, std::int64_t output) {
  Scenario scenario;
  scenario.model = "meta-llama/Llama-3.1-8B";
  scenario.chip = chip;
  scenario.load.random_input_len = prompt;
  scenario.load.random_output_len = output;
  scenario.load.num_prompts = 40;
  scenario.load.request_rate = 20;
  return scenario;
}

// Requests per second when all are there at once.
double capacity(const Scenario& scenario, const Chip& chip, Trace trace) {
  for (Request& request : trace.requests) {
    request.arrival = 0;
  }
  const Report report = ReadyScenario(scenario, chip).evaluate(trace);
  return static_cast<double>(report.metrics.completed) / report.metrics.duration_seconds();
}

struct Question {
  const char* chip;
  std::int64_t prompt;
  std::int64_t output;
};

class FocusDifference : public ::testing::TestWithParam<Question> {};

TEST_P(FocusDifference, AgreesWithOneTakenByHand) {
  const Question& question = GetParam();
  const Scenario scenario = scenario_of(question.chip, question.prompt, question.output);
  const Trace trace = load_requests(scenario);
  const Chip chip = load_chip(question.chip);
  constexpr double kMore = 1.05;
  Chip by_hand = chip;
  by_hand.memory.front().bandwidth->value = by_hand.memory.front().bandwidth->value * kMore;
  const double expected = capacity(scenario, by_hand, trace) / capacity(scenario, chip, trace) - 1;
  Chip scaled = chip;
  find_resource("memory_bandwidth")->scale(scaled, kMore);
  const double found = focus_metrics(scenario, scaled, trace, facts()).capacity /
                           focus_metrics(scenario, chip, trace, facts()).capacity -
                       1;
  EXPECT_NEAR(found, expected, 0.02 * std::abs(expected) + 1e-9);
  EXPECT_GT(found, -1e-9) << "more bandwidth never serves less";
}

INSTANTIATE_TEST_SUITE_P(
    Ten, FocusDifference,
    ::testing::Values(Question{"h100_sxm", 200, 60}, Question{"h100_sxm", 2000, 5},
                      Question{"a100_sxm", 200, 60}, Question{"a100_sxm", 2000, 5},
                      Question{"l40s", 200, 60}, Question{"l40s", 2000, 5},
                      Question{"furiosa_rngd", 200, 60}, Question{"furiosa_rngd", 2000, 5},
                      Question{"rebel_quad", 200, 60}, Question{"mi300x", 200, 60}));

TEST(Focus, DecodeGainsMostFromMemoryBandwidthOnH100) {
  const Scenario scenario = scenario_of("h100_sxm", 32, 64);
  const Trace trace = load_requests(scenario);
  const FocusReport report = focus(scenario, trace, facts(), 0.1);
  ASSERT_FALSE(report.resources.empty());
  EXPECT_EQ(report.resources.front().resource, "memory_bandwidth");
  EXPECT_GT(report.resources.front().per_percent, 0.3);
  const auto matrix = std::find_if(report.resources.begin(), report.resources.end(),
                                   [](const auto& one) { return one.resource == "matrix_rate"; });
  ASSERT_NE(matrix, report.resources.end());
  EXPECT_GT(matrix->area, 0) << "arithmetic takes area";
  EXPECT_LT(matrix->relative.capacity, report.resources.front().relative.capacity);
  EXPECT_EQ(report.spending.size(), 3U);
}

}  // namespace
}  // namespace moru
