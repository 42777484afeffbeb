#include "moru/base/table.h"

#include "moru/base/text.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

TEST(Table, HangulColumnsStayAligned) {
  Table table({"이름", "TFLOPS"});
  table.row({"모루", "1"});
  table.row({"anvil", "1234"});
  EXPECT_EQ(table.text(),
            "이름   TFLOPS\n"
            "-------------\n"
            "모루        1\n"
            "anvil    1234\n");
}

TEST(Table, EveryLineEndsAtTheSameColumnWhenTheLastIsRightAligned) {
  Table table({"chip", "메모리"}, {Align::left, Align::right});
  table.row({"RNGD", "48 GB"});
  table.rule();
  table.row({"리벨", "144 GB"});
  const std::string text = table.text();
  for (const std::string_view line :
       split(std::string_view(text).substr(0, text.size() - 1), '\n')) {
    EXPECT_EQ(display_width(line), 12U) << line;
  }
}

TEST(Table, ShortRowsAreFilledUpAndEmptyTablesHaveTheirHeader) {
  Table table({"a", "b"});
  table.row({"x"});
  EXPECT_EQ(table.text(), "a  b\n----\nx\n");
  EXPECT_EQ(Table({"a"}).text(), "a\n-\n");
  EXPECT_EQ(Table(std::vector<std::string>{}).text(), "\n\n");
}

}  // namespace
}  // namespace moru
