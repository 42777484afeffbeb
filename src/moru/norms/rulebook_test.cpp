#include "moru/norms/rulebook.h"

#include "moru/base/fields_parse.h"
#include "moru/base/testing.h"
#include "moru/norms/testing.h"

#include <gtest/gtest.h>

#include <set>

namespace moru {
namespace {

using testing::error_of;
using testing::shipped_rules;

// The instruments that moru set out to hold, each once.
constexpr const char* kIds[] = {"us.bis.3a090.2022",
                                "us.bis.3a090.a",
                                "us.bis.3a090.b",
                                "us.bis.3a991p",
                                "us.bis.h20_is_informed",
                                "us.bis.3a090.c",
                                "us.bis.dram_advanced_node",
                                "us.bis.foundry_due_diligence",
                                "us.bis.ai_diffusion",
                                "us.bis.2026-01",
                                "us.s232.2026-01",
                                "us.gp10_ascend",
                                "us.bills.2026",
                                "us.eo14110",
                                "us.ca.sb53",
                                "us.ny.raise",
                                "eu.aiact.gpai",
                                "eu.aiact.transparency",
                                "kr.ai_basic_act.safety",
                                "kr.ai_basic_act.high_impact",
                                "kr.ai_basic_act.transparency",
                                "kr.ai_basic_act.domestic_rep",
                                "kr.national_core_tech",
                                "kr.grid_impact",
                                "kr.aidc_special_act",
                                "cn.genai_measures",
                                "cn.labelling",
                                "cn.state_funded_dc_domestic_chips",
                                "cn.dc_pue",
                                "eu.eed.dc_reporting",
                                "de.enefg"};

TEST(ShippedRules, AreTheThirtyOne) {
  std::set<std::string> shipped;
  for (const Rule& rule : shipped_rules().rules()) {
    shipped.insert(rule.id);
  }
  EXPECT_EQ(shipped, std::set<std::string>(std::begin(kIds), std::end(kIds)));
}

TEST(ShippedRules, EachSaysWhereItStandsAndHowFarToTrustIt) {
  for (const Rule& rule : shipped_rules().rules()) {
    EXPECT_FALSE(rule.citation.empty()) << rule.id;
    EXPECT_TRUE(is_trust_flag(rule.trust)) << rule.id;
    EXPECT_TRUE(rule.first_day || rule.status == LegalStatus::proposed ||
                rule.status == LegalStatus::rescinded)
        << rule.id;
  }
}

TEST(ShippedRules, KeepTheTenAndOneAreasOfTheKoreanAct) {
  EXPECT_EQ(shipped_rules().require("kr.ai_basic_act.high_impact").domains.size(), 11U);
}

// One rule and two definitions, with one line replaced.
std::string error_with(const std::string& from, const std::string& to) {
  std::string text = R"(definitions:
  - {name: tpp, doc: performance}
  - {name: area, unit: mm2, doc: die}
  - {name: density, doc: per area, formula: tpp / (area / 1 mm2)}
rules:
  - id: x.test
    jurisdiction: X
    instrument: test
    citation: nowhere
    status: in_force
    in_force: 2024-01-01
    subjects: [chip]
    tests:
      - {when: density >= 5, outcome: caught, status: restricted}
    trust: D
)";
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return error_of([&] { rulebook_from({parse_yaml(text, "rules.yaml")}); });
}

TEST(Rulebook, ReadsAGoodFile) { EXPECT_EQ(error_with("nowhere", "here"), ""); }

TEST(Rulebook, RefusesAnUnknownQuantityByFileAndLine) {
  EXPECT_EQ(error_with("density >= 5", "densty >= 5"),
            "rules.yaml:14:16: error: 'densty' is not a quantity (did you mean 'density'?) at "
            "character 1 of \"densty >= 5\"");
}

TEST(Rulebook, RefusesACircleOfFormulas) {
  EXPECT_EQ(error_with("tpp, doc: performance", "tpp, doc: performance, formula: density * 2"),
            "rules.yaml:4:45: error: goes in a circle: density <- tpp <- density; state one of "
            "them instead");
}

TEST(Rulebook, RefusesAQuantityDefinedByItself) {
  EXPECT_NE(error_with("tpp / (area / 1 mm2)", "density + 1").find("goes in a circle"),
            std::string::npos);
}

TEST(Rulebook, RefusesDatesThatAreNone) {
  EXPECT_EQ(error_with("2024-01-01", "2024-02-30"),
            "rules.yaml:11:15: error: '2024-02-30' is not a date such as 2026-01-22");
  EXPECT_NE(error_with("    in_force: 2024-01-01\n", "").find("needs in_force"), std::string::npos);
  EXPECT_NE(error_with("2024-01-01", "2024-01-01\n    ended: 2023-01-01").find("lies before"),
            std::string::npos);
}

TEST(Rulebook, RefusesFieldsFlagsAndStatusesThatItDoesNotKnow) {
  EXPECT_NE(error_with("trust: D", "trust: Q").find("is not a trust flag"), std::string::npos);
  EXPECT_NE(error_with("citation: nowhere", "citation: a\n    citatoin: b")
                .find("did you mean 'citation'?"),
            std::string::npos);
  EXPECT_NE(error_with("status: restricted", "status: unknown").find("clear, notify or restricted"),
            std::string::npos);
  EXPECT_NE(error_with("unit: mm2", "unit: mm9").find("'mm9' is not a unit"), std::string::npos);
  EXPECT_NE(error_with("{name: area, unit: mm2, doc: die}", "{name: tpp, doc: again}")
                .find("'tpp' is defined twice"),
            std::string::npos);
  EXPECT_NE(error_with("area / 1 mm2", "area").find("expected a plain number"), std::string::npos);
  EXPECT_NE(error_with("name: tpp", "name: date").find("built in"), std::string::npos);
}

TEST(Rulebook, ReadsValuesAsPeopleWriteThem) {
  const Rulebook& rules = shipped_rules();
  const auto read = [&](const std::string& name, const std::string& text) {
    return rules.parse_value_of(*rules.definition(name), text);
  };
  EXPECT_EQ(read("link_GBps", "0.6 TB/s").value.low, 600e9);
  EXPECT_EQ(read("PUE", "1.2..1.4").value.high, 1.4);
  EXPECT_EQ(read("dc", "no").value.truth, Truth::no);
  EXPECT_EQ(read("start", "2026-07-01").value.low, *parse_date("2026-07-01"));
  EXPECT_NE(read("PUE", "1.4..1.2").reason, "");
  EXPECT_NE(read("PUE", "-1").reason, "");
  EXPECT_NE(read("link_GBps", "600").reason, "");
  EXPECT_NE(read("dc", "maybe").reason, "");
  EXPECT_NE(read("start", "soon").reason, "");
}

}  // namespace
}  // namespace moru
