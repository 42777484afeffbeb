#include "moru/validation/op_times.h"

#include "moru/base/testing.h"
#include "moru/validation/ops_predict.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace moru {
namespace {

using testing::error_of;
using testing::TemporaryFolder;

GemmTask product(std::int64_t m, std::int64_t n) {
  GemmTask task;
  task.m = m;
  task.n = n;
  task.k = 4096;
  return task;
}

// Rows that took 1.5 times what is predicted for them.
TEST(MeasuredTimes, CorrectOperatorsOfTheSameShapeByWhatTheRowsTook) {
  const Chip chip = load_chip("h100_sxm");
  std::string text = "chip,dtype,m,n,k,latency_us,source\n";
  OpPredictor predictor(chip, "tiled", GpuConstants{});
  for (const double m : {512.0, 1024.0}) {
    MeasuredOp row;
    row.source = "llmservingsim:x";
    row.number[static_cast<std::size_t>(OpField::m)] = m;
    row.number[static_cast<std::size_t>(OpField::n)] = 8192;
    row.number[static_cast<std::size_t>(OpField::k)] = 4096;
    const auto prediction = predictor.predict("gemm", row);
    ASSERT_TRUE(prediction);
    text += fmt::format("h100_sxm,bf16,{},8192,4096,{},llmservingsim:x\n", m,
                        prediction->seconds * 1.5e6);
  }
  const TemporaryFolder folder;
  folder.write("h100_sxm/gemm.csv", text);
  const MeasuredTimes times(folder.path(""), chip);
  EXPECT_EQ(times.rows(), 2U);
  EXPECT_NEAR(times.ratio(product(512, 8192)), 1.5, 1e-6);
  EXPECT_NEAR(times.ratio(product(700, 8192)), 1.5, 1e-6) << "between two rows";
  EXPECT_EQ(times.ratio(product(512, 4096)), 1) << "another shape";
  EXPECT_EQ(times.ratio(product(8, 8192)), 1) << "too far from any row";
}

TEST(MeasuredTimes, NeedRowsOfTheChip) {
  const TemporaryFolder folder;
  folder.write("a100_sxm/gemm.csv", "chip,dtype,m,n,k,latency_us,source\n");
  const Chip chip = load_chip("a100_sxm");
  EXPECT_NE(error_of([&] { MeasuredTimes(folder.path(""), chip); })
                .find("no measured operators of a100_sxm"),
            std::string::npos);
}

}  // namespace
}  // namespace moru
