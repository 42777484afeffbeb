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

// --scheduler-recv-interval 4: B arrives during the second step. The decisions at 2, 3 and 4 ms do
// not look for it, that at 5 ms does.
TEST(Sglang, LooksForRequestsEveryFewDecodes) {
  EngineConfig config = sglang(1000);
  config.scheduler_recv_interval = 4;
  Trace trace;
  trace.requests = {{0, 5, 7}, {3 * kMillisecond / 2, 5, 2}};
  EXPECT_EQ(testing::log_steps(config, trace).steps,
            (Steps{"A5", "A1", "A1", "A1", "A1", "B5", "A1 B1", "A1"}));
}

class Quiet final : public ReplicaEvents {
 public:
  std::map<std::int64_t, RequestState> finished;
  void on_token(const RequestState&, SimTime) override {}
  void on_tokens(std::int64_t, SimTime, SimTime) override {}
  void on_finish(const RequestState& request, SimTime) override { finished[request.id] = request; }
};

// --stream-interval 10: a token a millisecond, so the client of A hears after 10 ms, that of B,
// whose answer ends before, at its end; whether or not steps are taken many at once.
TEST(Sglang, AClientHearsWithTheFirstWholeChunk) {
  EngineConfig config = sglang(1000);
  config.first_chunk_tokens = 10;
  Trace trace;
  trace.requests = {{0, 5, 15}, {100 * kMillisecond, 5, 4}};
  for (const SimTime interval : {1, 4}) {
    config.scheduler_recv_interval = interval;
    const auto logged = testing::log_steps(config, trace).finished;
    ServiceInput input;
    input.trace = &trace;
    testing::ConstantTimer timer;
    Quiet quiet;
    Replica replica(config, input, timer, quiet, false);
    replica.push(0, trace.requests[0].arrival);
    replica.push(1, trace.requests[1].arrival);
    replica.advance();
    for (const auto& finished : {logged, quiet.finished}) {
      EXPECT_EQ(finished.at(0).first_token, kMillisecond);
      EXPECT_EQ(finished.at(0).first_sent, 10 * kMillisecond);
      EXPECT_EQ(finished.at(1).first_sent, 104 * kMillisecond);
    }
  }
}

}  // namespace
}  // namespace moru
