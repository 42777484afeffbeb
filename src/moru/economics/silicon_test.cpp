#include "moru/economics/silicon.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace moru {
namespace {

// Worked out by hand from the formulas of ttm-cas and chiplet-actuary; D0 per cm2, alpha 3.
struct Vector {
  double area;
  double defects;
  double classic;
  double actuary;
  double negative_binomial;
  double poisson;
};

class Wafer : public ::testing::TestWithParam<Vector> {};

TEST_P(Wafer, GivesThePublishedDiesAndYield) {
  const Vector& one = GetParam();
  EXPECT_NEAR(dies_per_wafer_classic(one.area), one.classic, 0.05);
  EXPECT_NEAR(dies_per_wafer(one.area), one.actuary, 0.05);
  EXPECT_NEAR(defect_free(YieldModel::negative_binomial, one.area, one.defects),
              one.negative_binomial, 5e-5);
  EXPECT_NEAR(defect_free(YieldModel::poisson, one.area, one.defects), one.poisson, 5e-5);
}

INSTANTIATE_TEST_SUITE_P(Vectors, Wafer,
                         ::testing::Values(Vector{121, 0.1, 523.6, 469.0, 0.8881, 0.8860},
                                           Vector{320, 0.1, 183.6, 166.3, 0.7378, 0.7261},
                                           Vector{653, 0.1, 82.2, 74.6, 0.5539, 0.5205},
                                           Vector{814, 0.1, 63.5, 57.6, 0.4867, 0.4431}));

TEST(Yield, MurphyAndSeedsGiveThePublishedVectors) {
  EXPECT_NEAR(defect_free(YieldModel::murphy, 121, 0.1), 0.8871, 5e-5);
  EXPECT_NEAR(defect_free(YieldModel::seeds, 121, 0.1), 0.8921, 5e-5);
  EXPECT_NEAR(defect_free(YieldModel::murphy, 814, 0.1), 0.4681, 5e-5);
  EXPECT_NEAR(defect_free(YieldModel::seeds, 814, 0.1), 0.5513, 5e-5);
  EXPECT_NEAR(defect_free(YieldModel::negative_binomial, 814, 0.2), 0.2724, 5e-5);
}

TEST(Yield, AtLeastTwoOfThreeIsWorkedOutByHand) {
  // 3 p^2 (1-p) + p^3 at p = 0.9.
  EXPECT_NEAR(at_least(2, 3, 0.9), 0.972, 1e-12);
  EXPECT_DOUBLE_EQ(at_least(0, 3, 0.1), 1);
  EXPECT_DOUBLE_EQ(at_least(4, 3, 0.9), 0);
}

TEST(Yield, TwelveSpareMultiprocessorsOfH100LoseAlmostNoneOfItsRepairableArea) {
  // 144 units of 3.1 mm2 each: a unit works with 0.9969, and 12 of 144 failing is out of reach.
  const Harvest spares{144, 132, 0.55};
  const double fixed = std::pow(1 + 814 * 0.45 / 100 * 0.1 / 3, -3);
  EXPECT_NEAR(harvested_yield(YieldModel::negative_binomial, 814, 0.1, 3, spares), fixed, 1e-6);
}

RC_GTEST_PROP(Yield, SparesNeverLowerIt, ()) {
  const int needed = *rc::gen::inRange(1, 64);
  const int spares = *rc::gen::inRange(0, 8);
  const double area = *rc::gen::inRange(50, 858);
  const double density = *rc::gen::inRange(1, 50) / 100.0;
  const auto with = [&](int units) {
    // The die grows with its spares, all else equal: units of one size.
    const double unit = area * 0.5 / needed;
    const double total = area * 0.5 + unit * units;
    return harvested_yield(YieldModel::poisson, total, density, 3,
                           {units, needed, unit * units / total});
  };
  RC_ASSERT(with(needed + spares) >= with(needed) - 1e-12);
}

RC_GTEST_PROP(Yield, ModelsKeepTheirOrder, ()) {
  const double area = *rc::gen::inRange(10, 858);
  const double density = *rc::gen::inRange(1, 100) / 100.0;
  const double poisson = defect_free(YieldModel::poisson, area, density);
  const double binomial = defect_free(YieldModel::negative_binomial, area, density);
  const double seeds = defect_free(YieldModel::seeds, area, density);
  RC_ASSERT(poisson <= binomial + 1e-12);
  RC_ASSERT(binomial <= seeds + 1e-12);
}

TEST(Wafer, ALargerDieThanTheWaferGivesNone) { EXPECT_EQ(dies_per_wafer(90000), 0); }

}  // namespace
}  // namespace moru
