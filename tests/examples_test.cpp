// Every scenario of examples/ gives the report that stands in examples/expected/ (its first 2,000
// requests). MORU_REFRESH=1 writes the files anew: read the difference before committing it.
#include "moru/base/file.h"

#include "program.h"
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace moru::testing {
namespace {
namespace fs = std::filesystem;

std::vector<std::string> example_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(MORU_SOURCE_DIR) / "examples")) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Examples : public ::testing::TestWithParam<std::string> {};

TEST_P(Examples, GiveTheExpectedReport) {
  const std::string folder = std::string(MORU_SOURCE_DIR) + "/examples/";
  const std::string expected = folder + "expected/" + GetParam() + ".txt";
  const Ran run =
      run_moru({"simulate", "-q", GetParam() + ".yaml", "--num-prompts", "2000"}, folder);
  ASSERT_EQ(run.code, 0) << run.err;
  if (std::getenv("MORU_REFRESH") != nullptr) {
    write_file(expected, run.out);
  }
  EXPECT_EQ(run.out, read_file(expected));
}

INSTANTIATE_TEST_SUITE_P(All, Examples, ::testing::ValuesIn(example_names()),
                         [](const auto& example) {
                           std::string name = example.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Examples, AreAtLeastFive) { EXPECT_GE(example_names().size(), 5U); }

}  // namespace
}  // namespace moru::testing
