// Bills of materials, prices and costs of ownership against those of published studies.
#include "moru/economics/service_cost.h"

#include <gtest/gtest.h>

#include <cmath>

namespace moru {
namespace {

const FactBook& facts() {
  static const FactBook book = load_facts();
  return book;
}

Estimates cost_of(const Chip& chip, const FactBook& book = facts()) {
  return estimate(book,
                  [&](Ledger& ledger) { enter_chip_hour(ledger, enter_chip_cost(ledger, chip)); });
}

struct KnownBill {
  const char* chip;
  double total;
  const char* source;
};

class Bill : public ::testing::TestWithParam<KnownBill> {};

TEST_P(Bill, OfMaterialsIsWithin20PercentOfThePublishedOne) {
  const Estimates estimates = cost_of(load_chip(GetParam().chip));
  const Estimate& bill = estimates.at("bill_of_materials");
  EXPECT_NEAR(bill.mid / GetParam().total, 1, 0.2) << GetParam().source;
  EXPECT_LT(bill.low, GetParam().total);
  EXPECT_GT(bill.high, GetParam().total);
}

INSTANTIATE_TEST_SUITE_P(Published, Bill,
                         ::testing::Values(KnownBill{"h100_sxm", 3320,
                                                     "siliconanalysts.com 2026-02"},
                                           KnownBill{"b200_sxm", 6400, "Epoch AI, 5,700 to 7,300"}),
                         [](const auto& known) { return std::string(known.param.chip); });

// Twenty bonds at the yield that H100 and B200 imply cost more than the published bill allows.
TEST(Bill, OfMi300xIsWithinHalfOfThePublishedOne) {
  const Estimates estimates = cost_of(load_chip("mi300x"));
  EXPECT_NEAR(estimates.at("bill_of_materials").mid / 5300, 1, 0.45)
      << "siliconanalysts.com 2026-02";
}

TEST(Bill, LogicOfB200CostsWhatEpochSays) {
  const Estimates estimates = cost_of(load_chip("b200_sxm"));
  const double logic = estimates.at("logic_cost").mid;
  EXPECT_GT(logic, 720);
  EXPECT_LT(logic, 1200);
}

TEST(Ownership, OfB200IsNearEpochsCostPerMegawattYear) {
  // Epoch AI 2026-05: 8.5 M USD per MW of IT and year without interest on capital; at 8% and five
  // years an annuity is 1.25 times the straight line.
  const Chip chip = load_chip("b200_sxm");
  Fact none{0, {}, {}, "1/year", "no interest", "test", "D"};
  Fact price{35000, {}, {}, "USD", "30 to 40 k$", "Epoch", "T"};
  FactBook book = facts();
  book.add("capital_rate", none);
  Chip priced = chip;
  priced.price = Sourced<Dollars>(Dollars{price.value});
  const Estimates estimates = cost_of(priced, book);
  const double watts = 1000 * book.at("it_power_over_tdp").value;
  const double electricity = 8760 * 1e3 * 1.2 * 0.1;  // USD per MW-year at PUE 1.2, 0.1 USD/kWh
  const double per_megawatt = estimates.at("chip_hour").mid * 8760 / watts * 1e6 + electricity;
  EXPECT_NEAR(per_megawatt / 8.5e6, 1, 0.35);
}

TEST(Annuity, IsTheTextbookFormula) {
  EXPECT_NEAR(annuity(0.08, 5), 0.08 / (1 - std::pow(1.08, -5)), 1e-12);
  EXPECT_DOUBLE_EQ(annuity(0, 4), 0.25);
}

TEST(DieCost, OfADieIsPricePerGoodDieWorkedOutByHand) {
  // 814 mm2 at N5 without spares: 57.6 dies, NB3 0.4867; 17,000 / (57.6 x 0.4867) = 606 USD, and
  // 20 USD of test for each good die's 2.05 tries.
  const Chip chip = parse_chip(
      "name: a\npeak: {bf16: 1 TFLOPS}\ndies: [{count: 1, area: 814 mm2, node: N5}]\n", "a");
  const Estimates estimates = cost_of(chip);
  EXPECT_NEAR(estimates.at("die_per_wafer").mid, 57.6, 0.05);
  EXPECT_NEAR(estimates.at("die_yield").mid, 0.4867, 5e-5);
  EXPECT_NEAR(estimates.at("die_cost").mid, 17000 / (57.6 * 0.4867) + 20 / 0.4867, 1);
}

TEST(DieCost, GrowsBy39DollarsFromRngdsAreaToTheLineOf692SquareMillimetres) {
  // Worked out by hand in the notes on export classes: 39 mm2 more cost about 39 USD per good die
  // at 17 k$ and D0 0.1.
  const auto with_area = [](double area) {
    return cost_of(parse_chip("name: a\npeak: {bf16: 1 TFLOPS}\ndies: [{count: 1, area: " +
                                  std::to_string(area) + " mm2, node: N5}]\n",
                              "a"))
        .at("die_cost")
        .mid;
  };
  EXPECT_NEAR(with_area(692) - with_area(653), 39, 8);
}

TEST(Chip, ThatExistsOnlyAsYamlGetsAreaPowerAndPrice) {
  const Chip chip = parse_chip(
      "name: new\nkind: npu\nclock: {boost: 1.5 GHz}\npeak: {bf16: 300 TFLOPS, fp8: 600 TFLOPS}\n"
      "caches: [{name: sram, capacity: 192 MB}]\n"
      "memory: [{name: hbm, kind: HBM3E, stacks: 2, capacity: 72 GB, bandwidth: 2.4 TB/s}]\n",
      "new");
  const Estimates estimates = cost_of(chip);
  for (const char* id :
       {"die_area", "tdp", "bill_of_materials", "chip_price", "chip_hour", "embodied_carbon"}) {
    const Estimate& figure = estimates.at(id);
    EXPECT_LT(figure.low, figure.mid) << id;
    EXPECT_LT(figure.mid, figure.high) << id;
    EXPECT_EQ(figure.drivers.size(), 3U) << id;
  }
}

ServiceWork hour_of_one_chip() {
  ServiceWork work;
  work.seconds = 3600;
  work.chips = 1;
  work.activity = {1800, 1e17, 1e15, 0};
  work.input_tokens = 3e6;
  work.output_tokens = 1e6;
  work.prompt_share = 0.25;
  return work;
}

TEST(Service, InputAndOutputTokensTogetherPayForEverything) {
  const ServiceWork work = hour_of_one_chip();
  const Estimates estimates = estimate(
      facts(), [&](Ledger& ledger) { enter_service(ledger, load_chip("h100_sxm"), work); });
  const auto mid = [&](const char* id) { return estimates.at(id).mid; };
  EXPECT_NEAR(mid("usd_per_million_input_tokens") * 3 + mid("usd_per_million_output_tokens"),
              mid("usd_per_million_tokens") * 4, 1e-9);
  EXPECT_NEAR(mid("held_cost"), mid("chip_hour"), 1e-9);
  EXPECT_NEAR(mid("kg_co2e_operating") + mid("kg_co2e_embodied"), mid("kg_co2e_per_million_tokens"),
              1e-12);
}

TEST(Service, EnergyIsWorkedOutByHand) {
  FactBook book = facts();
  const auto set = [&](const char* name, double value) {
    Fact fact = book.at(name);
    fact.value = value;
    fact.low = fact.high = std::nullopt;
    book.add(name, fact);
  };
  set("energy.mac_16bit", 1);
  set("energy.system_gpu", 1);
  set("energy.wire", 0);
  set("energy.sram", 0);
  set("memory_energy.hbm2e", 5);
  set("static_share", 0.25);
  set("idle_share", 0.1);
  set("host_power_per_chip", 100);
  const ServiceWork work = hour_of_one_chip();
  const Estimates estimates =
      estimate(book, [&](Ledger& ledger) { enter_service(ledger, load_chip("a100_sxm"), work); });
  // A100 (400 W, N7): 1e17 x 1 pJ + 1e15 B x 40 pJ + 1800 s x 100 W + 1800 s x 40 W + 3600 s x 100
  // W.
  EXPECT_NEAR(estimates.at("it_energy").mid, 1e5 + 4e4 + 1.8e5 + 7.2e4 + 3.6e5, 1);
}

}  // namespace
}  // namespace moru
