// Areas and TDPs predicted from parts, against published ones; energy against hand computations.
#include "moru/base/facts.h"
#include "moru/power/area.h"
#include "moru/power/energy.h"
#include "moru/power/node.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

const FactBook& facts() {
  static const FactBook book = load_facts();
  return book;
}

Estimates area_of(const Chip& chip) {
  return estimate(facts(), [&](Ledger& ledger) { enter_area(ledger, chip); });
}

struct KnownDie {
  const char* chip;
  double area;  // mm2, published or measured on a photograph
  double dies;  // of the package
};

class DieArea : public ::testing::TestWithParam<KnownDie> {};

TEST_P(DieArea, FollowsFromPartsWithin15Percent) {
  const KnownDie& known = GetParam();
  const Estimates estimates = area_of(load_chip(known.chip));
  const Estimate& total = estimates.at("area_total");
  EXPECT_NEAR(total.mid / known.dies / known.area, 1, 0.15);
  EXPECT_LT(total.low / known.dies, known.area);
  EXPECT_GT(total.high / known.dies, known.area);
}

INSTANTIATE_TEST_SUITE_P(
    Known, DieArea,
    ::testing::Values(KnownDie{"a100_sxm", 826, 1}, KnownDie{"h100_sxm", 814, 1},
                      KnownDie{"mi210", 724, 1}, KnownDie{"furiosa_rngd", 653, 1},
                      KnownDie{"rebel_quad", 320, 4}, KnownDie{"groq_lpu1", 725, 1},
                      KnownDie{"mtia_v2", 421, 1}, KnownDie{"rtx4090", 608.5, 1}),
    [](const auto& known) { return std::string(known.param.chip); });

TEST(Area, GrowsByTheScratchpadThatIsAdded) {
  // 100 MB more at N5: 8e8 bits x 0.021 um2 / 0.275 = 61.1 mm2, and its share of the uncounted.
  const std::string chip =
      "name: a\nkind: npu\nclock: {boost: 1 GHz}\npeak: {bf16: 100 TFLOPS}\n"
      "dies: [{count: 1, node: N5}]\ncaches: [{name: sram, capacity: ";
  const double small = area_of(parse_chip(chip + "100 MB}]\n", "a")).at("area_total").mid;
  const double large = area_of(parse_chip(chip + "200 MB}]\n", "a")).at("area_total").mid;
  EXPECT_NEAR(large - small, 61.09 / (1 - 0.24), 0.1);
}

TEST(Node, ClassIsReadFromVendorsNames) {
  EXPECT_EQ(node_class("4N"), "n4");
  EXPECT_EQ(node_class("4NP"), "n4");
  EXPECT_EQ(node_class("N3P"), "n3");
  EXPECT_EQ(node_class("SF4X"), "sf4");
  EXPECT_EQ(node_class("8N"), "sf8");
  EXPECT_EQ(node_class("14nm"), "n16");
  EXPECT_EQ(node_class("12FFN"), "n12");
  set_quiet(true);
  EXPECT_EQ(node_class("Intel"), "n5") << "said on stderr";
  set_quiet(false);
}

TEST(Node, DerivativesUseTheirParentsFacts) {
  EXPECT_EQ(node_fact(facts(), "wafer_price", "4NP"), "wafer_price.n5");
  EXPECT_EQ(node_fact(facts(), "wafer_price", "SF5"), "wafer_price.sf4");
  EXPECT_EQ(node_fact(facts(), "defect_density", "N6"), "defect_density.n7");
}

struct KnownPower {
  const char* chip;
  double tdp;
};

class Tdp : public ::testing::TestWithParam<KnownPower> {};

TEST_P(Tdp, LiesInTheEstimatedInterval) {
  const Chip chip = load_chip(GetParam().chip);
  const Estimates estimates = estimate(facts(), [&](Ledger& ledger) { enter_tdp(ledger, chip); });
  const Estimate& tdp = estimates.at("tdp_estimate");
  EXPECT_LT(tdp.low, GetParam().tdp);
  EXPECT_GT(tdp.high, GetParam().tdp);
}

INSTANTIATE_TEST_SUITE_P(Known, Tdp,
                         ::testing::Values(KnownPower{"a100_sxm", 400}, KnownPower{"h100_sxm", 700},
                                           KnownPower{"furiosa_rngd", 180},
                                           KnownPower{"mtia_v2", 90}, KnownPower{"rebel_quad", 600},
                                           KnownPower{"groq_lpu1", 300}),
                         [](const auto& known) { return std::string(known.param.chip); });

TEST(Energy, OfAnIdleSecondIsTheIdlePower) {
  ChipEnergy energy;
  energy.static_watts = 100;
  energy.idle_watts = 40;
  energy.limit_watts = 300;
  energy.per_flop = 1e-12;
  EXPECT_DOUBLE_EQ(energy.joules({}, 2), 80);
  // One busy second at 1e14 FLOP: 100 W + 100 W; the other second idles.
  EXPECT_DOUBLE_EQ(energy.joules({1, 1e14, 0, 0}, 2), 240);
  EXPECT_DOUBLE_EQ(energy.busy_watts({1, 1e15, 0, 0}), 300) << "the limit holds";
  EXPECT_DOUBLE_EQ(energy.busy_watts({}), 0);
}

}  // namespace
}  // namespace moru
