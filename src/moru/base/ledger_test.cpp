#include "moru/base/ledger.h"

#include "moru/base/testing.h"

#include <gtest/gtest.h>

#include <cmath>

namespace moru {
namespace {

FactBook two_facts() {
  FactBook book;
  book.add(
      parse_yaml("sources: {s: a place}\n"
                 "facts:\n"
                 "  a: {value: 2, low: 1, high: 4, unit: kg, meaning: m, source: s, trust: T}\n"
                 "  b: {value: 3, low: 3, high: 6, unit: '1', meaning: m, source: s, trust: S}\n",
                 "book.yaml"));
  return book;
}

Estimates product() {
  static const FactBook book = two_facts();
  return estimate(book, [](Ledger& ledger) {
    ledger.figure("product", "kg", ledger.fact("a") * ledger.fact("b"), "a * b");
  });
}

TEST(Ledger, IntervalCombinesIndependentFactorsByTheirLogarithms) {
  const Estimates estimates = product();
  const Estimate& figure = estimates.at("product");
  EXPECT_DOUBLE_EQ(figure.mid, 6);
  EXPECT_NEAR(figure.low, 3, 1e-12);  // a alone goes down, by half
  // Both go up by a factor of two: exp(sqrt(2) ln 2).
  EXPECT_NEAR(figure.high, 6 * std::pow(2, std::sqrt(2)), 1e-9);
}

TEST(Ledger, DriversAreSortedByTheirSwing) {
  const Estimates estimates = product();
  const Estimate& figure = estimates.at("product");
  ASSERT_EQ(figure.drivers.size(), 2U);
  EXPECT_EQ(figure.drivers[0].fact, "a");
  EXPECT_DOUBLE_EQ(figure.drivers[0].at_low, 3);
  EXPECT_DOUBLE_EQ(figure.drivers[0].at_high, 12);
  EXPECT_EQ(figure.drivers[1].fact, "b");
}

TEST(Ledger, ExplanationNamesFormulaInputsSourceAndTrust) {
  const std::string text = explain(product(), "product");
  for (const char* part : {"a * b", "a = 2 kg (1 to 4)", "trust T: a place", "moved by a"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
}

TEST(Ledger, UnknownFigureSuggestsTheNearest) {
  EXPECT_NE(testing::error_of([] { explain(product(), "produkt"); }).find("product"),
            std::string::npos);
}

TEST(Facts, ValueOutsideItsRangeIsRefusedWithItsLine) {
  FactBook book;
  const std::string error = testing::error_of([&] {
    book.add(
        parse_yaml("facts:\n  a: {value: 9, low: 1, high: 4, unit: kg, meaning: m, source: s, "
                   "trust: T}\n",
                   "book.yaml"));
  });
  EXPECT_NE(error.find("book.yaml:2:"), std::string::npos) << error;
  EXPECT_NE(error.find("low..high"), std::string::npos) << error;
}

TEST(Facts, ShippedOnesAllStateUnitSourceAndTrust) {
  const FactBook book = load_facts();
  EXPECT_GT(book.all().size(), 150U);
  for (const auto& [name, fact] : book.all()) {
    EXPECT_FALSE(fact.source.empty()) << name;
    EXPECT_FALSE(fact.unit.empty()) << name;
    EXPECT_EQ(fact.trust.size(), 1U) << name;
  }
}

}  // namespace
}  // namespace moru
