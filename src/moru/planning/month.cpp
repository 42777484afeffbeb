#include "moru/planning/month.h"

#include "moru/base/text.h"

#include <fmt/format.h>

namespace moru {

std::optional<Month> parse_month(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') {
    return std::nullopt;
  }
  const auto year = parse_int64(text.substr(0, 4));
  const auto month = parse_int64(text.substr(5));
  if (!year || !month || *year < 1990 || *year > 2200 || *month < 1 || *month > 12) {
    return std::nullopt;
  }
  return Month{static_cast<int>(*year * 12 + *month - 1)};
}

std::string to_string(Month month) {
  return fmt::format("{:04}-{:02}", month.index / 12, month.index % 12 + 1);
}

}  // namespace moru
