#include "moru/serving/testing.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

using Steps = std::vector<std::string>;

EngineConfig trtllm(std::int64_t blocks) {
  EngineConfig config = testing::small_engine(blocks);
  config.scheduler = "trtllm";
  config.enable_chunked_prefill = false;
  return config;
}

// GUARANTEED_NO_EVICT, ten blocks of four. A (8 + 12) will need five blocks, B (8 + 12) five, C (4
// + 4) two: C waits until A and B have left, though eight blocks are free in the beginning.
TEST(TrtLlm, AdmitsOnlyWhoseWholeAnswerFits) {
  Trace trace;
  trace.requests = {{0, 8, 12}, {0, 8, 12}, {0, 4, 4}};
  const Steps steps = testing::log_steps(trtllm(10), trace).steps;
  ASSERT_EQ(steps.size(), 16U);
  EXPECT_EQ(steps[0], "A8 B8");
  EXPECT_EQ(steps[11], "A1 B1");
  EXPECT_EQ(steps[12], "C4");
}

// MAX_UTILIZATION: C goes in at once. Blocks run out when A, B and C hold 4 + 4 + 2 and A needs its
// fifth in the tenth step: C has ended long before, so nobody is paused; with a longer C it is.
TEST(TrtLlm, MaxUtilizationPausesTheLastInstead) {
  EngineConfig config = trtllm(10);
  config.capacity_policy = CapacityPolicy::max_utilization;
  Trace trace;
  trace.requests = {{0, 8, 12}, {0, 8, 12}, {0, 4, 12}};
  const Steps steps = testing::log_steps(config, trace).steps;
  EXPECT_EQ(steps[0], "A8 B8 C4");
  // Prompts fill 2 + 2 + 1 blocks; step 1 takes 3 + 3 + 2 = 8, step 5 would take 4 + 4 + 3 = 11:
  // the tenth goes to B, C is paused.
  EXPECT_EQ(steps[4], "A1 B1 C1");
  EXPECT_EQ(steps[5], "A1 B1 -C");
  // Nine tokens (four and five generated) are computed again when A and B have left.
  EXPECT_EQ(steps[12], "C9");
}

// Steps of 20 tokens. Without chunked context a prompt of 15 waits for the one of 10; with it, ten
// tokens are left, of which two blocks of four are taken.
TEST(TrtLlm, ChunkedContextTakesWholeBlocks) {
  EngineConfig config = trtllm(100);
  config.max_num_batched_tokens = 20;
  Trace trace;
  trace.requests = {{0, 10, 1}, {0, 15, 1}};
  EXPECT_EQ(testing::log_steps(config, trace).steps, (Steps{"A10", "B15"}));
  config.enable_chunked_prefill = true;
  EXPECT_EQ(testing::log_steps(config, trace).steps, (Steps{"A10 B8", "B7"}));
}

// Two data ranks, timeout_iters 3. C arrives at 3.5 ms for the first rank, the second has no
// prompt: it waits from 4 ms on and starts with the third decision, at 6 ms. If D arrives for the
// second rank as well both start at 4 ms. (What nothing waits for is counted too: 1, 2, 3 ms.)
TEST(TrtLlm, PromptsWaitForThoseOfOtherRanks) {
  EngineConfig config = testing::small_engine(100);
  config.scheduler = "trtllm";
  config.parallelism.data = 2;
  config.attention_dp_timeout_iters = 3;
  Trace trace;
  trace.requests = {{0, 5, 20}, {0, 5, 20}, {3'500'000, 5, 5}};
  std::vector<std::string> expected = {"A5 | B5"};
  expected.insert(expected.end(), 5, "A1 | B1");
  expected.emplace_back("A1 C5 | B1");
  std::vector<std::string> steps = testing::log_steps(config, trace).steps;
  steps.resize(expected.size());
  EXPECT_EQ(steps, expected);

  trace.requests.push_back({3'600'000, 5, 5});
  EXPECT_EQ(testing::log_steps(config, trace).steps[4], "A1 C5 | B1 D5");
}

}  // namespace
}  // namespace moru
