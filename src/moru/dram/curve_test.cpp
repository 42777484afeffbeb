#include "moru/dram/curve.h"

#include "moru/base/testing.h"

#include <gtest/gtest.h>

#include <cstdlib>
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
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    if (fs::exists(curve_cache_folder())) {
      for (const auto& entry : fs::directory_iterator(curve_cache_folder())) {
        found.push_back(entry.path());
      }
    }
    return found;
  }

 private:
  testing::TemporaryFolder folder_;
  testing::EnvironmentVariable variable_;
};

TEST(DramCurve, IsKeptInOneFileAndReadBack) {
  const CacheFolder cache;
  CurveQuestion question{"hbm3-6.4", 0, 1, CurvePattern::stream, 0, 256, 0.101};
  const CurvePoint first = dram_curve(question);
  forget_dram_curves();
  ASSERT_EQ(cache.files().size(), 1U);
  EXPECT_EQ(dram_curve(question), first);
  EXPECT_EQ(simulate_curve(question), first);
  EXPECT_NEAR(first.share_of_peak, 0.101, 0.01);
  EXPECT_FALSE(first.is_extrapolated);
}

TEST(DramCurve, ADamagedFileIsReplaced) {
  const CacheFolder cache;
  const CurveQuestion question{"hbm3-6.4", 0, 1, CurvePattern::stream, 0, 256, 0.102};
  const CurvePoint right = simulate_curve(question);
  EXPECT_EQ(dram_curve(question), right);
  ASSERT_EQ(cache.files().size(), 1U);
  for (const char* damage : {"", "{\"share_of_peak\": 7", "{\"share_of_peak\": 7}", "[]"}) {
    std::ofstream(cache.files()[0]) << damage;
    forget_dram_curves();
    EXPECT_EQ(dram_curve(question), right) << damage;
  }
}

TEST(DramCurve, AFileIsBelieved) {
  const CacheFolder cache;
  const CurveQuestion question{"hbm3-6.4", 0, 1, CurvePattern::stream, 0, 256, 0.103};
  dram_curve(question);
  ASSERT_EQ(cache.files().size(), 1U);
  std::ofstream(cache.files()[0])
      << R"({"share_of_peak": 0.5, "mean_latency": 1e-7, "p99_latency": 2e-7, "joules_per_byte": 1e-11, "is_extrapolated": 0})";
  forget_dram_curves();
  EXPECT_EQ(dram_curve(question).share_of_peak, 0.5);
}

TEST(DramCurve, OrdersPatternsAsTheDeviceDoes) {
  const CacheFolder cache;
  const auto share = [](CurvePattern pattern, std::int64_t block) {
    return dram_curve({"hbm3e-8.0", 0, 8, pattern, block, 256, 1.0}).share_of_peak;
  };
  const double stream = share(CurvePattern::stream, 0);
  const double pages = share(CurvePattern::paged, 1 << 17);
  const double random = share(CurvePattern::random, 0);
  EXPECT_GT(stream, pages);
  EXPECT_GT(pages, random);
  EXPECT_LT(random, 0.34);
  EXPECT_TRUE(dram_curve({"hbm3e-8.0", 0, 8, CurvePattern::random, 0, 256, 1.0}).is_extrapolated);
}

TEST(DramCurve, LoadRaisesLatency) {
  const CacheFolder cache;
  const auto latency = [](double load) {
    return dram_curve({"hbm3-6.4", 0, 1, CurvePattern::random, 0, 256, load}).mean_latency;
  };
  EXPECT_LT(latency(0.02), latency(0.25));
  EXPECT_LT(latency(0.25), latency(1.0));
}

}  // namespace
}  // namespace moru
