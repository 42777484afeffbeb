#include "moru/validation/ops_intervals.h"

#include <gtest/gtest.h>

#include <cmath>

namespace moru {
namespace {

// 200 rows, too fast and too slow in turn, their errors evenly up to `most`.
void spread(IntervalFit& fit, std::string_view op, double most) {
  for (int i = 1; i <= 200; ++i) {
    fit.take(Uncertainty::gemm, op, (i % 2 == 0 ? 1 : -1) * most * i / 200);
  }
}

TEST(IntervalFit, OneOperatorIsCoveredToNineTenths) {
  IntervalFit fit;
  spread(fit, "gemm", 0.5);
  const auto widths = fit.widths();
  ASSERT_EQ(widths.size(), 1U);
  EXPECT_NEAR(std::log(widths[0].derived), 0.45, 1e-6);
  EXPECT_NEAR(widths[0].least_covered, 0.9, 1e-9);
}

// Errors up to 0.4 and up to 0.5: a width w covers w/0.4 and w/0.5 of them; 2.5 w + 2 w = 1.8 gives
// 0.4, so 100% and 80%. Many more rows of one change nothing.
TEST(IntervalFit, OperatorsOfAClassAreEquallyFarFromNineTenths) {
  IntervalFit fit;
  spread(fit, "gemm", 0.4);
  for (int i = 0; i < 5; ++i) {
    spread(fit, "module", 0.5);
  }
  const auto widths = fit.widths();
  EXPECT_NEAR(std::log(widths[0].derived), 0.4, 1e-6);
  EXPECT_NEAR(widths[0].least_covered, 0.8, 1e-9);
  EXPECT_NEAR(widths[0].most_covered, 1, 1e-9);
}

// 30 of 230 rows are far off, more than a tenth: no vote. 10 of 210 are not, and 9/10 of 210 rows
// are 189 of the 200 near ones, up to 189/200 x 0.5.
TEST(IntervalFit, AnOperatorThatTookAnotherWayDoesNotVote) {
  IntervalFit fit;
  spread(fit, "alltoall", 0.4);
  spread(fit, "p2p", 0.5);
  for (int i = 0; i < 30; ++i) {
    fit.take(Uncertainty::gemm, "p2p", -std::log(12));
  }
  EXPECT_EQ(fit.widths()[0].elsewhere, 30);
  EXPECT_EQ(fit.widths()[0].rows, 430);
  EXPECT_NEAR(std::log(fit.widths()[0].derived), 0.36, 1e-6);

  IntervalFit few;
  spread(few, "p2p", 0.5);
  for (int i = 0; i < 10; ++i) {
    few.take(Uncertainty::gemm, "p2p", std::log(12));
  }
  EXPECT_NEAR(std::log(few.widths()[0].derived), 0.4725, 1e-6);
}

TEST(IntervalFit, AnOperatorOfAFewRowsDoesNotVote) {
  IntervalFit fit;
  for (int i = 0; i < 10; ++i) {
    spread(fit, "gemm", 0.5);
  }
  fit.take(Uncertainty::gemm, "layer", 2);
  EXPECT_NEAR(std::log(fit.widths()[0].derived), 0.45, 1e-6);
}

}  // namespace
}  // namespace moru
