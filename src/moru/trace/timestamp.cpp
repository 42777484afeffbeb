#include "moru/trace/timestamp.h"

#include "moru/base/text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>

namespace moru {
namespace {

constexpr std::int64_t kSecondsPerDay = 86400;
// int64 nanoseconds hold 292 years.
constexpr std::int64_t kMostSeconds = 9'223'372'035;

// Days since 1970-01-01 in the Gregorian calendar: Hinnant, "chrono-Compatible Low-Level Date
// Algorithms", days_from_civil; eras of 400 years from 1 March of year 0.
std::int64_t days_since_1970(int year, int month, int day) {
  const int shifted = month <= 2 ? year - 1 : year;
  const int era = shifted / 400;
  const int year_of_era = shifted - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146097 + day_of_era - 719468;
}

struct Date {
  int year;
  int month;
  int day;
};

// The inverse: civil_from_days of the same paper, for days since 1970.
Date date_of(std::int64_t days) {
  const auto shifted = static_cast<int>(days + 719468);
  const int era = shifted / 146097;
  const int day_of_era = shifted - era * 146097;
  const int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int month = (5 * day_of_year + 2) / 153;
  const int day = day_of_year - (153 * month + 2) / 5 + 1;
  return {era * 400 + year_of_era + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day};
}

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in_month(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

// Takes fixed-width fields off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  // `digits` decimal digits, or -1.
  int number(int digits) {
    if (end_ - at_ < digits) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      const int digit = at_[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    at_ += digits;
    return value;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) {
      return false;
    }
    ++at_;
    return true;
  }
  // Digits after a decimal point as nanoseconds.
  std::int64_t fraction() {
    std::int64_t value = 0;
    std::int64_t unit = kNanosecondsPerSecond / 10;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      value += (*at_ - '0') * unit;
      unit /= 10;
    }
    return value;
  }
  bool is_at_end() const { return at_ == end_; }
  char peek() const { return at_ == end_ ? '\0' : *at_; }

 private:
  const char* at_;
  const char* end_;
};

// Seconds east of UTC from "", "Z", "+00:00", "+0900", "-08"; nothing if it is none of them.
std::optional<int> parse_zone(Cursor& cursor) {
  if (cursor.is_at_end() || cursor.take('Z')) {
    return 0;
  }
  const int sign = cursor.peek() == '-' ? -1 : 1;
  if (!cursor.take('+') && !cursor.take('-')) {
    return std::nullopt;
  }
  const int hours = cursor.number(2);
  cursor.take(':');
  const int minutes = cursor.is_at_end() ? 0 : cursor.number(2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  return sign * (hours * 3600 + minutes * 60);
}

// Plain digits and at most one point; nothing for signs, exponents and everything else.
std::optional<SimTime> parse_plain_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [point, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const char* const end = text.data() + text.size();
  if (error != std::errc() || seconds < 0 || seconds > kMostSeconds || text.front() == '-') {
    return std::nullopt;
  }
  if (point == end) {
    return seconds * kNanosecondsPerSecond;
  }
  Cursor cursor(std::string_view(point, static_cast<std::size_t>(end - point)));
  if (!cursor.take('.')) {
    return std::nullopt;
  }
  const std::int64_t fraction = cursor.fraction();
  if (!cursor.is_at_end()) {
    return std::nullopt;
  }
  return seconds * kNanosecondsPerSecond + fraction;
}

}  // namespace

std::optional<SimTime> parse_timestamp(std::string_view text) {
  Cursor cursor(text);
  const int year = cursor.number(4);
  const bool has_month = cursor.take('-');
  const int month = cursor.number(2);
  const bool has_day = cursor.take('-');
  const int day = cursor.number(2);
  const bool has_time = cursor.take(' ') || cursor.take('T');
  const int hour = cursor.number(2);
  const bool has_minute = cursor.take(':');
  const int minute = cursor.number(2);
  const bool has_second = cursor.take(':');
  const int second = cursor.number(2);
  if (!has_month || !has_day || !has_time || !has_minute || !has_second || year < 1970 ||
      year > 2261 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
      hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  const std::int64_t fraction = cursor.take('.') ? cursor.fraction() : 0;
  const std::optional<int> zone = parse_zone(cursor);
  if (!zone || !cursor.is_at_end()) {
    return std::nullopt;
  }
  const std::int64_t seconds = days_since_1970(year, month, day) * kSecondsPerDay +
                               std::int64_t{hour} * 3600 + minute * 60 + second - *zone;
  return seconds * kNanosecondsPerSecond + fraction;
}

void append_timestamp(std::string& out, SimTime since_1970) {
  const std::int64_t seconds = since_1970 / kNanosecondsPerSecond;
  const std::int64_t of_day = seconds % kSecondsPerDay;
  const Date date = date_of(seconds / kSecondsPerDay);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:07}", date.year,
                 date.month, date.day, of_day / 3600, of_day / 60 % 60, of_day % 60,
                 since_1970 % kNanosecondsPerSecond / 100);
}

std::optional<SimTime> parse_seconds(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  if (const std::optional<SimTime> plain = parse_plain_seconds(text)) {
    return plain;
  }
  const std::optional<double> value = parse_double(text);
  if (!value || *value < 0 || *value > static_cast<double>(kMostSeconds)) {
    return std::nullopt;
  }
  return std::llround(*value * 1e9);
}

void append_seconds(std::string& out, SimTime time) {
  fmt::format_to(std::back_inserter(out), "{}", time / kNanosecondsPerSecond);
  const std::int64_t fraction = time % kNanosecondsPerSecond;
  if (fraction != 0) {
    fmt::format_to(std::back_inserter(out), ".{:09}", fraction);
    out.erase(out.find_last_not_of('0') + 1);
  }
}

}  // namespace moru
