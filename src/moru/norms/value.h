// What a rule's expression computes with: numbers that may be ranges, flags, words and dates, any
// of which may be unknown.
//
// A disputed or missing input is carried as a range to the verdict, never settled on the way.
#pragma once

#include "moru/base/fields.h"
#include "moru/base/units.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

enum class Truth { no, unknown, yes };

Truth truth_and(Truth a, Truth b);
Truth truth_or(Truth a, Truth b);
Truth truth_not(Truth a);

enum class ValueKind { number, flag, text, date };
template <>
struct EnumNames<ValueKind> {
  static constexpr std::array<std::pair<std::string_view, ValueKind>, 4> values = {
      {{"number", ValueKind::number},
       {"flag", ValueKind::flag},
       {"text", ValueKind::text},
       {"date", ValueKind::date}}};
};

// What an expression may be combined with: a GB/s only with a GB/s, a date only with a date.
struct ValueType {
  ValueKind kind = ValueKind::number;
  Dimension dimension;
  friend constexpr bool operator==(const ValueType&, const ValueType&) = default;
};
// "a number", "a number in B/s", "a date", for messages.
std::string describe(const ValueType& type);

struct Value {
  ValueType type;
  // Numbers in SI base units, dates in days since 1970-01-01. low = high where nothing is disputed.
  double low = 0;
  double high = 0;
  Truth truth = Truth::unknown;
  std::optional<std::string> text;

  static Value number(double low, double high, Dimension dimension = {});
  static Value unknown(const ValueType& type);
  static Value flag(Truth truth);
  static Value word(std::string text);

  // Whether nothing at all is known of it.
  bool is_unknown() const;
  // Whether it is known but has more than one reading.
  bool is_range() const;
};

// Days since 1970-01-01 of "YYYY-MM-DD"; nothing if that is not a day of the Gregorian calendar
// between 1900 and 2199.
std::optional<int> parse_date(std::string_view text);
std::string date_text(int days);
int year_of(int days);
// First day of the month `months` after the one that holds `days`.
int add_months(int days, int months);

}  // namespace moru
