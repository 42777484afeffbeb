// The fuzzers' targets on their seeds, on cut and bent copies of them, and on inputs that once
// broke a reader somewhere: what every build checks without libFuzzer. A finding aborts.
#include "moru/base/rng.h"

#include "fuzz/targets.h"
#include "program.h"
#include <gtest/gtest.h>

namespace moru::testing {
namespace {
namespace fs = std::filesystem;

fs::path below_tests(const std::string& path) { return fs::path(MORU_SOURCE_DIR) / "tests" / path; }

std::vector<std::string> seeds_of(std::string_view target) {
  std::vector<std::string> seeds;
  const auto add_folder = [&](const std::string& folder) {
    for (const auto& entry : fs::directory_iterator(below_tests(folder))) {
      seeds.push_back(content_of(entry.path()));
    }
  };
  if (target == "yaml" || target == "json" || target == "trace" || target == "expression" ||
      target == "accesses") {
    add_folder("fuzz/seeds/" + std::string(target));
  }
  const std::string file = target == "model"   ? "config.json"
                           : target == "trace" ? "trace.csv"
                                               : std::string(target) + ".yaml";
  if (const fs::path base = below_tests("bad_inputs/base/" + file); fs::exists(base)) {
    seeds.push_back(content_of(base));
  }
  return seeds;
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) {
    text += piece;
  }
  return text;
}

class FuzzReplay : public ::testing::TestWithParam<fuzz::Target> {
 protected:
  void TearDown() override { set_quiet(false); }
  void run(const std::string& text) const {
    fuzz::run(GetParam().name, text);
    ++runs_;
  }
  mutable int runs_ = 0;
};

TEST_P(FuzzReplay, SeedsAreRead) {
  for (const std::string& seed : seeds_of(GetParam().name)) {
    run(seed);
    if (GetParam().name != "yaml") {  // whose seeds show what is refused, too
      EXPECT_NO_THROW(GetParam().run(seed)) << seed;
    }
  }
  EXPECT_GT(runs_, 0);
}

TEST_P(FuzzReplay, FilesThatBreakOffAnywhereAreErrors) {
  for (const std::string& seed : seeds_of(GetParam().name)) {
    const std::size_t step = std::max<std::size_t>(seed.size() / 24, 1);
    for (std::size_t size = 0; size < seed.size(); size += step) {
      run(seed.substr(0, size));
    }
  }
  EXPECT_GT(runs_, 0);
}

TEST_P(FuzzReplay, BytesThatFlipAreErrorsOrOtherFiles) {
  Rng rng(1);
  for (const std::string& seed : seeds_of(GetParam().name)) {
    for (int i = 0; i < 24; ++i) {
      std::string bent = seed;
      for (int flips = 0; flips < 3; ++flips) {
        const std::uint32_t at = rng.below(static_cast<std::uint32_t>(bent.size()));
        bent[at] = static_cast<char>(rng.below(256));
      }
      run(bent);
    }
  }
  EXPECT_GT(runs_, 0);
}

TEST_P(FuzzReplay, HostileTextsAreErrors) {
  for (const std::string& text : {std::string(),
                                  std::string("\0", 1),
                                  std::string("\xEF\xBB\xBF"),
                                  std::string("\xFF\xFE{\0", 4),
                                  std::string("\x04"),
                                  std::string("\r\r\r"),
                                  std::string("- - - - -"),
                                  std::string("? ? ? ?"),
                                  std::string("!!"),
                                  std::string("%"),
                                  std::string("&a [*a]"),
                                  std::string("a: *b"),
                                  std::string("{\"a\": 1e400}"),
                                  std::string("{\"a\": -0}"),
                                  std::string("\"\\ud800\""),
                                  std::string("[1,]"),
                                  std::string("{,}"),
                                  std::string("nan"),
                                  std::string("--- \n--- \n..."),
                                  std::string("|\n\t"),
                                  std::string(">-99\n x"),
                                  std::string("'"),
                                  std::string("\"\\x")}) {
    run(text);
  }
  for (const std::string_view piece : {"[", "{", "{\"a\":", "[[]", "- ", "? ", "a:\n ", "{a: ", "!",
                                       "\"", "'", ",", "&a ", "> "}) {
    run(repeated(piece, 2000));
  }
  EXPECT_GT(runs_, 0);
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzReplay, ::testing::ValuesIn(fuzz::kTargets),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace moru::testing
