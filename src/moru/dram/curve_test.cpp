#include "moru/dram/curve.h"

#include "moru/base/fields_parse.h"
#include "moru/base/file.h"
#include "moru/base/testing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace moru {
namespace {
namespace fs = std::filesystem;

// A cache folder of the test's own, and nothing in memory.
class CacheFolder {
 public:
  CacheFolder() : variable_("XDG_CACHE_HOME", folder_.path("cache")) { forget_dram_curves(); }
  ~CacheFolder() { forget_dram_curves(); }
  CacheFolder(const CacheFolder&) = delete;
  CacheFolder& operator=(const CacheFolder&) = delete;
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    if (fs::exists(curve_cache_folder())) {
      for (const auto& entry : fs::directory_iterator(curve_cache_folder())) {
        found.push_back(entry.path());
      }
    }
    return found;
  }
  std::string path(const std::string& name) const { return folder_.path(name); }

 private:
  testing::TemporaryFolder folder_;
  testing::EnvironmentVariable variable_;
};

// A rate that no chip of the catalogue has: 60/64 of the part's.
constexpr double kOddRate = 6000;

TEST(DramCurve, IsKeptInOneFileAndReadBack) {
  const CacheFolder cache;
  const DramCurve first = dram_curve("hbm3-6.4", kOddRate);
  EXPECT_EQ(first.data_rate, kOddRate);
  ASSERT_EQ(cache.files().size(), 1U);
  // What is believed is the file.
  std::string text = read_file(cache.files()[0].string());
  const std::size_t at = text.find("share: ");
  text.replace(at, std::string("share: 0.9").size(), "share: 0.1");
  std::ofstream(cache.files()[0]) << text;
  forget_dram_curves();
  const DramCurve again = dram_curve("hbm3-6.4", kOddRate);
  EXPECT_LT(again.stream.share, 0.2);
  EXPECT_EQ(again.runs, first.runs);
  EXPECT_EQ(again.mixed, first.mixed);
}

TEST(DramCurve, ADamagedFileIsReplaced) {
  const CacheFolder cache;
  const DramCurve right = dram_curve("hbm3-6.4", kOddRate);
  ASSERT_EQ(cache.files().size(), 1U);
  const std::string whole = read_file(cache.files()[0].string());
  for (const std::string& damage :
       {std::string(), whole.substr(0, whole.size() / 2), std::string("part: [1, 2"),
        std::string("\x7f\x45\x4c\x46"), std::string("part: hbm3-6.4\ncurves: []\n")}) {
    std::ofstream(cache.files()[0]) << damage;
    forget_dram_curves();
    EXPECT_EQ(dram_curve("hbm3-6.4", kOddRate), right) << damage;
    EXPECT_EQ(read_file(cache.files()[0].string()), whole);
  }
}

TEST(DramCurve, ACacheThatCannotBeWrittenIsNoError) {
  const CacheFolder cache;
  std::ofstream(cache.path("file")) << "not a folder";
  const testing::EnvironmentVariable blocked("XDG_CACHE_HOME", cache.path("file"));
  EXPECT_GT(dram_curve("ddr5-4.8", 4500).stream.share, 0.5);
  const testing::EnvironmentVariable no_cache("XDG_CACHE_HOME", "");
  const testing::EnvironmentVariable no_home("HOME", "");
  forget_dram_curves();
  EXPECT_EQ(curve_cache_folder(), "");
  EXPECT_GT(dram_curve("ddr5-4.8", 4500).stream.share, 0.5);
}

TEST(DramCurve, ShippedCurvesNeedNoCache) {
  const CacheFolder cache;
  EXPECT_GT(dram_curve("hbm3-6.4", 0).stream.share, 0.9);
  EXPECT_EQ(cache.files().size(), 0U);
}

