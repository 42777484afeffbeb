#include "moru/base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moru {
namespace {

std::string suggestion(std::string_view word) {
  const std::vector<std::string> known = {"bandwidth", "capacity", "bus_bits", "kind", "한글"};
  return did_you_mean(word, std::span<const std::string>(known));
}

TEST(Text, DidYouMeanNamesTheNearestWord) {
  EXPECT_EQ(suggestion("bandwith"), " (did you mean 'bandwidth'?)");
  EXPECT_EQ(suggestion("BANDWIDTH"), " (did you mean 'bandwidth'?)");
  EXPECT_EQ(suggestion("capactiy"), " (did you mean 'capacity'?)");  // two neighbours swapped
  EXPECT_EQ(suggestion("knid"), " (did you mean 'kind'?)");
}

TEST(Text, DidYouMeanIsSilentWhenNothingIsNear) {
  EXPECT_EQ(suggestion("latency"), "");
  EXPECT_EQ(suggestion(""), "");
  EXPECT_EQ(suggestion(std::string(10'000, 'b')), "");
}

TEST(Text, HangulTakesTwoColumns) {
  EXPECT_EQ(display_width("anvil"), 5U);
  EXPECT_EQ(display_width("모루"), 4U);
  EXPECT_EQ(display_width("모루 moru"), 9U);
  EXPECT_EQ(display_width("µs"), 2U);
  EXPECT_EQ(display_width("3 ≤ 4…"), 6U);
  EXPECT_EQ(display_width("\xEB"), 2U);  // cut in the middle: no reading past the end
}

TEST(Text, NumbersAreWholeOrRefused) {
  EXPECT_EQ(parse_double("1.5e3"), 1500);
  EXPECT_EQ(parse_double(" -2 "), -2);
  EXPECT_EQ(parse_double("+3"), 3);
  for (const char* text :
       {"", "abc", "1.5x", "nan", "inf", "-inf", "1e999", "0x10", "+-1", "1 2"}) {
    EXPECT_FALSE(parse_double(text)) << text;
  }
  EXPECT_EQ(parse_int64("-9223372036854775808"), INT64_MIN);
  for (const char* text : {"", "9223372036854775808", "1.0", "1e3", "0x10"}) {
    EXPECT_FALSE(parse_int64(text)) << text;
  }
}

TEST(Text, ThousandsAreGroupedByThree) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(-1234567), "-1,234,567");
}

TEST(Text, PositionCountsLinesAndColumnsFromOne) {
  constexpr std::string_view kText = "ab\ncd\n";
  EXPECT_EQ(position_of(kText, 0).line, 1);
  EXPECT_EQ(position_of(kText, 0).column, 1);
  EXPECT_EQ(position_of(kText, 4).line, 2);
  EXPECT_EQ(position_of(kText, 4).column, 2);
  EXPECT_EQ(position_of(kText, 6).line, 3);
  EXPECT_EQ(position_of(kText, 6).column, 1);
}

// Well-formed and ill-formed sequences of the Unicode standard, chapter 3, tables 3-7 and 3-8.
TEST(Text, Utf8IsCheckedAsTheStandardSays) {
  constexpr auto kAllValid = std::string_view::npos;
  EXPECT_EQ(find_invalid_utf8("a모\xF0\x9F\x94\xA8z"), kAllValid);
  EXPECT_EQ(find_invalid_utf8("\xF4\x8F\xBF\xBF"), kAllValid);  // U+10FFFF
  EXPECT_EQ(find_invalid_utf8("ab\xC0\x80"), 2U);               // overlong
  EXPECT_EQ(find_invalid_utf8("\xE0\x9F\xBF"), 0U);             // overlong
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0U);             // surrogate
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U);         // above U+10FFFF
  EXPECT_EQ(find_invalid_utf8("x\xEB\xAA"), 1U);                // cut short
  EXPECT_EQ(find_invalid_utf8("\x80"), 0U);
}

TEST(Text, PrintableKeepsOneLine) {
  EXPECT_EQ(printable("a\nb\tc\x01", 100), "a\\nb\\x09c\\x01");
  EXPECT_EQ(printable("모\xFF루", 100), "모\xEF\xBF\xBD루");
  EXPECT_EQ(printable("abcdef", 3), "abc…");
}

RC_GTEST_PROP(Text, ReplacedTextIsValidUtf8, (const std::string& bytes)) {
  RC_ASSERT(find_invalid_utf8(replace_invalid_utf8(bytes)) == std::string_view::npos);
  const std::string line = printable(bytes, 1000);
  RC_ASSERT(find_invalid_utf8(line) == std::string_view::npos);
  RC_ASSERT(line.find('\n') == std::string::npos);
}

RC_GTEST_PROP(Text, SplitAndJoinUndoEachOther, (const std::vector<std::string>& words)) {
  std::vector<std::string> clean = {"first"};
  for (std::string word : words) {
    std::erase(word, ',');
    clean.push_back(word + "x");
  }
  const std::string joined = join(std::span<const std::string>(clean), ",");
  const std::vector<std::string_view> parts = split(joined, ',');
  RC_ASSERT(std::vector<std::string>(parts.begin(), parts.end()) == clean);
}

}  // namespace
}  // namespace moru
