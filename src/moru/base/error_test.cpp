#include "moru/base/error.h"

#include "moru/base/testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace moru {
namespace {

using testing::error_of;

TEST(Error, IsPrintedLikeACompilerDoes) {
  EXPECT_EQ(error_of([] {
              fail("no bandwidth", {"chips/a.yaml", 14, 7});
            }),
            "chips/a.yaml:14:7: error: no bandwidth");
  EXPECT_EQ(error_of([] {
              fail("is empty", {"chips/a.yaml", 0, 0});
            }),
            "chips/a.yaml: error: is empty");
  EXPECT_EQ(error_of([] { fail("no such flag"); }), "error: no such flag");
}

TEST(Error, HostileTextStaysOneLine) {
  const std::string text = error_of([] { fail("'a\nb\x1b[31m\xFF'", {"x\ny.yaml", 1, 1}); });
  EXPECT_EQ(text, "x\\ny.yaml:1:1: error: 'a\\nb\\x1b[31m\xEF\xBF\xBD'");
  EXPECT_LT(error_of([] { fail(std::string(1'000'000, 'x')); }).size(), 1100U);
}

TEST(Diagnostics, AllErrorsOfAFileComeTogether) {
  Diagnostics diagnostics;
  diagnostics.throw_if_any();
  diagnostics.error({"a", 1, 2}, "one");
  diagnostics.error({"a", 3, 4}, "two");
  EXPECT_EQ(error_of([&] { diagnostics.throw_if_any(); }), "a:1:2: error: one\na:3:4: error: two");
}

TEST(Diagnostics, TwentyErrorsAreEnough) {
  Diagnostics diagnostics;
  for (int i = 1; i <= 1000; ++i) {
    diagnostics.error({"a", i, 1}, "wrong");
  }
  const std::string text = error_of([&] { diagnostics.throw_if_any(); });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 20);
  EXPECT_TRUE(text.ends_with("more errors follow; mend these first"));
}

}  // namespace
}  // namespace moru
