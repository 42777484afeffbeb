// Small text helpers shared by every reader and message.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string to_lower(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string join(std::span<const std::string_view> parts, std::string_view separator);

// Reads a decimal number from the front of `text`; returns how many characters it used, 0 if none.
std::size_t parse_number_prefix(std::string_view text, double& value);
// The whole text as a number; nothing if anything is left over or it is not finite.
std::optional<double> parse_double(std::string_view text);
std::optional<std::int64_t> parse_int64(std::string_view text);

// " (did you mean 'bandwidth'?)" when one of `candidates` is close to `word`, else "".
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

// How many terminal columns the UTF-8 text takes (Hangul and CJK count two).
std::size_t display_width(std::string_view utf8);

// Line and column (in bytes) of an offset, both from 1.
struct TextPosition {
  int line = 1;
  int column = 1;
};
TextPosition position_of(std::string_view text, std::size_t offset);
// The offset of the first byte that is not part of valid UTF-8, npos if all is well.
std::size_t find_invalid_utf8(std::string_view text);
// The text with every invalid byte replaced by U+FFFD.
std::string replace_invalid_utf8(std::string_view text);
// Text that fits one line of a terminal: control characters escaped, invalid UTF-8 replaced by
// U+FFFD, cut at `longest` bytes.
std::string printable(std::string_view text, std::size_t longest);

// 1234567 -> "1,234,567".
std::string with_thousands(std::int64_t value);

}  // namespace moru
