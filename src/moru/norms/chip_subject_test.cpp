#include "moru/base/fields_parse.h"
#include "moru/norms/testing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace moru {
namespace {

using enum VerdictStatus;
using testing::day;
using testing::shipped_rules;
using testing::status_of;

constexpr const char* kNow = "2026-11-21";

Subject chip_of(const std::string& yaml) {
  return chip_subject(parse_chip("name: test\nmarketed_for_datacentre: true\n" + yaml, "test.yaml"),
                      shipped_rules());
}

Value value_in(const Subject& subject, const std::string& name) {
  return value_of_quantity(shipped_rules(), subject, day(kNow), name).value;
}

TEST(ChipSubject, TppIsTheMostThatAnyFormatGives) {
  // 3A090's own example: 4800 = 600 TOPS at 8 bit = 300 TFLOPS at 16 bit.
  EXPECT_EQ(value_in(chip_of("peak: {int8: 600 TOPS}"), "TPP").low, 4800);
  EXPECT_EQ(value_in(chip_of("peak: {fp16: 300 TFLOPS, int8: 100 TOPS}"), "TPP").low, 4800);
  EXPECT_EQ(value_in(chip_of("peak: {fp64: 45.3 TFLOPS, bf16: 181 TFLOPS}"), "TPP").low, 45.3 * 64);
}

TEST(ChipSubject, TppCountsTheHighestRateThatTheMakerClaims) {
  const Value tpp =
      value_in(chip_of("peak: {fp8: {value: 330.3 TFLOPS, high: 660.6 TFLOPS}}"), "TPP");
  EXPECT_NEAR(tpp.high, 5284.8, 1e-6);
}

TEST(ChipSubject, TppIsOfOnePackageNotOfTheCard) {
  EXPECT_EQ(value_in(chip_of("packages: 2\npeak: {int8: 1200 TOPS}"), "TPP").low, 4800);
  const Subject corsair = chip_subject(load_chip("corsair"), shipped_rules());
  EXPECT_NEAR(value_in(corsair, "TPP").low, 19200, 1);  // half of 9600 x 4
}

TEST(ChipSubject, AllNonPlanarDiesCountForTheArea) {
  const Subject chip = chip_of(
      "peak: {int8: 1000 TOPS}\ndies:\n  - {name: compute, count: 8, area: 115 mm2}\n"
      "  - {name: io, count: 4, area: 370 mm2}\n  - {name: old, count: 1, area: 99 mm2, "
      "is_planar: true}\n");
  EXPECT_NEAR(value_in(chip, "applicable_die_area").low * 1e6, 2400, 1e-9);  // MI300X by hand
  EXPECT_NEAR(value_in(chip, "PD").low, 8000.0 / 2400, 1e-9);
}

TEST(ChipSubject, AMissingAreaLeavesAnIntervalNotAGuess) {
  const Subject chip = chip_of("peak: {int8: 300 TOPS}\ndies: [{name: compute, count: 1}]\n");
  const Value pd = value_in(chip, "PD");
  EXPECT_NEAR(pd.low, 2400.0 / 858, 1e-9);  // no die is larger than the reticle
  EXPECT_TRUE(std::isinf(pd.high));
  EXPECT_EQ(status_of(chip, "us.bis.3a090.a", kNow), unknown);
  const Verdict verdict =
      check_rule(shipped_rules(), shipped_rules().require("us.bis.3a090.a"), chip, day(kNow));
  EXPECT_EQ(verdict.disputed, std::vector<std::string>{"applicable_die_area"});
}

TEST(ChipSubject, AMissingAreaDoesNotMatterAbove4800) {
  EXPECT_EQ(status_of(chip_of("peak: {int8: 700 TOPS}"), "us.bis.3a090.a", kNow), restricted);
  EXPECT_EQ(status_of(chip_of("peak: {int8: 100 TOPS}"), "us.bis.3a090.a", kNow), clear);
}

TEST(ChipSubject, OfPlanarDiesHasNoDensity) {
  const Subject chip = chip_of(
      "peak: {int8: 250 TOPS}\ndies: [{name: compute, count: 1, area: 20 mm2, is_planar: true}]\n");
  EXPECT_EQ(value_in(chip, "PD").high, 0);
  EXPECT_EQ(status_of(chip, "us.bis.3a090.a", kNow), clear);
  EXPECT_EQ(status_of(chip, "us.bis.foundry_due_diligence", kNow), not_applicable);
}

TEST(ChipSubject, LinksCountInBothDirectionsAndOnceEach) {
  const Subject chip = chip_of(
      "peak: {int8: 700 TOPS}\nlinks:\n"
      "  - {name: PCIe, scope: scale_up, bandwidth: 64 GB/s}\n"
      "  - {name: PCIe, scope: host, bandwidth: 64 GB/s}\n"
      "  - {name: NVLink, scope: scale_up, bandwidth: 200 GB/s}\n");
  EXPECT_EQ(value_in(chip, "link_GBps").low, 528e9);
}

TEST(ChipSubject, WithoutLinksIsOpenIn2022) {
  EXPECT_EQ(status_of(chip_of("peak: {int8: 700 TOPS}"), "us.bis.3a090.2022", "2022-12-01"),
            unknown);
  EXPECT_EQ(status_of(chip_of("peak: {int8: 500 TOPS}"), "us.bis.3a090.2022", "2022-12-01"), clear);
}

TEST(ChipSubject, SramIsNoDram) {
  EXPECT_EQ(value_in(chip_subject(load_chip("groq_lpu1"), shipped_rules()), "dram_GBps").high, 0);
}

TEST(ChipSubject, WithoutPeaksIsOpenEverywhere) {
  const Subject chip = chip_of("dies: [{name: compute, count: 1, area: 800 mm2}]\n");
  EXPECT_EQ(status_of(chip, "us.bis.3a090.a", kNow), unknown);
  EXPECT_EQ(status_of(chip, "us.s232.2026-01", kNow), unknown);
}

TEST(ChipSubject, ForNobodySaidWhatMarketIsOpenBelow4800) {
  const Subject chip = chip_subject(parse_chip("name: t\npeak: {int8: 550 TOPS}\n"
                                               "dies: [{name: compute, count: 1, area: 600 mm2}]\n",
                                               "t.yaml"),
                                    shipped_rules());
  const Verdict verdict =
      check_rule(shipped_rules(), shipped_rules().require("us.bis.3a090.a"), chip, day(kNow));
  EXPECT_EQ(verdict.status, unknown);
  EXPECT_EQ(verdict.missing, std::vector<std::string>{"dc"});
}

// How strictly 3A090 treats a chip: .a over .b over neither.
int strictness(double tops, double area, bool is_datacentre) {
  Subject chip;
  chip.kind = SubjectKind::chip;
  const auto state = [&](const std::string& name, const Value& value) {
    chip.values[name] = {value, "", "", ""};
  };
  state("TPP", Value::number(8 * tops, 8 * tops));
  state("applicable_die_area", Value::number(area * 1e-6, area * 1e-6, Area::dimension));
  state("dc", Value::flag(is_datacentre ? Truth::yes : Truth::no));
  if (status_of(chip, "us.bis.3a090.a", kNow) == restricted) {
    return 2;
  }
  return status_of(chip, "us.bis.3a090.b", kNow) == restricted ? 1 : 0;
}

RC_GTEST_PROP(ExportProperty, MorePerformanceIsNeverLessRestricted, ()) {
  const double tops = *rc::gen::inRange(1, 1000);
  const double more = tops + *rc::gen::inRange(0, 1000);
  const double area = *rc::gen::inRange(50, 1700);
  const bool is_datacentre = *rc::gen::arbitrary<bool>();
  RC_ASSERT(strictness(more, area, is_datacentre) >= strictness(tops, area, is_datacentre));
}

RC_GTEST_PROP(ExportProperty, ALargerDieIsNeverMoreRestricted, ()) {
  const double tops = *rc::gen::inRange(1, 1000);
  const double area = *rc::gen::inRange(50, 1700);
  const double larger = area + *rc::gen::inRange(0, 1700);
  RC_ASSERT(strictness(tops, larger, true) <= strictness(tops, area, true));
}

RC_GTEST_PROP(ExportProperty, ADataCentreChipIsNeverFreerThanAConsumers, ()) {
  const double tops = *rc::gen::inRange(1, 1000);
  const double area = *rc::gen::inRange(50, 1700);
  RC_ASSERT(strictness(tops, area, true) >= strictness(tops, area, false));
}

// The two paragraphs of 3A090 exclude each other, and the defined classes are the rules' own.
RC_GTEST_PROP(ExportProperty, DefinedClassesAgreeWithTheRules, ()) {
  const double tpp = *rc::gen::inRange(1, 8000);
  const double pd = *rc::gen::inRange(1, 900) / 100.0;
  Subject chip;
  chip.values["TPP"] = {Value::number(tpp, tpp), "", "", ""};
  chip.values["PD"] = {Value::number(pd, pd), "", "", ""};
  chip.values["dc"] = {Value::flag(*rc::gen::arbitrary<bool>() ? Truth::yes : Truth::no), "", "",
                       ""};
  const bool is_a = status_of(chip, "us.bis.3a090.a", kNow) == restricted;
  const bool is_b = status_of(chip, "us.bis.3a090.b", kNow) == restricted;
  RC_ASSERT(!(is_a && is_b));
  RC_ASSERT((value_in(chip, "is_3a090_a").truth == Truth::yes) == is_a);
  RC_ASSERT((value_in(chip, "is_3a090_b").truth == Truth::yes) == is_b);
}

}  // namespace
}  // namespace moru
