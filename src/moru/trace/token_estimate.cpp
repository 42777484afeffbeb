#include "moru/trace/token_estimate.h"

#include <algorithm>
#include <limits>

namespace moru {
namespace {

// In sixtieths of a token, so that 1/4, 2/3 and 4/5 are whole.
constexpr std::int64_t kPerToken = 60;
constexpr std::int64_t kOtherByte = 15;
constexpr std::int64_t kHangul = 40;
constexpr std::int64_t kIdeograph = 48;

bool is_hangul(std::uint32_t c) {
  return (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x1100 && c <= 0x11FF) ||
         (c >= 0x3130 && c <= 0x318F);
}

bool is_ideograph_or_kana(std::uint32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF);
}

}  // namespace

std::int32_t estimate_tokens(std::string_view utf8) {
  std::int64_t sixtieths = 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
  for (std::size_t i = 0; i < utf8.size();) {
    // Both scripts stand in three-byte sequences.
    if ((byte(i) & 0xF0) == 0xE0 && i + 2 < utf8.size()) {
      const std::uint32_t c =
          (byte(i) & 0x0FU) << 12 | (byte(i + 1) & 0x3FU) << 6 | (byte(i + 2) & 0x3FU);
      sixtieths += is_hangul(c) ? kHangul : is_ideograph_or_kana(c) ? kIdeograph : 3 * kOtherByte;
      i += 3;
    } else {
      sixtieths += kOtherByte;
      ++i;
    }
  }
  const std::int64_t tokens = (sixtieths + kPerToken - 1) / kPerToken;
  return static_cast<std::int32_t>(
      std::min<std::int64_t>(tokens, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace moru
