#include "moru/trace/timestamp.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moru {
namespace {

// Seconds since 1970 from Python's datetime.
constexpr SimTime kNovember2023 = 1'700'158'546;
constexpr SimTime kMay2024 = 1'715'472'000;

TEST(Timestamp, Azure2023HasSevenDecimals) {
  EXPECT_EQ(parse_timestamp("2023-11-16 18:15:46.6805900"),
            kNovember2023 * kNanosecondsPerSecond + 680'590'000);
}

TEST(Timestamp, Azure2024HasAZone) {
  EXPECT_EQ(parse_timestamp("2024-05-12 00:00:00+00:00"), kMay2024 * kNanosecondsPerSecond);
  EXPECT_EQ(parse_timestamp("2024-05-12 00:00:00.012345+00:00"),
            kMay2024 * kNanosecondsPerSecond + 12'345'000);
}

TEST(Timestamp, ZoneIsTakenOff) {
  const std::optional<SimTime> utc = parse_timestamp("2024-05-12T00:00:00Z");
  ASSERT_TRUE(utc);
  EXPECT_EQ(parse_timestamp("2024-05-12 09:00:00+09:00"), utc);
  EXPECT_EQ(parse_timestamp("2024-05-11 16:30:00-0730"), utc);
}

TEST(Timestamp, LeapDaysAreThoseOfTheGregorianCalendar) {
  EXPECT_EQ(parse_timestamp("2000-02-29 23:59:59"), 951'868'799 * kNanosecondsPerSecond);
  EXPECT_FALSE(parse_timestamp("2100-02-29 00:00:00"));
  EXPECT_FALSE(parse_timestamp("2023-02-29 00:00:00"));
}

TEST(Timestamp, WhatIsNoTimeIsRefused) {
  for (const char* text :
       {"", "2023-11-16", "16/11/2023 18:15:46", "2023-13-01 00:00:00", "2023-00-01 00:00:00",
        "2023-11-31 00:00:00", "2023-11-16 24:00:00", "2023-11-16 18:60:00", "2023-11-16 18:15:4",
        "2023-11-16 18:15:46.5 UTC", "2023-11-16 18:15:46+9", "1969-12-31 23:59:59",
        "2262-01-01 00:00:00", "nan"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

RC_GTEST_PROP(Timestamp, WhatIsWrittenReadsBackToTheTickOf100Ns, ()) {
  constexpr SimTime kLast = 9'214'646'399 * kNanosecondsPerSecond;  // end of 2261
  const SimTime time = *rc::gen::inRange<SimTime>(0, kLast) / 100 * 100;
  std::string text;
  append_timestamp(text, time);
  RC_ASSERT(parse_timestamp(text) == time);
}

TEST(Seconds, DecimalsAreExactToTheNanosecond) {
  EXPECT_EQ(parse_seconds("0.046926808"), 46'926'808);
  EXPECT_EQ(parse_seconds("19440110.0"), 19'440'110 * kNanosecondsPerSecond);
  EXPECT_EQ(parse_seconds("12"), 12 * kNanosecondsPerSecond);
  EXPECT_EQ(parse_seconds("1.5e3"), 1500 * kNanosecondsPerSecond);
}

TEST(Seconds, WhatIsNoTimeIsRefused) {
  for (const char* text :
       {"", "-1", "-0.5", "nan", "inf", "1e300", "9999999999", "1.5s", "1.2.3"}) {
    EXPECT_FALSE(parse_seconds(text)) << text;
  }
}

RC_GTEST_PROP(Seconds, WhatIsWrittenReadsBackExactly, ()) {
  const SimTime time = *rc::gen::inRange<SimTime>(0, 9'000'000'000 * kNanosecondsPerSecond);
  std::string text;
  append_seconds(text, time);
  RC_ASSERT(parse_seconds(text) == time);
}

}  // namespace
}  // namespace moru
