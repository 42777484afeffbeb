#include "moru/trace/arrivals.h"

#include "moru/base/error.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace moru {
namespace {

Trace lengths_only(std::size_t requests) {
  Trace trace;
  trace.name = "lengths";
  trace.has_arrivals = false;
  trace.requests.resize(requests, {0, 10, 10});
  return trace;
}

struct Intervals {
  double mean = 0;
  double variation = 0;  // standard deviation / mean
};

Intervals intervals_of(const Trace& trace) {
  double sum = 0;
  double squares = 0;
  const double n = static_cast<double>(trace.requests.size() - 1);
  for (std::size_t i = 1; i < trace.requests.size(); ++i) {
    const double gap = to_seconds(trace.requests[i].arrival - trace.requests[i - 1].arrival);
    sum += gap;
    squares += gap * gap;
  }
  const double mean = sum / n;
  return {mean, std::sqrt(squares / n - mean * mean) / mean};
}

constexpr std::size_t kDraws = 40'000;

// vLLM: intervals are gamma with shape `burstiness` and mean 1 / rate; five standard errors.
TEST(Arrivals, CoefficientOfVariationIsOneOverTheRootOfBurstiness) {
  for (const double burstiness : {0.25, 1.0, 4.0}) {
    Trace trace = lengths_only(kDraws);
    schedule_arrivals(trace, {.request_rate = 8, .burstiness = burstiness, .seed = 5});
    const Intervals intervals = intervals_of(trace);
    const double variation = 1 / std::sqrt(burstiness);
    EXPECT_NEAR(intervals.mean, 1 / 8.0, 5 * variation / 8 / std::sqrt(kDraws)) << burstiness;
    EXPECT_NEAR(intervals.variation, variation, 0.05 * variation) << burstiness;
    EXPECT_TRUE(trace.has_arrivals);
  }
}

TEST(Arrivals, InfiniteBurstinessIsAConstantInterval) {
  Trace trace = lengths_only(5);
  schedule_arrivals(trace, {.request_rate = 4, .burstiness = HUGE_VAL});
  for (std::size_t i = 0; i < trace.requests.size(); ++i) {
    EXPECT_EQ(trace.requests[i].arrival, static_cast<SimTime>(i) * 250'000'000);
  }
}

TEST(Arrivals, InfiniteRateIsAllAtOnce) {
  Trace trace = lengths_only(5);
  schedule_arrivals(trace, {.request_rate = HUGE_VAL});
  EXPECT_EQ(trace.requests.back().arrival, 0);
  EXPECT_TRUE(trace.has_arrivals);
}

TEST(Arrivals, SeedDecides) {
  Trace a = lengths_only(100);
  Trace b = a;
  Trace c = a;
  schedule_arrivals(a, {.request_rate = 1, .seed = 1});
  schedule_arrivals(b, {.request_rate = 1, .seed = 1});
  schedule_arrivals(c, {.request_rate = 1, .seed = 2});
  EXPECT_EQ(a.requests.back().arrival, b.requests.back().arrival);
  EXPECT_NE(a.requests.back().arrival, c.requests.back().arrival);
}

TEST(Arrivals, LengthsOnlyAskForARate) {
  Trace trace = lengths_only(2);
  try {
    schedule_arrivals(trace, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "error: lengths states lengths but no arrivals; give --request-rate (requests per "
                 "second, or inf for all at once)");
  }
}

TEST(Arrivals, SenselessNumbersAreRefused) {
  EXPECT_THROW(check_arrivals({.request_rate = 0}), Error);
  EXPECT_THROW(check_arrivals({.request_rate = std::nan("")}), Error);
  EXPECT_THROW(check_arrivals({.burstiness = -1}), Error);
  EXPECT_THROW(check_arrivals({.num_prompts = -1}), Error);
  EXPECT_THROW(check_arrivals({.duration_s = -1}), Error);
}

RC_GTEST_PROP(Arrivals, StretchingKeepsThePatternAndHitsTheRate, ()) {
  const auto gaps = *rc::gen::nonEmpty(rc::gen::container<std::vector<SimTime>>(
      rc::gen::inRange<SimTime>(1, kNanosecondsPerSecond)));
  const double rate = *rc::gen::inRange(1, 1000) / 10.0;
  Trace trace;
  trace.requests.push_back({0, 1, 1});
  for (const SimTime gap : gaps) {
    trace.requests.push_back({trace.requests.back().arrival + gap, 1, 1});
  }
  const Trace before = trace;
  schedule_arrivals(trace, {.request_rate = rate});
  const double factor =
      to_seconds(trace.requests.back().arrival) / to_seconds(before.requests.back().arrival);
  RC_ASSERT(
      std::abs(static_cast<double>(gaps.size()) / to_seconds(trace.requests.back().arrival) / rate -
               1) < 1e-6);
  for (std::size_t i = 0; i < trace.requests.size(); ++i) {
    const double expected = static_cast<double>(before.requests[i].arrival) * factor;
    RC_ASSERT(std::abs(static_cast<double>(trace.requests[i].arrival) - expected) <= 2);
  }
}

TEST(Arrivals, CutToNumberAndDuration) {
  Trace trace = lengths_only(100);
  schedule_arrivals(trace, {.request_rate = 10, .burstiness = HUGE_VAL, .num_prompts = 50});
  EXPECT_EQ(trace.requests.size(), 50);
  schedule_arrivals(trace, {.duration_s = 2});
  EXPECT_EQ(trace.requests.size(), 20);
}

TEST(ArrivalClock, HoursGetTheirShareOfTheDay) {
  HourlyWeights weights{};
  for (std::size_t hour = 0; hour < weights.size(); ++hour) {
    weights[hour] = static_cast<double>(hour);  // midnight has none
  }
  ArrivalClock clock(0.5, 1, 9, weights);
  std::array<double, 24> counts{};
  double total = 0;
  clock.next();
  for (double time = clock.next(); time < 86400; time = clock.next()) {
    ++counts[static_cast<std::size_t>(time / 3600)];
    ++total;
  }
  const double expected = 0.5 * 86400;
  EXPECT_NEAR(total, expected, 5 * std::sqrt(expected));
  EXPECT_EQ(counts[0], 0);
  for (std::size_t hour = 1; hour < counts.size(); ++hour) {
    const double share = expected * static_cast<double>(hour) / 276;
    EXPECT_NEAR(counts[hour], share, 5 * std::sqrt(share)) << hour;
  }
}

TEST(ArrivalClock, SecondDayIsLikeTheFirst) {
  HourlyWeights weights{};
  weights[5] = 1;
  // 1.6 requests a day, all between five and six.
  ArrivalClock clock(1.6 / 86400, HUGE_VAL, 0, weights);
  EXPECT_EQ(clock.next(), 0);
  EXPECT_NEAR(clock.next(), (5 + 1 / 1.6) * 3600, 1e-6);
  EXPECT_NEAR(clock.next(), 86400 + (5 + 0.4 / 1.6) * 3600, 1e-6);
}

}  // namespace
}  // namespace moru
