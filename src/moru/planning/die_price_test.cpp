#include "moru/planning/die_price.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

struct Vector {
  double mm2;
  double dies;
  double yield;  // D0 0.1
};

// Worked by hand from the formulas that ttm-cas and chiplet-actuary use.
constexpr Vector kVectors[] = {
    {121, 523.6, 0.8881}, {320, 183.6, 0.7378}, {653, 82.2, 0.5539}, {814, 63.5, 0.4867}};

TEST(DiePrice, DiesPerWaferAndYieldMatchTheVectors) {
  for (const Vector& known : kVectors) {
    EXPECT_NEAR(classic_dies_per_wafer({known.mm2 * 1e-6}), known.dies, 0.06) << known.mm2;
    EXPECT_NEAR(clustered_yield({known.mm2 * 1e-6}, 0.1), known.yield, 1e-4) << known.mm2;
  }
  EXPECT_NEAR(clustered_yield({814e-6}, 0.2), 0.2724, 1e-4);
}

TEST(DiePrice, AnN4DieOf814Mm2CostsAbout580Dollars) {
  DieProcess process = *die_process("4N");
  process.wafer.mid = 18000;
  EXPECT_NEAR(good_die_price({814e-6}, process).mid, 583, 1);  // 18000 / (63.5 x 0.4867)
}

TEST(DiePrice, GrowingRngdTo692Mm2AddsAbout39Dollars) {
  const DieProcess process = *die_process("N5");
  EXPECT_NEAR(good_die_price({692e-6}, process).mid - good_die_price({653e-6}, process).mid, 39, 1);
}

TEST(DiePrice, KnowsNodesAsChipFilesNameThem) {
  EXPECT_EQ(die_process("4NP")->family, "N5");
  EXPECT_EQ(die_process("N3P")->family, "N3");
  EXPECT_EQ(die_process("SF4X")->family, "SF4");
  EXPECT_EQ(die_process("14nm FinFET")->family, "N16");
  EXPECT_FALSE(die_process("28nm"));
  EXPECT_FALSE(die_process(""));
}

TEST(DiePrice, LowMidAndHighAreInOrder) {
  for (const char* node : {"N3", "N5", "N7", "N16", "SF4"}) {
    const DiePriceRange price = good_die_price({600e-6}, *die_process(node));
    EXPECT_LE(price.low, price.mid) << node;
    EXPECT_LE(price.mid, price.high) << node;
  }
}

}  // namespace
}  // namespace moru
