// The search with its bounds against serving every candidate.
#include "moru/planning/search.h"

#include "moru/chip/chip.h"
#include "moru/model/model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace moru {
namespace {

const FactBook& facts() {
  static const FactBook book = load_facts();
  return book;
}

Scenario scenario_of(double rate, double tpot) {
  Scenario scenario;
  scenario.model = "meta-llama/Llama-3.2-1B-Instruct";
  scenario.load.random_input_len = 300;
  scenario.load.random_output_len = 20;
  scenario.load.num_prompts = 60;
  scenario.load.request_rate = rate;
  scenario.slo.ttft = Seconds{0.3};
  scenario.slo.tpot = Seconds{tpot};
  scenario.slo.attainment = 0.95;
  return scenario;
}

class PlanBounds : public ::testing::TestWithParam<std::pair<double, double>> {};

TEST_P(PlanBounds, NeverDiscardTheOptimum) {
  const Scenario scenario = scenario_of(GetParam().first, GetParam().second);
  const Trace trace = load_requests(scenario);
  SearchSpace space;
  space.chips = {"h100_sxm", "l4", "furiosa_rngd"};
  space.tensor_parallel = {1, 2};
  space.batched_tokens = {2048};
  space.most_replicas = 3;
  const PlanReport bounded = plan_deployment(scenario, trace, space, facts());
  const PlanReport all = plan_deployment(scenario, trace, space, facts(), false);
  ASSERT_EQ(bounded.best() == nullptr, all.best() == nullptr);
  if (all.best() != nullptr) {
    EXPECT_DOUBLE_EQ(bounded.best()->usd_per_hour, all.best()->usd_per_hour);
  }
  EXPECT_LE(bounded.served, all.served);
}

INSTANTIATE_TEST_SUITE_P(Loads, PlanBounds,
                         ::testing::Values(std::pair(5.0, 0.05), std::pair(40.0, 0.02),
                                           std::pair(100.0, 0.01), std::pair(40.0, 0.0001)));

TEST(PlanBounds, FewestReplicasIsWorkOverTimeWorkedOutByHand) {
  Trace trace;
  for (int i = 0; i < 100; ++i) {
    trace.requests.push_back({i * kNanosecondsPerSecond / 100, 1000, 11, 0, 0});
  }
  Slo slo;
  slo.e2el = Seconds{0.01};
  slo.attainment = 1;
  const Chip chip = parse_chip("name: a\npeak: {bf16: 1 TFLOPS}\n", "a");
  const Model model = load_model("meta-llama/Llama-3.2-1B-Instruct");
  // 1,010 passes each through 0.973e9 parameters without the embedding, in 1 s at 1.1 TFLOPS.
  const ParameterCount parameters = count_parameters(model);
  const double work = 2 * (parameters.active - parameters.embedding) * 1010 * 100;
  EXPECT_EQ(fewest_replicas(chip, model, {}, trace, slo),
            static_cast<int>(std::ceil(work / (1.1e12 * 1.0))));
}

TEST(Plan, NamesWhatTheOthersAreShortOf) {
  const Scenario scenario = scenario_of(5, 0.05);
  const Trace trace = load_requests(scenario);
  SearchSpace space;
  space.chips = {"h100_sxm", "l4"};
  space.tensor_parallel = {1};
  space.batched_tokens = {2048};
  const PlanReport report = plan_deployment(scenario, trace, space, facts());
  ASSERT_NE(report.best(), nullptr);
  for (const PlannedDeployment& one : report.deployments) {
    EXPECT_EQ(one.short_of.empty(), one.outcome == Outcome::meets);
  }
}

}  // namespace
}  // namespace moru
