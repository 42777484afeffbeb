#include "moru/trace/slice.h"

#include "moru/base/error.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

Trace ten_seconds() {
  Trace trace;
  trace.name = "ten";
  for (std::int32_t i = 0; i < 10; ++i) {
    trace.requests.push_back({i * kNanosecondsPerSecond, 10 + i, 1, i, 1});
    trace.segments.push_back({100 + i, 10 + i});
  }
  return trace;
}

TEST(Slice, KeepsAWindowAndCountsFromItsFirstArrival) {
  const Trace part = slice(ten_seconds(), {.from_s = 3, .to_s = 6});
  ASSERT_EQ(part.requests.size(), 3);
  EXPECT_EQ(part.requests[0].arrival, 0);
  EXPECT_EQ(part.requests[2].arrival, 2 * kNanosecondsPerSecond);
  ASSERT_EQ(part.segments.size(), 3);
  EXPECT_EQ(part.segments[static_cast<std::size_t>(part.requests[1].first_segment)].stream, 104);
}

TEST(Slice, EveryNthDividesTheRate) {
  const Trace part = slice(ten_seconds(), {.every = 4});
  ASSERT_EQ(part.requests.size(), 3);
  EXPECT_EQ(part.requests[1].prompt_tokens, 14);
}

TEST(Slice, NumPromptsCountsWhatIsKept) {
  const Trace part = slice(ten_seconds(), {.every = 2, .num_prompts = 3});
  ASSERT_EQ(part.requests.size(), 3);
  EXPECT_EQ(part.requests[2].prompt_tokens, 14);
}

TEST(Slice, NothingLeftSaysWhereTheTraceEnds) {
  try {
    slice(ten_seconds(), {.from_s = 20});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "error: ten has no requests from 20 s to inf s; it ends at 9.0 s");
  }
}

TEST(Slice, LengthsWithoutArrivalsCannotBeCutByTime) {
  Trace trace = ten_seconds();
  trace.has_arrivals = false;
  EXPECT_THROW(slice(trace, {.from_s = 1}), Error);
  EXPECT_EQ(slice(trace, {.num_prompts = 2}).requests.size(), 2);
  EXPECT_THROW(slice(trace, {.every = 0}), Error);
}

}  // namespace
}  // namespace moru
