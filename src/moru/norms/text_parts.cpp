#include "moru/norms/text_parts.h"

#include "moru/base/text.h"

#include <fmt/format.h>

#include <cmath>

namespace moru {

std::string norm_number_text(double value) {
  constexpr double kHuge = 1e15;
  constexpr double kLarge = 10000;
  const double magnitude = std::abs(value);
  if (std::isinf(value)) {
    return value > 0 ? "no limit" : "-no limit";
  }
  if (magnitude >= kHuge) {
    return fmt::format("{:.3g}", value);
  }
  if (magnitude >= kLarge) {
    return with_thousands(static_cast<std::int64_t>(std::llround(value)));
  }
  return fmt::format("{:.4g}", value);
}

std::string wrapped_text(const std::string& text, std::size_t indent) {
  constexpr std::size_t kWidth = 100;
  std::string result;
  std::size_t column = indent;
  for (const std::string_view word : split(text, ' ')) {
    const std::size_t width = display_width(word);
    if (column > indent && column + 1 + width > kWidth) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += width;
  }
  return result;
}

void append_labelled(std::string& text, std::string_view label, const std::string& content) {
  constexpr std::size_t kIndent = 13;
  if (!content.empty()) {
    text += fmt::format("    {:<9}{}\n", label, wrapped_text(content, kIndent));
  }
}

}  // namespace moru
