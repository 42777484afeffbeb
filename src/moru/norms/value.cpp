#include "moru/norms/value.h"

#include "moru/base/text.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>

namespace moru {

Truth truth_and(Truth a, Truth b) { return std::min(a, b); }
Truth truth_or(Truth a, Truth b) { return std::max(a, b); }
Truth truth_not(Truth a) {
  switch (a) {
    case Truth::no:
      return Truth::yes;
    case Truth::yes:
      return Truth::no;
    case Truth::unknown:
      return Truth::unknown;
  }
  return Truth::unknown;
}

std::string describe(const ValueType& type) {
  switch (type.kind) {
    case ValueKind::flag:
      return "true or false";
    case ValueKind::text:
      return "a word";
    case ValueKind::date:
      return "a date";
    case ValueKind::number:
      break;
  }
  if (type.dimension == Dimension{}) {
    return "a plain number";
  }
  const std::string units = unit_names(type.dimension);
  return units.empty() ? "a number of another dimension" : "a number in one of " + units;
}

Value Value::number(double low, double high, Dimension dimension) {
  Value value;
  value.type = {ValueKind::number, dimension};
  value.low = low;
  value.high = high;
  return value;
}

Value Value::unknown(const ValueType& type) {
  Value value;
  value.type = type;
  // Every quantity of a rule is a count, a rate or a size: zero or more.
  value.low = type.kind == ValueKind::date ? -std::numeric_limits<double>::infinity() : 0;
  value.high = std::numeric_limits<double>::infinity();
  return value;
}

Value Value::flag(Truth truth) {
  Value value;
  value.type.kind = ValueKind::flag;
  value.truth = truth;
  return value;
}

Value Value::word(std::string text) {
  Value value;
  value.type.kind = ValueKind::text;
  value.text = std::move(text);
  return value;
}

bool Value::is_unknown() const {
  switch (type.kind) {
    case ValueKind::flag:
      return truth == Truth::unknown;
    case ValueKind::text:
      return !text.has_value();
    case ValueKind::number:
      return low <= 0 && std::isinf(high);
    case ValueKind::date:
      return std::isinf(low) && std::isinf(high);
  }
  return true;
}

bool Value::is_range() const {
  const bool has_ends = type.kind == ValueKind::number || type.kind == ValueKind::date;
  return has_ends && low < high && !is_unknown();
}

namespace {

using Days = std::chrono::sys_days;

std::chrono::year_month_day calendar(int days) {
  return std::chrono::year_month_day(Days(std::chrono::days(days)));
}

int days_of(std::chrono::year_month_day day) {
  return static_cast<int>(Days(day).time_since_epoch().count());
}

std::optional<int> digits(std::string_view text) {
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    number = 10 * number + (c - '0');
  }
  return number;
}

}  // namespace

std::optional<int> parse_date(std::string_view text) {
  constexpr std::size_t kLength = 10;  // YYYY-MM-DD
  constexpr int kFirstYear = 1900;
  constexpr int kLastYear = 2199;
  if (text.size() != kLength || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(5, 2));
  const auto day = digits(text.substr(8, 2));
  if (!year || !month || !day || *year < kFirstYear || *year > kLastYear) {
    return std::nullopt;
  }
  const std::chrono::year_month_day parsed{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
  return parsed.ok() ? std::optional(days_of(parsed)) : std::nullopt;
}

std::string date_text(int days) {
  const auto day = calendar(days);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

int year_of(int days) { return static_cast<int>(calendar(days).year()); }

int add_months(int days, int months) {
  const auto day = calendar(days);
  const auto moved = day.year() / day.month() + std::chrono::months(months);
  return days_of(moved / std::chrono::day(1));
}

}  // namespace moru
