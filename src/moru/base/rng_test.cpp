#include "moru/base/rng.h"

#include <gtest/gtest.h>

#include <cmath>

namespace moru {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;
};

template <class Draw>
Moments moments(Draw draw) {
  constexpr int kDraws = 200'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = draw();
    sum += x;
    squares += x * x;
  }
  const double mean = sum / kDraws;
  return {mean, squares / kDraws - mean * mean};
}

TEST(Rng, SameSeedAndStreamGiveTheSameNumbers) {
  Rng a(7, 3);
  Rng b(7, 3);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(a.next_u64(), b.next_u64());
  }
}

TEST(Rng, StreamsOfOneSeedDiffer) {
  Rng a(7, 0);
  Rng b(7, 1);
  int equal = 0;
  for (int i = 0; i < 1000; ++i) {
    equal += a.next_u32() == b.next_u32() ? 1 : 0;
  }
  EXPECT_LE(equal, 1);
}

// Means and variances of the distributions as any textbook gives them; five standard errors.
TEST(Rng, ExponentialHasMeanAndVarianceOfTheTextbook) {
  Rng rng(1);
  const Moments m = moments([&] { return rng.exponential(3); });
  EXPECT_NEAR(m.mean, 3, 5 * 3 / std::sqrt(200'000));
  EXPECT_NEAR(m.variance, 9, 0.35);
}

TEST(Rng, GammaHasMeanShapeTimesScale) {
  Rng rng(2);
  for (const double shape : {0.25, 1.0, 7.5}) {
    const Moments m = moments([&] { return rng.gamma(shape, 2); });
    EXPECT_NEAR(m.mean, shape * 2, 5 * 2 * std::sqrt(shape / 200'000));
    EXPECT_NEAR(m.variance, shape * 4, shape * 4 * 0.06);
  }
}

TEST(Rng, BelowIsUniform) {
  Rng rng(3);
  int counts[7] = {};
  for (int i = 0; i < 70'000; ++i) {
    ++counts[rng.below(7)];
  }
  for (const int count : counts) {
    EXPECT_NEAR(count, 10'000, 5 * std::sqrt(10'000.0));
  }
}

}  // namespace
}  // namespace moru
