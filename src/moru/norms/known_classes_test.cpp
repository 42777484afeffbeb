// Chips whose class is known from outside: from the rules' own examples, makers' filings and the
// press. Sources beside the cases.
#include "moru/base/fields_parse.h"
#include "moru/norms/testing.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

using enum VerdictStatus;
using testing::day;
using testing::shipped_rules;
using testing::status_of;

struct Acceptance {
  const char* chip;
  double tpp;
  double pd;  // 0: not asserted
  VerdictStatus a;
  VerdictStatus b;
  std::optional<VerdictStatus> r2022 = std::nullopt;
  std::optional<VerdictStatus> cn2026 = std::nullopt;
  std::optional<VerdictStatus> s232 = std::nullopt;
};

// TPP and PD of 2 x MacTOPS x bit length by hand from the datasheet peaks; the first ten agree with
// github.com/s-w-kelly/chip-export-controls to rounding.
const Acceptance kAcceptance[] = {
    {"a100_sxm_80", 4992, 6.04, restricted, clear, restricted},
    {"a800_sxm", 4992, 6.04, restricted, clear, clear},
    {"h100_sxm", 15831, 19.45, restricted, clear, std::nullopt, notify},
    {"h200_sxm", 15831, 19.45, restricted, clear, std::nullopt, notify, restricted},
    {"h20_sxm", 2368, 2.91, clear, clear},
    {"l20", 1912, 3.14, clear, clear},
    {"l4", 1940, 6.59, restricted, clear},
    {"rtx_4090", 5285, 8.68, restricted, clear},
    {"rtx_4090d", 4707, 0, clear, clear},
    {"mi210", 2899, 4.0, clear, restricted},
    {"mi325x", 20919, 8.72, restricted, clear, std::nullopt, notify, restricted},
    {"b200_sxm", 36000, 22.1, restricted, clear, std::nullopt, restricted},
    {"furiosa_rngd", 4096, 6.27, restricted, clear},
    {"rebel_quad", 16384, 12.8, restricted, clear, std::nullopt, std::nullopt, restricted},
    {"groq_lpu1", 6000, 8.28, restricted, clear}};

class KnownClass : public ::testing::TestWithParam<Acceptance> {};

TEST_P(KnownClass, IsFound) {
  const Acceptance& known = GetParam();
  const std::string now = "2026-11-21";
  const Subject chip = chip_subject(load_chip(known.chip), shipped_rules());
  const Value& tpp = chip.values.at("TPP").value;
  EXPECT_NEAR(tpp.low, known.tpp, 0.002 * known.tpp);
  if (known.pd > 0) {
    const Value pd = value_of_quantity(shipped_rules(), chip, day(now), "PD").value;
    EXPECT_LE(pd.low, known.pd + 0.03);
    EXPECT_GE(pd.high, known.pd - 0.03);
  }
  EXPECT_EQ(status_of(chip, "us.bis.3a090.a", now), known.a);
  EXPECT_EQ(status_of(chip, "us.bis.3a090.b", now), known.b);
  if (known.r2022) {
    EXPECT_EQ(status_of(chip, "us.bis.3a090.2022", "2022-12-01"), *known.r2022);
  }
  if (known.cn2026) {
    EXPECT_EQ(status_of(chip, "us.bis.2026-01", now), *known.cn2026);
  }
  if (known.s232) {
    EXPECT_EQ(status_of(chip, "us.s232.2026-01", now), *known.s232);
  }
}

INSTANTIATE_TEST_SUITE_P(Acceptance, KnownClass, ::testing::ValuesIn(kAcceptance),
                         [](const auto& known) { return std::string(known.param.chip); });

struct History {
  const char* chip;
  VerdictStatus r2022;  // 87 FR 62186, on 2022-12-01
  VerdictStatus a;      // 88 FR 73458, on 2024-01-01
  VerdictStatus b;
  const char* source;
};

const History kHistory[] = {
    {"a100_sxm", restricted, restricted, clear, "NVIDIA Form 8-K 2022-08-26 names A100"},
    {"a800_sxm", clear, restricted, clear, "NVIDIA Form 8-K 2023-10-17 names A800"},
    {"h100_sxm", restricted, restricted, clear, "NVIDIA Form 8-K 2022-08-26 names H100"},
    {"h800_sxm", clear, restricted, clear, "NVIDIA Form 8-K 2023-10-17 names H800"},
    {"h20_sxm", clear, clear, clear, "sold to China until the letter of 2025-04-09 (Form 8-K)"},
    {"h200_sxm", restricted, restricted, clear, "91 FR 1684 names H200"},
    {"rtx4090", clear, restricted, clear, "NVIDIA Form 8-K 2023-10-17 names RTX 4090"},
    {"rtx_4090d", clear, clear, clear, "tomshardware.com 2024-04-04: not affected"},
    {"l4", clear, restricted, clear, "NVIDIA Form 8-K 2023-10-17 names L4"},
    {"l40s", clear, restricted, clear, "NVIDIA Form 8-K 2023-10-17 names L40S"},
    {"mi210", clear, clear, restricted, "45.3 x 64 = 2899 over 724 to 790 mm2"},
    {"mi300x", restricted, restricted, clear, "2614.9 x 8 = 20919, Infinity Fabric 896 GB/s"},
    {"b200_sxm", restricted, restricted, clear, "4500 x 8 = 36000, NVLink 1800 GB/s"}};

