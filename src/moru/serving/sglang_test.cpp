#include "moru/serving/testing.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

using Steps = std::vector<std::string>;
constexpr SimTime kMillisecond = 1'000'000;

EngineConfig sglang(std::int64_t tokens) {
  EngineConfig config = testing::small_engine(tokens, 1);
  config.scheduler = "sglang";
  config.has_radix_cache = true;
  return config;
}

// A step takes ten tokens of prompts. A fills one step and two tokens of the next; B, which arrives
// meanwhile, takes the other eight and ends in the third; A's decode waits until no prompt is left.
TEST(Sglang, PromptsPauseDecodesAndOneIsCut) {
  EngineConfig config = sglang(1000);
  config.max_num_batched_tokens = 10;
  Trace trace;
  trace.requests = {{0, 12, 3}, {kMillisecond / 2, 11, 2}};
  EXPECT_EQ(testing::log_steps(config, trace).steps, (Steps{"A10", "A2 B8", "B3", "A1 B1", "A1"}));
}

// --enable-mixed-chunk: A's decode joins, and takes one token of the step's ten.
TEST(Sglang, MixedChunksDecodeToo) {
  EngineConfig config = sglang(1000);
  config.max_num_batched_tokens = 10;
  config.enable_mixed_chunk = true;
  Trace trace;
  trace.requests = {{0, 12, 3}, {kMillisecond / 2, 11, 2}};
  EXPECT_EQ(testing::log_steps(config, trace).steps, (Steps{"A10", "A2 B8", "B3 A1", "A1 B1"}));
}

// Memory for 100 tokens. A (30 + 40) runs: 70 are free and it is expected to take 0.7 of the 39 it
// still lacks, 27.3. B (20 + 30 = 50) is not below 70 - 27 = 43 and waits until A has left,
// although the expectation falls meanwhile: nothing is tried before somebody leaves.
TEST(Sglang, APromptWaitsForTheExpectedAnswers) {
  Trace trace;
  trace.requests = {{0, 30, 40}, {kMillisecond / 2, 20, 30}};
  const Steps steps = testing::log_steps(sglang(100), trace).steps;
  ASSERT_EQ(steps.size(), 70U);
  EXPECT_EQ(steps[0], "A30");
  EXPECT_EQ(steps[39], "A1");
  EXPECT_EQ(steps[40], "B20");
  // With 20 + 22 = 42 it goes in at once.
  trace.requests[1].output_tokens = 22;
  EXPECT_EQ(testing::log_steps(sglang(100), trace).steps[1], "B20");
}

// Memory for 50 tokens. B (5 + 20) is admitted beside A (10 + 21): 25 is below 40 - 0.7 x 20. After
// 17 common decodes they hold 27 + 22, and the next ones need two: of equally long answers (18)
// that of the longer prompt is retracted. A comes back with its 28 tokens when B has left.
TEST(Sglang, RetractsTheShortestAnswerOfTheLongestPrompt) {
  Trace trace;
  trace.requests = {{0, 10, 21}, {kMillisecond / 2, 5, 20}};
  Steps expected = {"A10", "B5"};
  expected.insert(expected.end(), 17, "A1 B1");
  for (const char* step : {"B1 -A", "B1", "A28", "A1", "A1"}) {
    expected.emplace_back(step);
  }
  EXPECT_EQ(testing::log_steps(sglang(50), trace).steps, expected);
}

}  // namespace
}  // namespace moru
