// The default mapper on chips of several kinds, operator by operator.
#include "moru/base/registry.h"
#include "moru/mapping/mapper.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

std::unique_ptr<ChipMapper> tiled(const Chip& chip) {
  return std::move(*Registry<Mapper>::make("tiled", "mapper")->prepare(chip, {}));
}

Operator gemm(std::int64_t m, std::int64_t n, std::int64_t k) {
  Operator op;
  op.name = "gemm";
  op.op_class = OperatorClass::gemm;
  op.gemm = {m, n, k, 1};
  op.flops = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  return op;
}

Operator embedding(std::int64_t tokens, std::int64_t hidden) {
  Operator op;
  op.name = "embedding";
  op.op_class = OperatorClass::gather;
  op.rows = static_cast<double>(tokens);
  op.bytes_read = op.bytes_written = static_cast<double>(tokens * hidden * 2);
  return op;
}

TEST(Tiled, GatheringSixtyFourRowsOnAnNpuTakesMicroseconds) {
  // Set-up of a transfer, a descriptor of 20 ns a row, 1 MB at 1.5 TB/s, one launch.
  const Chip chip = load_chip("furiosa_rngd");
  const OpCost cost = *tiled(chip)->cost(embedding(64, 4096));
  EXPECT_GT(cost.seconds, 2e-6);
  EXPECT_LT(cost.seconds, 10e-6);
}

TEST(Tiled, APassOfAnNpuProgramIsNeverFree) {
  Operator norm;
  norm.name = "norm";
  norm.bytes_read = norm.bytes_written = 8192;
  norm.rows = 1;
  const Chip chip = load_chip("furiosa_rngd");
  const OpCost cost = *tiled(chip)->cost(norm);
  EXPECT_GE(cost.seconds, cost.overhead);
  EXPECT_GT(cost.overhead, 0.5e-6);
}

TEST(Tiled, ChipsThatStateOnlyEightBitRatesMultiplySixteenBitsAtHalfOfThem) {
  for (const char* id : {"maia200", "mi455x", "rubin_r200", "furiosa_warboy", "mobilint_aries"}) {
    const Chip chip = load_chip(id);
    const auto narrow =
        chip.matrix_rate(DType::fp8) ? chip.matrix_rate(DType::fp8) : chip.matrix_rate(DType::int8);
    const Operator product = gemm(8192, 8192, 8192);
    const auto cost = tiled(chip)->cost(product);
    ASSERT_TRUE(cost.has_value()) << id << ": " << cost.error().reason;
    EXPECT_GE(cost->seconds, 0.9 * product.flops / (narrow->value / 2)) << id;
  }
}

TEST(Tiled, NoChipIsUsedBeyondItsPeak) {
  for (const char* id : {"h100_sxm", "b200_sxm", "mi300x", "rtx_6000_ada", "tpu_v6e",
                         "hyperaccel_lpu", "furiosa_rngd", "gaudi3"}) {
    const Chip chip = load_chip(id);
    const auto mapper = tiled(chip);
    for (const std::int64_t m : {1, 16, 300, 4096}) {
      for (const Operator& op : {gemm(m, 4096, 4096), gemm(m, 128256, 2048), embedding(m, 8192)}) {
        const OpCost cost = *mapper->cost(op);
        EXPECT_LE(cost.utilisation, 1.0) << id << ' ' << op.name << ' ' << m;
        EXPECT_GE(cost.utilisation, 0.0) << id << ' ' << op.name << ' ' << m;
      }
    }
  }
}

}  // namespace
}  // namespace moru
