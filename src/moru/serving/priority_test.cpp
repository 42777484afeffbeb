#include "moru/serving/testing.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

using Steps = std::vector<std::string>;
constexpr SimTime kMillisecond = 1'000'000;

// Three blocks of four tokens. A holds two from its first step, B one. In the fourth step A has its
// token scheduled when B needs a second block: A matters less, so it is taken out of the step and
// its blocks go to B. Eight tokens (five prompt, three generated) are computed again once B is
// done.
TEST(Priority, TheLeastImportantIsPreemptedEvenIfTheStepHadItAlready) {
  EngineConfig config = testing::small_engine(3);
  config.scheduling_policy = SchedulingPolicy::priority;
  Trace trace;
  trace.requests = {{0, 5, 6, 0, 0, 1}, {kMillisecond / 2, 3, 4, 0, 0, 0}};
  EXPECT_EQ(testing::log_steps(config, trace).steps,
            (Steps{"A5", "A1 B3", "A1 B1", "B1 -A", "B1", "A8", "A1", "A1"}));
}

// The same by order of arrival: B came last and goes; A ends first.
TEST(Priority, FirstComeFirstServedPreemptsTheLastInstead) {
  const EngineConfig config = testing::small_engine(3);
  Trace trace;
  trace.requests = {{0, 5, 6, 0, 0, 1}, {kMillisecond / 2, 3, 4, 0, 0, 0}};
  EXPECT_EQ(testing::log_steps(config, trace).steps,
            (Steps{"A5", "A1 B3", "A1 B1", "A1 -B", "A1", "A1", "B5", "B1"}));
}

// One request at a time: A runs, then the queue goes by priority, not by arrival.
TEST(Priority, TheQueueIsOrderedByPriorityThenArrival) {
  EngineConfig config = testing::small_engine(8);
  config.max_num_seqs = 1;
  config.scheduling_policy = SchedulingPolicy::priority;
  Trace trace;
  trace.requests = {{0, 2, 1, 0, 0, 5},
                    {kMillisecond / 4, 2, 1, 0, 0, 2},
                    {kMillisecond / 3, 2, 1, 0, 0, 0},
                    {kMillisecond / 2, 2, 1, 0, 0, 2}};
  EXPECT_EQ(testing::log_steps(config, trace).steps, (Steps{"A2", "C2", "B2", "D2"}));
}

}  // namespace
}  // namespace moru