TEST(ChipHistory, FollowsTheVersionsOf3A090) {
  for (const History& known : kHistory) {
    EXPECT_EQ(status_of(known.chip, "us.bis.3a090.2022", "2022-12-01"), known.r2022)
        << known.chip << ": " << known.source;
    EXPECT_EQ(status_of(known.chip, "us.bis.3a090.a", "2024-01-01"), known.a)
        << known.chip << ": " << known.source;
    EXPECT_EQ(status_of(known.chip, "us.bis.3a090.b", "2024-01-01"), known.b)
        << known.chip << ": " << known.source;
  }
}

TEST(ChipHistory, ARuleHoldsFromItsFirstDayToTheDayBeforeItsLast) {
  EXPECT_EQ(status_of("h100_sxm", "us.bis.3a090.2022", "2022-10-20"), not_applicable);
  EXPECT_EQ(status_of("h100_sxm", "us.bis.3a090.2022", "2022-10-21"), restricted);
  EXPECT_EQ(status_of("h100_sxm", "us.bis.3a090.2022", "2023-11-16"), restricted);
  EXPECT_EQ(status_of("h100_sxm", "us.bis.3a090.2022", "2023-11-17"), not_applicable);
  EXPECT_EQ(status_of("h100_sxm", "us.bis.3a090.a", "2023-11-16"), not_applicable);
  EXPECT_EQ(status_of("h100_sxm", "us.bis.3a090.a", "2023-11-17"), restricted);
}

TEST(ChipHistory, RulesThatNeverCameIntoForceApplyOnNoDay) {
  for (const char* date : {"2025-01-20", "2025-05-14", "2026-11-21"}) {
    EXPECT_EQ(status_of("h100_sxm", "us.bills.2026", date), not_applicable);
    EXPECT_EQ(status_of("h100_sxm", "us.bis.ai_diffusion", date), not_applicable);
  }
}

TEST(ChipHistory, TheLetterOfApril2025CatchesH20) {
  EXPECT_EQ(status_of("h20_sxm", "us.bis.h20_is_informed", "2025-04-08"), not_applicable);
  EXPECT_EQ(status_of("h20_sxm", "us.bis.h20_is_informed", "2025-04-09"), restricted);
  EXPECT_EQ(status_of("l20", "us.bis.h20_is_informed", "2025-04-09"), clear);
  EXPECT_EQ(status_of("trainium3", "us.bis.h20_is_informed", "2025-04-09"), not_applicable);
}

TEST(ChipHistory, HbmPackagedWithLogicIsNotAMatterOf3A090C) {
  for (const char* chip : {"h100_sxm", "furiosa_rngd", "l4"}) {
    EXPECT_EQ(status_of(chip, "us.bis.3a090.c", "2026-11-21"), not_applicable);
  }
}

TEST(ChipHistory, Tf32sBitLengthLeavesTrainium2And3Open) {
  for (const char* chip : {"trainium2", "trainium3"}) {
    const Subject subject = chip_subject(load_chip(chip), shipped_rules());
    const Verdict verdict = check_rule(shipped_rules(), shipped_rules().require("us.bis.2026-01"),
                                       subject, day("2026-11-21"));
    EXPECT_EQ(verdict.status, unknown) << chip;
    EXPECT_EQ(verdict.disputed, std::vector<std::string>{"TPP"}) << chip;
    EXPECT_EQ(status_of(subject, "us.bis.3a090.a", "2026-11-21"), restricted) << chip;
  }
  const Value tpp = chip_subject(load_chip("trainium2"), shipped_rules()).values.at("TPP").value;
  EXPECT_NEAR(tpp.low, 12673, 1);   // 667 x 19
  EXPECT_NEAR(tpp.high, 21344, 1);  // 667 x 32
}

TEST(ChipHistory, Guidance10NamesThreeAscends) {
  EXPECT_EQ(status_of("ascend_910b", "us.gp10_ascend", "2025-05-13"), restricted);
  EXPECT_EQ(status_of("ascend_910c", "us.gp10_ascend", "2026-01-01"), restricted);
  EXPECT_EQ(status_of("ascend_910", "us.gp10_ascend", "2026-01-01"), clear);
  EXPECT_EQ(status_of("ascend_910b", "us.gp10_ascend", "2025-05-12"), not_applicable);
}

TEST(ChipHistory, AnotherDestinationNeedsNoLicence) {
  Subject chip = chip_subject(load_chip("h100_sxm"), shipped_rules());
  set_value(chip, "destination=KR", shipped_rules());
  EXPECT_EQ(status_of(chip, "us.bis.3a090.a", "2026-11-21"), not_applicable);
  EXPECT_EQ(status_of(chip, "us.bis.2026-01", "2026-11-21"), not_applicable);
}

}  // namespace
}  // namespace moru
