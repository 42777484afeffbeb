#include "moru/validation/ops.h"

#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/validation/ops_rows.h"
#include "moru/validation/ops_scatter.h"
#include "moru/validation/ops_text.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace moru {
namespace {
namespace fs = std::filesystem;

class Ops : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              (std::string("moru_ops_") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_ / "h100_sxm");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / "h100_sxm" / name) << text;
  }

  fs::path folder_;
};

TEST_F(Ops, RowsAreReadByColumnNameAndUnknownColumnsIgnored) {
  write("gemm.csv",
        "chip,extra,dtype,k,n,m,latency_us,source\n"
        "h100_sxm,x,bf16,512,256,128,7.5,aic:vllm:0.24.0:cublas\n");
  int rows = 0;
  read_measured_ops((folder_ / "h100_sxm/gemm.csv").string(), [&](const MeasuredOp& row) {
    ++rows;
    EXPECT_EQ(row[OpField::m], 128);
    EXPECT_EQ(row[OpField::n], 256);
    EXPECT_EQ(row[OpField::k], 512);
    EXPECT_EQ(row[OpField::latency_us], 7.5);
    EXPECT_EQ(row.backend(), "vllm");
  });
  EXPECT_EQ(rows, 1);
}

TEST_F(Ops, ABadNumberIsReportedWithItsLine) {
  write("gemm.csv", "dtype,m,n,k,latency_us,source\nbf16,1,2,many,3,x:y\n");
  try {
    read_measured_ops((folder_ / "h100_sxm/gemm.csv").string(), [](const MeasuredOp&) {});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("gemm.csv:2: 'many'"), std::string::npos)
        << error.what();
  }
}

TEST_F(Ops, RowsBelowTheSmallestTimeAreLeftOutAndUnknownBackendsPredicted) {
  write("gemm.csv",
        "dtype,m,n,k,latency_us,source\n"
        "bf16,1,32,32,2.0,aic:vllm:1:k\n"
        "bf16,4096,4096,4096,220,another_lab:run1\n");
  OpsQuestion question;
  question.folder = folder_.string();
  question.min_us = 3;
  const OpsValidation result = validate_ops(question);
  ASSERT_EQ(result.groups.size(), 1U);
  EXPECT_EQ(result.groups[0].backend, "another_lab");
  EXPECT_EQ(result.groups[0].predicted, 1);
  EXPECT_LT(result.groups[0].median_ape, 40);
  EXPECT_NE(ops_json(result).find("\"schema\": \"moru/validate-ops/1\""), std::string::npos);
}

TEST_F(Ops, AScatterHasAPanelPerOperatorAndAPointPerRow) {
  write("gemm.csv",
        "dtype,m,n,k,latency_us,source\n"
        "bf16,128,4096,4096,12,aic:vllm:1:k\n"
        "bf16,4096,4096,4096,220,aic:vllm:1:k\n");
  OpsQuestion question;
  question.folder = folder_.string();
  question.keep_rows = true;
  const std::string svg = ops_scatter_svg(validate_ops(question), 100);
  const auto count = [&svg](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = svg.find(part); at != svg.npos; at = svg.find(part, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count("<g "), 1U);
  EXPECT_EQ(count("<circle "), 2U);
}

TEST_F(Ops, WidthsOfIntervalsAreDerivedFromTheRowsOnDemand) {
  write("gemm.csv",
        "dtype,m,n,k,latency_us,source\n"
        "bf16,128,4096,4096,12,aic:vllm:1:k\n"
        "fp8,4096,4096,4096,120,aic:vllm:1:k\n");
  OpsQuestion question;
  question.folder = folder_.string();
  EXPECT_TRUE(validate_ops(question).widths.empty());
  EXPECT_EQ(ops_json(validate_ops(question)).find("intervals"), std::string::npos);
  question.derive_widths = true;
  const OpsValidation result = validate_ops(question);
  ASSERT_EQ(result.widths.size(), 2U);
  EXPECT_EQ(result.widths[0].name, "products");
  EXPECT_EQ(result.widths[1].name, "quantised and batched products, passes");
  EXPECT_NE(ops_text(result).find("{\"products\", "), std::string::npos);
  EXPECT_NE(ops_json(result).find("\"class\": \"quantised and batched products, passes\""),
            std::string::npos);
}

TEST_F(Ops, AFileOfAnUnknownOperatorIsRefusedWithAReason) {
  write("teleport.csv", "dtype,latency_us,source\nbf16,12,x:y\n");
  OpsQuestion question;
  question.folder = folder_.string();
  const OpsValidation result = validate_ops(question);
  ASSERT_EQ(result.by_op.size(), 1U);
  EXPECT_EQ(result.by_op[0].refused, 1);
  EXPECT_EQ(result.refusals.begin()->first.find("teleport"), 0U);
}

}  // namespace
}  // namespace moru
