// Calendar months, as plans count time.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace moru {

struct Month {
  int index = 0;  // year x 12 + month - 1
  friend constexpr auto operator<=>(Month, Month) = default;
  constexpr Month operator+(int months) const { return {index + months}; }
};

// "2026-03"; nothing for any other text.
std::optional<Month> parse_month(std::string_view text);
std::string to_string(Month month);

}  // namespace moru
