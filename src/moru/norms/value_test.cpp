#include "moru/norms/value.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

TEST(Date, CountsDaysFromTheUnixEpoch) {
  EXPECT_EQ(parse_date("1970-01-01"), 0);
  EXPECT_EQ(parse_date("2000-03-01"), 11017);  // `date -d 2000-03-01 +%s` / 86400
  EXPECT_EQ(date_text(*parse_date("2026-02-28") + 1), "2026-03-01");
  EXPECT_EQ(date_text(*parse_date("2024-02-28") + 1), "2024-02-29");
}

TEST(Date, OfNoCalendarIsRefused) {
  for (const char* text :
       {"2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "26-01-01", "2026-01-32", "20260101",
        "", "2026-01-01x", "2026/01/01", "1899-12-31", "2200-01-01"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(Date, MonthsAreAddedFromTheFirst) {
  EXPECT_EQ(date_text(add_months(*parse_date("2026-01-31"), 1)), "2026-02-01");
  EXPECT_EQ(date_text(add_months(*parse_date("2026-11-01"), 3)), "2027-02-01");
  EXPECT_EQ(year_of(*parse_date("2027-12-31")), 2027);
}

TEST(Truth, OfThreeValuesIsKleenes) {
  EXPECT_EQ(truth_and(Truth::unknown, Truth::no), Truth::no);
  EXPECT_EQ(truth_and(Truth::unknown, Truth::yes), Truth::unknown);
  EXPECT_EQ(truth_or(Truth::unknown, Truth::yes), Truth::yes);
  EXPECT_EQ(truth_or(Truth::unknown, Truth::no), Truth::unknown);
  EXPECT_EQ(truth_not(Truth::unknown), Truth::unknown);
}

}  // namespace
}  // namespace moru
