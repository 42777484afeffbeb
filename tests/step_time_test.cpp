// The operator table of `moru map` adds up to the step time that `simulate` uses.
#include "moru/report/step_report.h"
#include "moru/serving/model_timer.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

struct Case {
  const char* model;
  const char* chip;
  int tensor;
  int pipeline;
  bool expert;
  StepQuestion question;
};

class StepTime : public ::testing::TestWithParam<Case> {};

TEST_P(StepTime, OfMapEqualsThatOfTheServingEngine) {
  const Case& one = GetParam();
  Scenario scenario;
  scenario.model = one.model;
  scenario.chip = one.chip;
  scenario.deployment.tensor_parallel_size = one.tensor;
  scenario.deployment.pipeline_parallel_size = one.pipeline;
  scenario.deployment.enable_expert_parallel = one.expert;
  const StepReport report = map_step(scenario, one.question);

  const auto mapper = prepare_mapper(scenario.mapper, report.chip, scenario.deployment);
  StepCosts costs(report.model, report.engine.parallelism, *mapper);
  ModelTimer timer(report.engine, costs);
  std::vector<Sequence> sequences(static_cast<std::size_t>(one.question.batch),
                                  {one.question.new_tokens, one.question.context});
  const BatchWork work = batch_work(report.model.context_rules(), sequences);
  std::vector<SimTime> stages;
  timer.time(std::span(&work, 1), stages);
  double seconds = 0;
  for (const SimTime stage : stages) {
    seconds += to_seconds(stage);
  }
  // FlashAttention-2 rounds the keys of a part up to blocks of 64: a step between two knots of the
  // decode table, of which interpolation takes the slope.
  constexpr double kTolerance = 0.001;
  EXPECT_NEAR(report.step_seconds / seconds, 1, kTolerance);

  double sum = report.host_seconds;
  for (const CostedOperator& costed : report.operators) {
    sum += costed.cost.seconds * costed.op.repeat;
  }
  EXPECT_NEAR(sum / seconds, 1, kTolerance);
}

INSTANTIATE_TEST_SUITE_P(
    All, StepTime,
    ::testing::Values(
        Case{"meta-llama/Llama-3.1-8B", "h100_sxm", 1, 1, false, {true, 64, 1, 4096}},
        Case{"meta-llama/Llama-3.1-8B", "a100_sxm", 1, 1, false, {true, 61, 1, 777}},
        Case{"meta-llama/Llama-3.1-8B", "furiosa_rngd", 1, 1, false, {false, 2, 1000, 300}},
        Case{"meta-llama/Llama-3.1-70B", "h100_sxm", 4, 2, false, {true, 16, 1, 2000}},
        Case{"Qwen/Qwen3-30B-A3B", "h100_sxm", 4, 1, true, {true, 100, 1, 500}},
        Case{"openai/gpt-oss-120b", "b200_sxm", 1, 1, false, {true, 32, 1, 5000}},
        Case{"Qwen/Qwen3.5-397B-A17B", "b300_sxm", 8, 1, true, {true, 32, 1, 5000}},
        // Short prompts on many chips wait for the host.
        Case{"meta-llama/Llama-3.1-8B", "b200_sxm", 8, 1, false, {false, 1, 600, 0}},
        Case{"deepseek-ai/DeepSeek-V3", "h200_sxm", 8, 1, true, {false, 1, 4096, 0}}));

// Reading the clock does not change it: asking twice gives the same, and only commit() counts.
TEST(ModelTimer, CountsOnlyCommittedSteps) {
  Scenario scenario;
  scenario.model = "meta-llama/Llama-3.1-8B";
  scenario.chip = "h100_sxm";
  const Model model = load_model(scenario.model);
  const Chip chip = load_chip(scenario.chip);
  const auto mapper = prepare_mapper("roofline", chip, scenario.deployment);
  const EngineConfig engine = resolve(scenario.deployment, model, chip);
  StepCosts costs(model, engine.parallelism, *mapper);
  ModelTimer timer(engine, costs);
  const std::vector<Sequence> sequences(8, {1, 100});
  const BatchWork work = batch_work(model.context_rules(), sequences);
  std::vector<SimTime> first;
  std::vector<SimTime> second;
  timer.time(std::span(&work, 1), first);
  timer.time(std::span(&work, 1), second);
  EXPECT_EQ(first, second);
  EXPECT_EQ(costs.totals().time.seconds, 0);
  timer.commit();
  const RunTotals totals = costs.totals();
  EXPECT_NEAR(totals.time.seconds + engine.step_overhead_seconds, to_seconds(second.front()), 1e-8);
  double operators = 0;
  for (const OperatorTotal& total : totals.operators) {
    operators += total.seconds;
  }
  EXPECT_NEAR(operators, totals.time.seconds, 1e-9);
}

}  // namespace
}  // namespace moru
