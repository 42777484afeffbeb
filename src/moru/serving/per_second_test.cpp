#include "moru/serving/per_second.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

constexpr SimTime kSecond = kNanosecondsPerSecond;

TEST(PerSecond, ThePeakIsOfOneSecond) {
  PerSecond tokens;
  tokens.add(0, 3);
  tokens.add(kSecond - 1, 4);
  tokens.add(kSecond, 5);
  EXPECT_EQ(tokens.peak(), 7);
}

TEST(PerSecond, RunningSumsCarryOverIdleYears) {
  constexpr SimTime kYears = kSecond * 86400 * 365 * 140;
  PerSecond change;
  change.add(0, 2);
  change.add(kSecond, -1);
  change.add(kYears, 2);
  change.add(kYears + 5 * kSecond, -3);
  EXPECT_EQ(change.peak_sum(), 3);
}

TEST(PerSecond, NothingCountedHasNoPeak) {
  EXPECT_EQ(PerSecond().peak(), 0);
  EXPECT_EQ(PerSecond().peak_sum(), 0);
}

}  // namespace
}  // namespace moru
