// The layer order of the folders, held by reading every #include.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>

namespace {
namespace fs = std::filesystem;

// Arrows point down only: a folder may include those of lower layers and itself.
const std::map<std::string, int> kLayer = {
    {"base", 0},     {"model", 1},  {"chip", 1},     {"dram", 1},      {"power", 2},
    {"mapping", 3},  {"trace", 3},  {"serving", 4},  {"economics", 4}, {"norms", 4},
    {"scenario", 5}, {"report", 6}, {"planning", 6}, {"explore", 6},   {"validation", 6},
    {"cli", 7},      {"server", 7}, {"python", 7}};
TEST(Layers, IncludesPointDownOnly) {
  const fs::path root = fs::path(MORU_SOURCE_DIR) / "src" / "moru";
  const std::regex include(R"re(^\s*#include "moru/([a-z]+)/)re");
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string suffix = entry.path().extension().string();
    if (suffix != ".h" && suffix != ".cpp") {
      continue;
    }
    ++files;
    const std::string from = fs::relative(entry.path(), root).begin()->string();
    ASSERT_TRUE(kLayer.count(from)) << "folder '" << from << "' has no layer";
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) {
        continue;
      }
      const std::string to = match[1];
      ASSERT_TRUE(kLayer.count(to)) << entry.path() << " includes unknown folder '" << to << "'";
      if (from != to) {
        EXPECT_LT(kLayer.at(to), kLayer.at(from))
            << entry.path() << ": " << from << " must not include " << to;
      }
    }
  }
  EXPECT_GT(files, 50) << "the sources were not found";
}

// A plug-in's file is named as the thing it registers, so that `ls` is the list of things.
TEST(Layers, PlugInsAreRegisteredUnderTheirFileName) {
  const fs::path root = fs::path(MORU_SOURCE_DIR) / "src" / "moru";
  const std::regex registration(R"re(MORU_REGISTER\(\s*\w+,\s*\w+,\s*"([^"]+)")re");
  int plug_ins = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".cpp" || entry.path().stem().string().ends_with("_test")) {
      continue;
    }
    std::ifstream in(entry.path());
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    std::smatch match;
    if (std::regex_search(text, match, registration)) {
      ++plug_ins;
      EXPECT_EQ(entry.path().stem().string(), match[1].str()) << entry.path();
    }
  }
  EXPECT_GT(plug_ins, 8);
}

}  // namespace
