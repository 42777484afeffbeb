#include "moru/base/samples.h"

#include "moru/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace moru {
namespace {

TEST(Samples, QuantilesOfOneToFiveAreNumpys) {
  Samples samples;
  for (const double value : {5.0, 1.0, 4.0, 2.0, 3.0}) {
    samples.add(value);
  }
  // numpy.percentile([1, 2, 3, 4, 5], [25, 50, 99]) = [2, 3, 4.96]; numpy.std = sqrt(2).
  EXPECT_DOUBLE_EQ(samples.quantile(0.25), 2);
  EXPECT_DOUBLE_EQ(samples.median(), 3);
  EXPECT_DOUBLE_EQ(samples.quantile(0.99), 4.96);
  EXPECT_DOUBLE_EQ(samples.mean(), 3);
  EXPECT_DOUBLE_EQ(samples.standard_deviation(), std::sqrt(2.0));
}

TEST(Samples, AWeightCountsAsThatManyValues) {
  Samples weighted;
  weighted.add(1, 3);
  weighted.add(10);
  // numpy.percentile([1, 1, 1, 10], [50, 90]) = [1, 7.3].
  EXPECT_EQ(weighted.count(), 4);
  EXPECT_DOUBLE_EQ(weighted.median(), 1);
  EXPECT_NEAR(weighted.quantile(0.9), 7.3, 1e-12);
  EXPECT_DOUBLE_EQ(weighted.mean(), 3.25);
}

TEST(Samples, AnEmptySampleHasZeros) {
  const Samples samples;
  EXPECT_EQ(samples.count(), 0);
  EXPECT_EQ(samples.quantile(0.99), 0);
  EXPECT_EQ(samples.standard_deviation(), 0);
}

TEST(Samples, BeyondAMillionQuantilesStayWithinAFifthOfAPercent) {
  Samples samples;
  std::vector<double> all;
  Rng rng(11);
  for (int i = 0; i < 1'200'000; ++i) {
    const double value = rng.exponential(0.03);
    samples.add(value);
    all.push_back(value);
  }
  ASSERT_TRUE(samples.is_bucketed());
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const auto rank = static_cast<std::ptrdiff_t>(q * static_cast<double>(all.size() - 1));
    std::nth_element(all.begin(), all.begin() + rank, all.end());
    EXPECT_NEAR(samples.quantile(q) / all[static_cast<std::size_t>(rank)], 1, 0.0021) << q;
  }
}

TEST(Samples, MergingEqualsAddingEverythingToOne) {
  Samples first;
  Samples second;
  Samples both;
  Rng rng(5);
  for (int i = 0; i < 10'000; ++i) {
    const double value = rng.exponential(1);
    (i % 3 == 0 ? first : second).add(value);
    both.add(value);
  }
  first.merge(second);
  EXPECT_EQ(first.count(), both.count());
  EXPECT_NEAR(first.mean(), both.mean(), 1e-12);
  EXPECT_NEAR(first.standard_deviation(), both.standard_deviation(), 1e-9);
  EXPECT_DOUBLE_EQ(first.quantile(0.95), both.quantile(0.95));
}

}  // namespace
}  // namespace moru
