#include "moru/norms/expression.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace moru {
namespace {

const std::map<std::string, ValueType, std::less<>>& types() {
  static const std::map<std::string, ValueType, std::less<>> all = {
      {"tpp", {ValueKind::number, {}}},
      {"density", {ValueKind::number, {}}},
      {"link", {ValueKind::number, BytesPerSecond::dimension}},
      {"area", {ValueKind::number, Area::dimension}},
      {"dc", {ValueKind::flag, {}}},
      {"country", {ValueKind::text, {}}},
      {"today", {ValueKind::date, {}}}};
  return all;
}

ParsedExpression parsed(std::string_view text) {
  const TypeOf type_of = [](std::string_view name) -> std::optional<ValueType> {
    const auto found = types().find(name);
    return found == types().end() ? std::nullopt : std::optional(found->second);
  };
  return parse_expression(text, type_of, {"tpp", "density", "link", "area", "dc", "country"});
}

using Values = std::map<std::string, Value>;

Evaluated result_of(std::string_view text, const Values& values) {
  const ParsedExpression expression = parsed(text);
  EXPECT_EQ(expression.reason, "") << text;
  return expression.expression.evaluate([&](const std::string& name) -> Evaluated {
    const auto found = values.find(name);
    if (found == values.end()) {
      return {Value::unknown(types().find(name)->second), {name}};
    }
    const bool is_open = found->second.is_range() || found->second.is_unknown();
    return {found->second, is_open ? std::set<std::string>{name} : std::set<std::string>{}};
  });
}

Truth truth_of(std::string_view text, const Values& values) {
  return result_of(text, values).value.truth;
}

Value exactly(double value, Dimension dimension = {}) {
  return Value::number(value, value, dimension);
}

TEST(Expression, BindsAndTighterThanOr) {
  const Values values = {{"tpp", exactly(5)}, {"density", exactly(1)}};
  EXPECT_EQ(truth_of("tpp >= 5 or tpp >= 1 and density >= 2", values), Truth::yes);
  EXPECT_EQ(truth_of("(tpp >= 5 or tpp >= 1) and density >= 2", values), Truth::no);
  EXPECT_EQ(truth_of("not tpp >= 6 and not not density == 1", values), Truth::yes);
}

TEST(Expression, ComparesExactlyAtTheLine) {
  const Values values = {{"tpp", exactly(4800)}};
  EXPECT_EQ(truth_of("tpp >= 4800", values), Truth::yes);
  EXPECT_EQ(truth_of("tpp > 4800", values), Truth::no);
  EXPECT_EQ(truth_of("tpp <= 4800", values), Truth::yes);
  EXPECT_EQ(truth_of("tpp < 4800", values), Truth::no);
  EXPECT_EQ(truth_of("tpp == 4800", values), Truth::yes);
  EXPECT_EQ(truth_of("tpp != 4800", values), Truth::no);
}

TEST(Expression, KnowsUnits) {
  const Values values = {{"link", exactly(664e9, BytesPerSecond::dimension)},
                         {"area", exactly(653e-6, Area::dimension)},
                         {"tpp", exactly(4096)}};
  EXPECT_EQ(truth_of("link >= 600 GB/s", values), Truth::yes);
  EXPECT_EQ(truth_of("link >= 0.7 TB/s", values), Truth::no);
  EXPECT_NEAR(result_of("tpp / (area / 1 mm2)", values).value.low, 6.27, 0.005);  // facts: 6.27
}

TEST(Expression, OfARangeIsOpenOnlyBetweenItsEnds) {
  const Values values = {{"tpp", Value::number(12673, 21344)}};
  EXPECT_EQ(truth_of("tpp >= 4800", values), Truth::yes);
  EXPECT_EQ(truth_of("tpp < 21000", values), Truth::unknown);
  EXPECT_EQ(truth_of("tpp >= 22000", values), Truth::no);
  EXPECT_EQ(truth_of("tpp >= 12673", values), Truth::yes);
  EXPECT_EQ(truth_of("tpp > 21344", values), Truth::no);
}

TEST(Expression, BlamesTheInputsThatLeaveItOpen) {
  const Values values = {{"tpp", exactly(2000)}};
  EXPECT_EQ(result_of("tpp >= 1600 and density >= 5.92", values).blame,
            std::set<std::string>{"density"});
  EXPECT_TRUE(result_of("tpp >= 4800 and density >= 5.92", values).blame.empty());
  EXPECT_EQ(result_of("dc or density >= 5.92", values).blame,
            (std::set<std::string>{"dc", "density"}));
}

TEST(Expression, IgnoresTheCaseOfWords) {
  const Values values = {{"country", Value::word("kr")}};
  EXPECT_EQ(truth_of("country in {CN, KR}", values), Truth::yes);
  EXPECT_EQ(truth_of("country == 'KR'", values), Truth::yes);
  EXPECT_EQ(truth_of("country in {CN}", values), Truth::no);
  EXPECT_EQ(truth_of("country in {CN}", {}), Truth::unknown);
}

TEST(Expression, ComparesDates) {
  Value today = exactly(*parse_date("2026-07-01"));
  today.type.kind = ValueKind::date;
  EXPECT_EQ(truth_of("today >= 2026-07-01", {{"today", today}}), Truth::yes);
  EXPECT_EQ(truth_of("today < 2026-07-01", {{"today", today}}), Truth::no);
}

TEST(Expression, MeasuresTheDistanceToEachLine) {
  const Values values = {{"link", exactly(664e9, BytesPerSecond::dimension)},
                         {"tpp", Value::number(4000, 5000)}};
  const Expression test = parsed("link >= 600 GB/s and tpp >= 4800").expression;
  const auto margins = test.margins([&](const std::string& name) -> Evaluated {
    return {values.at(name), {}};
  });
  ASSERT_EQ(margins.size(), 2U);
  EXPECT_EQ(margins[0].line, "link >= 600 GB/s");
  EXPECT_NEAR(margins[0].distance.low / margins[0].unit_scale, 64, 1e-9);
  EXPECT_EQ(margins[1].distance.low, -800);
  EXPECT_EQ(margins[1].distance.high, 200);
}

TEST(Expression, ThatIsWrongSaysWhatAndWhere) {
  const std::map<std::string, std::string> wrong = {
      {"tppp >= 1", "'tppp' is not a quantity (did you mean 'tpp'?) at character 1"},
      {"link >= 600", "cannot be compared"},
      {"link >= 600 GB", "cannot be compared"},
      {"link >= 600 GBs", "'GBs' is not a unit"},
      {"tpp + link >= 1", "measure different things"},
      {"tpp and dc", "is a plain number"},
      {"dc >= 1", "cannot be compared"},
      {"country > 'A'", "has no order"},
      {"tpp >= ", "expected a quantity or a number, found 'the end'"},
      {"(tpp >= 1", "expected ')'"},
      {"tpp >= 1)", "expected 'and', 'or' or the end"},
      {"today >= 2026-02-30", "'2026-02-30' is not a date"},
      {"country in {}", "expected a word"},
      {"country in CN", "expected '{'"},
      {"country == 'CN", "no closing quote"},
      {"tpp >= 1e999", "finite"},
      {"tpp # 1", "'#' means nothing here"},
      {"tpp >= 1 >= 2", "expected 'and', 'or' or the end"},
      {"", "expected a quantity"}};
  for (const auto& [text, reason] : wrong) {
    EXPECT_NE(parsed(text).reason.find(reason), std::string::npos)
        << text << ": " << parsed(text).reason;
  }
  EXPECT_NE(parsed(std::string(100, '(') + "tpp").reason.find("brackets"), std::string::npos);
  EXPECT_NE(parsed(std::string(3000, ' ')).reason.find("characters"), std::string::npos);
}

// A point of a range can never contradict what is said of the range.
RC_GTEST_PROP(ExpressionProperty, WhatHoldsOfARangeHoldsOfItsPoints, ()) {
  const double low = *rc::gen::inRange(0, 1000);
  const double width = *rc::gen::inRange(0, 1000);
  const double point = low + width * *rc::gen::inRange(0, 101) / 100.0;
  const int line = *rc::gen::inRange(0, 2000);
  const std::string operation = *rc::gen::element<std::string>(">=", ">", "<=", "<", "==", "!=");
  const std::string text = fmt::format("2 * tpp - tpp / 2 {} {}", operation, line);
  const Truth range = truth_of(text, {{"tpp", Value::number(low, low + width)}});
  const Truth at_point = truth_of(text, {{"tpp", exactly(point)}});
  RC_ASSERT(at_point != Truth::unknown);
  RC_ASSERT(range == Truth::unknown || range == at_point);
}

}  // namespace
}  // namespace moru
