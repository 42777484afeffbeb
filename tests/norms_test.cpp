// moru norms as others call it: the schema of --json, exit codes, the same words once.
#include "moru/base/node.h"

#include "program.h"
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace moru::testing {
namespace {

std::string answer(const std::string& arguments) {
  const Ran ran = run_moru(words("norms " + arguments), MORU_SOURCE_DIR);
  EXPECT_EQ(ran.code, 0) << arguments << "\n" << ran.err;
  return ran.out;
}

Document json(const std::string& arguments) {
  return parse_json(answer(arguments + " --json"), "stdout");
}

std::set<std::string> keys_of(const Node& node) {
  std::set<std::string> keys;
  for (const Node::Entry& entry : node.entries) {
    keys.insert(entry.key);
  }
  return keys;
}

std::map<std::string, std::string> statuses(const Document& document) {
  std::map<std::string, std::string> all;
  for (const Node& verdict : document.root.find("verdicts")->items) {
    all[verdict.find("rule")->text] = verdict.find("status")->text;
  }
  return all;
}

TEST(NormsCommand, JsonHasTheKeysOfItsSchema) {
  const Document document = json("check h100_sxm --date 2026-11-21");
  EXPECT_EQ(keys_of(document.root),
            (std::set<std::string>{"schema", "subject", "date", "verdicts"}));
  EXPECT_EQ(document.root.find("schema")->text, "moru/norms/1");
  EXPECT_EQ(document.root.find("subject")->text, "h100_sxm");
  EXPECT_EQ(document.root.find("date")->text, "2026-11-21");
  const std::set<std::string> known = {"clear", "restricted", "notify", "not_applicable",
                                       "unknown"};
  EXPECT_EQ(document.root.find("verdicts")->items.size(), 31U);
  for (const Node& verdict : document.root.find("verdicts")->items) {
    EXPECT_EQ(keys_of(verdict),
              (std::set<std::string>{"rule", "status", "values", "margins", "citation", "trust"}));
    EXPECT_TRUE(known.contains(verdict.find("status")->text));
  }
}

TEST(NormsCommand, JsonIsOpenWhereAFigureIs) {
  const Document document = json("check trainium2 --date 2026-11-21");
  for (const Node& verdict : document.root.find("verdicts")->items) {
    if (verdict.find("rule")->text != "us.bis.3a090.a") {
      continue;
    }
    EXPECT_EQ(verdict.find("status")->text, "restricted");
    const Node* tpp = verdict.find("values")->find("TPP");
    ASSERT_NE(tpp, nullptr);
    EXPECT_EQ(tpp->find("low")->text, "12673");
    EXPECT_EQ(tpp->find("high")->text, "21344");
    EXPECT_TRUE(verdict.find("values")->find("PD")->find("high")->is_null());
    EXPECT_EQ(verdict.find("margins")->find("TPP >= 4800")->find("low")->text, "7873");
    return;
  }
  FAIL() << "no verdict on us.bis.3a090.a";
}

TEST(NormsCommand, JsonOfAMissingAreaIsAnInterval) {
  const Document document = json("check sapeon_x330 --date 2026-11-21");
  for (const Node& verdict : document.root.find("verdicts")->items) {
    if (verdict.find("rule")->text == "us.bis.3a090.a") {
      EXPECT_EQ(verdict.find("status")->text, "unknown");
      const Node* values = verdict.find("values");
      EXPECT_EQ(values->find("PD")->find("low")->text, "3.421911422");  // 2936 / 858
      EXPECT_TRUE(values->find("PD")->find("high")->is_null());
      EXPECT_EQ(values->find("applicable_die_area")->find("high")->text, "858");
      EXPECT_TRUE(verdict.find("margins")->find("PD >= 5.92")->find("high")->is_null());
    }
  }
}

TEST(NormsCommand, AnswersForEveryDayAndWhateverTheVerdict) {
  EXPECT_EQ(statuses(json("check h100_sxm --date 2020-01-01"))["us.bis.3a090.a"], "not_applicable");
  EXPECT_EQ(statuses(json("check h100_sxm --date 2030-01-01"))["us.bis.3a090.a"], "restricted");
  EXPECT_EQ(statuses(json("check sohu --date 2026-01-01"))["us.bis.3a090.a"], "unknown");
  EXPECT_EQ(statuses(json("check --date 2026-11-21 h20_sxm"))["us.bis.3a090.a"], "clear");
}

TEST(NormsCommand, ReadsAChipThatOnlyExistsAsAFile) {
  EXPECT_EQ(statuses(json("check examples/chips/anvil1.yaml --date 2026-11-21")).size(), 31U);
}

TEST(NormsCommand, SaysOnceThatItIsNoLegalAdvice) {
  for (const char* arguments : {"check h100_sxm", "compare h100_sxm,h20_sxm", "burden", "rules",
                                "domains", "timeline examples/norms/growing-service.yaml"}) {
    const std::string text = answer(arguments);
    const std::size_t first = text.find("Not legal advice");
    EXPECT_NE(first, std::string::npos) << arguments;
    EXPECT_EQ(text.find("Not legal advice", first + 1), std::string::npos) << arguments;
  }
}

TEST(NormsCommand, ProposedRulesStandBesideTheShippedOnes) {
  const auto verdicts =
      statuses(json("check h100_sxm --date 2026-11-21 --rules tests/bad_inputs/base/norms.yaml"));
  EXPECT_EQ(verdicts.size(), 32U);
  EXPECT_EQ(verdicts.at("x.draft"), "restricted");
}

TEST(NormsCommand, ExplainsEveryFigure) {
  const std::string text = answer("check furiosa_rngd --explain");
  EXPECT_NE(text.find("256 T(FL)OPS x 16 bit (bf16)"), std::string::npos);
  EXPECT_NE(text.find("= TPP / (applicable_die_area / 1 mm2)"), std::string::npos);
  EXPECT_NE(text.find("15 CFR 774"), std::string::npos);
}

}  // namespace
}  // namespace moru::testing
