#include "moru/base/units.h"

#include "moru/base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <regex>

namespace moru {
namespace {

using namespace literals;

struct Reading {
  const char* text;
  Dimension dimension;
  double value;
};

TEST(Units, TextIsReadInSiBaseUnits) {
  const Reading readings[] = {
      {"3.35 TB/s", BytesPerSecond::dimension, 3.35e12},
      {"  80 GB ", Bytes::dimension, 80e9},
      {"16 GiB", Bytes::dimension, 17179869184.0},
      {"40MiB", Bytes::dimension, 41943040.0},
      {"1.5 TiB", Bytes::dimension, 1649267441664.0},
      {"400 Gbit/s", BytesPerSecond::dimension, 50e9},
      {"989.4 TFLOPS", FlopsPerSecond::dimension, 989.4e12},
      {"35 PFLOPS", FlopsPerSecond::dimension, 35e15},
      {"87 TOPS", FlopsPerSecond::dimension, 87e12},
      {"700 W", Watts::dimension, 700},
      {"1.83 GHz", Hertz::dimension, 1.83e9},
      {"814 mm2", Area::dimension, 814e-6},
      {"28000 USD", Dollars::dimension, 28000},
      {"3.9 pJ/bit", JoulesPerByte::dimension, 31.2e-12},
      {"12 us", Seconds::dimension, 12e-6},
      {"12 µs", Seconds::dimension, 12e-6},
      {"1e3 ms", Seconds::dimension, 1},
      {"+2.5 kWh", Joules::dimension, 9e6},
  };
  for (const Reading& reading : readings) {
    const ParsedQuantity parsed = parse_quantity(reading.text, reading.dimension);
    EXPECT_EQ(parsed.reason, "") << reading.text;
    EXPECT_DOUBLE_EQ(parsed.value, reading.value) << reading.text;
  }
}

TEST(Units, WhatIsNotAQuantityIsRefusedWithTheUnitsToUse) {
  struct Refusal {
    const char* text;
    const char* part;
  };
  const Refusal refusals[] = {
      {"80", "needs a unit"},
      {"", "is not a number"},
      {"GB", "is not a number"},
      {"nan GB", "not a finite number"},
      {"inf GB", "not a finite number"},
      {"1e400 GB", "not a finite number"},
      {"80 TB/s", "measures something else; use one of B, KB"},
      {"80 Gb", "is not a unit (did you mean 'GB'?)"},
      {"80 GIB", "is not a unit (did you mean 'GiB'?)"},
      {"1,000 GB", "is not a unit"},
      {"+-5 GB", "is not a number"},
      {"0x10 GB", "is not a unit"},
      {"1e308 TB", "out of range"},
  };
  for (const Refusal& refusal : refusals) {
    const ParsedQuantity parsed = parse_quantity(refusal.text, Bytes::dimension);
    EXPECT_NE(parsed.reason.find(refusal.part), std::string::npos)
        << refusal.text << ": " << parsed.reason;
  }
}

TEST(Units, PrintingTakesThePrefixThatLeavesOneToThreeDigits) {
  EXPECT_EQ(to_string(3.35_TBps), "3.35 TB/s");
  EXPECT_EQ(to_string(80_GB), "80 GB");
  EXPECT_EQ(to_string(Area{814e-6}), "814 mm2");
  EXPECT_EQ(to_string(Area{0.046225}), "46225 mm2");
  EXPECT_EQ(to_string(Seconds{0}), "0 ns");
  EXPECT_EQ(to_string(Hertz{1830e6}), "1.83 GHz");
  EXPECT_EQ(to_string(Bytes{999.94e9}), "999.9 GB");
  EXPECT_EQ(to_string(Bytes{999.97e9}), "1 TB");
  EXPECT_EQ(to_string(FlopsPerSecond{-989.4e12}), "-989.4 TFLOPS");
}

TEST(Units, StatedBytesKeepTheirBinaryPrefix) {
  EXPECT_EQ(format_stated((40_MiB).value, Bytes::dimension), "40 MiB");
  EXPECT_EQ(format_stated((228_KiB).value, Bytes::dimension), "228 KiB");
  EXPECT_EQ(format_stated(81559 * 0x1p20, Bytes::dimension), "85.52081 GB");
  EXPECT_EQ(format_stated(80e9, Bytes::dimension), "80 GB");
  EXPECT_EQ(format_stated(1978.9e12, FlopsPerSecond::dimension), "1.9789 PFLOPS");
}

TEST(Units, DimensionsMultiplyAndCancel) {
  static_assert(std::is_same_v<decltype(Bytes{} / Seconds{}), BytesPerSecond>);
  static_assert(std::is_same_v<decltype(Watts{} * Seconds{}), Joules>);
  static_assert(std::is_same_v<decltype(Bytes{} / Bytes{}), double>);
  static_assert(std::is_same_v<decltype(Hertz{} * Seconds{}), double>);
  static_assert(sizeof(Bytes) == sizeof(double));
  EXPECT_DOUBLE_EQ((80_GB / 2.0_TBps).value, 0.04);
}

constexpr Dimension kDimensions[] = {
    Seconds::dimension,        Bytes::dimension,  BytesPerSecond::dimension, Flops::dimension,
    FlopsPerSecond::dimension, Joules::dimension, Watts::dimension,          Hertz::dimension,
    Dollars::dimension,        Area::dimension,   JoulesPerByte::dimension};

// Magnitudes from a picojoule to an exaFLOPS.
rc::Gen<double> magnitudes() {
  return rc::gen::map(rc::gen::inRange(-12'000, 18'000),
                      [](int thousandths) { return std::pow(10.0, thousandths / 1000.0); });
}

RC_GTEST_PROP(Units, PrintedQuantityReadsBackToItsDigits, ()) {
  const Dimension dimension =
      *rc::gen::elementOf(std::vector<Dimension>(std::begin(kDimensions), std::end(kDimensions)));
  const double value = *magnitudes();
  const ParsedQuantity printed = parse_quantity(format_quantity(value, dimension), dimension);
  RC_ASSERT(printed.reason.empty());
  RC_ASSERT(std::abs(printed.value / value - 1) < 5.1e-4);
  const ParsedQuantity stated = parse_quantity(format_stated(value, dimension), dimension);
  RC_ASSERT(stated.reason.empty());
  RC_ASSERT(std::abs(stated.value / value - 1) < 1e-6);
}

TEST(Units, PatternMatchesExactlyWhatIsAUnit) {
  for (const Dimension dimension : kDimensions) {
    const std::regex pattern(unit_pattern(dimension), std::regex::ECMAScript);
    const std::string names = unit_names(dimension);
    for (const std::string_view name : split(names, ',')) {
      const std::string text = "1.5 " + std::string(trim(name));
      EXPECT_TRUE(std::regex_match(text, pattern)) << text;
      EXPECT_EQ(parse_quantity(text, dimension).reason, "") << text;
    }
    EXPECT_FALSE(std::regex_match("1.5", pattern));
    EXPECT_FALSE(std::regex_match("1.5 parsec", pattern));
  }
}

}  // namespace
}  // namespace moru