// One of each file is measured again: an engine or a table that changed must be shipped anew
// (moru dram --curves data/dram/curve).
class ShippedCurve : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedCurve, IsWhatTheEngineSays) {
  const std::string path =
      std::string(MORU_SOURCE_DIR) + "/data/dram/curve/" + GetParam() + ".yaml";
  const Document document = read_document(path);
  const Node* curves = document.root.find("curves");
  ASSERT_NE(curves, nullptr);
  ASSERT_FALSE(curves->items.empty());
  const std::string rate = curves->items[0].find("data_rate")->text;
  const CacheFolder cache;
  const DramCurve measured = measure_curve(GetParam(), std::stod(rate));
  EXPECT_EQ(dram_curve(GetParam(), std::stod(rate)), measured);
  EXPECT_EQ(cache.files().size(), 0U) << "the shipped curve is not the one asked for";
}

std::vector<std::string> shipped_parts() {
  std::vector<std::string> parts;
  for (const auto& entry :
       fs::directory_iterator(std::string(MORU_SOURCE_DIR) + "/data/dram/curve")) {
    parts.push_back(entry.path().stem().string());
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

INSTANTIATE_TEST_SUITE_P(Parts, ShippedCurve, ::testing::ValuesIn(shipped_parts()),
                         [](const auto& part) {
                           std::string name = part.param;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return !std::isalnum(c); },
                               '_');
                           return name;
                         });

TEST(DramCurve, LongerRunsSustainMoreUpToTheStream) {
  for (const char* part : {"hbm2e-3.2", "hbm3-6.4", "hbm3e-8.0", "gddr7-28", "lpddr5x-8.5"}) {
    const DramCurve curve = dram_curve(part, 0);
    double last = 0;
    for (double accesses = 1; accesses < 1e5; accesses *= 1.5) {
      const double share = curve.share_of_run(accesses);
      EXPECT_GE(share, last * 0.97) << part << ' ' << accesses;
      EXPECT_LE(share, curve.stream.share) << part << ' ' << accesses;
      last = std::max(last, share);
    }
    EXPECT_EQ(last, curve.stream.share) << part;
    EXPECT_LT(curve.share_of_run(1), 0.75 * curve.stream.share) << part;
    EXPECT_EQ(curve.share_of_run(0.01), curve.runs[0].share) << part;
  }
}

TEST(DramCurve, SharesOfRunsBetweenPointsLieBetweenTheirs) {
  DramCurve curve;
  curve.stream.share = 1;
  for (const double share : {0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}) {
    curve.runs.push_back({share, 1, 1, 1});
  }
  EXPECT_DOUBLE_EQ(curve.share_of_run(1), 0.1);
  EXPECT_DOUBLE_EQ(curve.share_of_run(2), 0.2);
  EXPECT_NEAR(curve.share_of_run(std::sqrt(2.0)), 0.15, 1e-12);  // logarithmic
  EXPECT_DOUBLE_EQ(curve.share_of_run(512), 0.9);
  EXPECT_DOUBLE_EQ(curve.share_of_run(1e9), 1);
}

TEST(DramCurve, LoadRaisesLatency) {
  const DramCurve curve = dram_curve("hbm2e-3.2", 0);
  EXPECT_NEAR(curve.loaded[0].share, 0.10, 0.01);
  EXPECT_NEAR(curve.loaded[2].share, 0.50, 0.02);
  EXPECT_LT(curve.loaded[1].mean_ns, curve.runs[0].mean_ns);
}

TEST(DramCurve, RatesAreThoseOfA64thOfThePart) {
  const DramSpec spec = load_dram_spec("hbm3-6.4");
  EXPECT_EQ(curve_rate(spec, 0), 6400);
  EXPECT_EQ(curve_rate(spec, 5234), 5200);
  EXPECT_EQ(curve_rate(spec, 6449), 6400);
  EXPECT_EQ(curve_rate(spec, 1), 3200);
  EXPECT_EQ(curve_rate(spec, 1e9), 12800);
}

}  // namespace
}  // namespace moru
