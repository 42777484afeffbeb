#include "moru/scenario/sweep.h"

#include "moru/base/testing.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

using testing::error_of;

Scenario small_service() {
  Scenario scenario;
  scenario.model = "meta-llama/Llama-3.1-8B";
  scenario.chip = "h100_sxm";
  scenario.load.random_input_len = 800;
  scenario.load.random_output_len = 60;
  scenario.load.num_prompts = 150;
  scenario.slo.ttft = Seconds{0.2};
  scenario.slo.tpot = Seconds{0.02};
  return scenario;
}

TEST(Sweep, ReadsRangesAndRefusesOthers) {
  const SweepRange range = parse_sweep("rate=0.5:2:0.25");
  EXPECT_EQ(range.low, 0.5);
  EXPECT_EQ(range.high, 2);
  EXPECT_EQ(range.step, 0.25);
  for (const char* text :
       {"rate", "load=1:2:1", "rate=1:2", "rate=2:1:1", "rate=0:1:1", "rate=1:2:0", "rate=1:2:1:1",
        "rate=1:nan:1", "rate=1:1e9:1", "concurrency=1.5:2:1"}) {
    EXPECT_NE(error_of([&] { parse_sweep(text); }).find("--sweep '"), std::string::npos) << text;
  }
}

TEST(Sweep, FindsTheLargestRateThatMeetsTheObjective) {
  const Scenario scenario = small_service();
  const SweepResult result = sweep(scenario, parse_sweep("rate=2:60:29"));
  ASSERT_EQ(result.points.size(), 3U);
  ASSERT_TRUE(result.points.front().report.meets_slo());
  ASSERT_FALSE(result.points.back().report.meets_slo());
  ASSERT_TRUE(result.knee);
  // By definition of the knee, checked with runs of their own.
  Scenario below = scenario;
  below.load.request_rate = *result.knee;
  EXPECT_TRUE(evaluate(below, load_requests(below)).meets_slo());
  // Right above the knee the objective may be met again: batches fall differently at every rate.
  Scenario above = scenario;
  above.load.request_rate = *result.knee * 1.1;
  EXPECT_FALSE(evaluate(above, load_requests(above)).meets_slo());
}

TEST(Sweep, SaysWhenEveryLoadMeetsTheObjective) {
  const SweepResult result = sweep(small_service(), parse_sweep("rate=0.5:1:0.5"));
  EXPECT_TRUE(result.is_beyond);
  EXPECT_EQ(result.knee, 1);
}

}  // namespace
}  // namespace moru
