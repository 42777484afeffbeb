#include "moru/base/registry.h"
#include "moru/mapping/constants.h"
#include "moru/mapping/mapper.h"

#include <gtest/gtest.h>

#include <cmath>

namespace moru {
namespace {

// Round figures, so that the expected times can be worked out by hand.
constexpr const char* kChip = R"(name: Round chip
source: this test
peak: {bf16: 100 TFLOPS, fp8: 200 TFLOPS}
vector_peak: {fp32: 10 TFLOPS}
caches:
  - {name: l2, capacity: 40 MB}
memory:
  - {name: sram, kind: SRAM, capacity: 80 GB, bandwidth: 1 TB/s}
links:
  - {name: ring, scope: scale_up, bandwidth: 100 GB/s, latency: 1 us}
launch: {graph: 2 us, eager: 7 us}
)";

Operator gemm(std::int64_t m, std::int64_t n, std::int64_t k, DType weight = DType::bf16) {
  Operator op;
  op.name = "gemm";
  op.op_class = OperatorClass::gemm;
  op.weight = weight;
  op.gemm = {m, n, k, 1};
  const auto product = [](std::int64_t a, std::int64_t b) {
    return static_cast<double>(a) * static_cast<double>(b);
  };
  op.flops = 2 * product(m, n) * static_cast<double>(k);
  op.weight_bytes = product(n, k) * bytes_per_element(weight);
  op.bytes_read = product(m, k) * 2;
  op.bytes_written = product(m, n) * 2;
  return op;
}

class RooflineTest : public ::testing::Test {
 protected:
  Chip chip = parse_chip(kChip, "round.yaml");
  std::unique_ptr<ChipMapper> mapper =
      std::move(*Registry<Mapper>::make("roofline", "mapper")->prepare(chip, {}));
};

TEST_F(RooflineTest, ALargeProductIsBoundByCompute) {
  // 2 x 8192^3 = 1.0995e12 operations at 100 TFLOPS x 0.80, plus 2 us.
  const OpCost cost = *mapper->cost(gemm(8192, 8192, 8192));
  EXPECT_NEAR(cost.compute, 1.0995116e12 / 80e12, 1e-9);
  EXPECT_NEAR(cost.seconds, 13.7439e-3 + 2e-6, 1e-7);
  EXPECT_EQ(cost.bound, Bound::compute);
  EXPECT_NEAR(cost.utilisation, 0.80, 0.001);
}

TEST_F(RooflineTest, ADecodeProductIsBoundByItsWeights) {
  // 4096 x 14336 weights of two bytes at 1 TB/s x 0.90 (SRAM has no DRAM tables);
  // activations stay in the 40 MB cache.
  const OpCost cost = *mapper->cost(gemm(16, 14336, 4096));
  EXPECT_NEAR(cost.memory, 4096.0 * 14336 * 2 / 0.9e12, 1e-12);
  EXPECT_EQ(cost.bound, Bound::memory);
  EXPECT_DOUBLE_EQ(cost.memory_bytes, 4096.0 * 14336 * 2);
}

TEST_F(RooflineTest, ActivationsBeyondHalfTheCacheComeFromMemory) {
  const Operator op = gemm(65536, 1024, 1024);
  EXPECT_DOUBLE_EQ(mapper->cost(op)->memory_bytes,
                   op.weight_bytes + op.bytes_read + op.bytes_written);
}

TEST_F(RooflineTest, Fp8WeightsWithBf16ActivationsMultiplyInBf16) {
  Operator op = gemm(8192, 8192, 8192, DType::fp8);
  EXPECT_NEAR(mapper->cost(op)->compute, op.flops / 80e12, 1e-9);
  op.activation = DType::fp8;
  EXPECT_NEAR(mapper->cost(op)->compute, op.flops / 160e12, 1e-9);
}

TEST_F(RooflineTest, AnEmptyOperatorCostsItsLaunch) {
  Operator op;
  op.op_class = OperatorClass::vector;
  const OpCost cost = *mapper->cost(op);
  EXPECT_DOUBLE_EQ(cost.seconds, 2e-6);
  EXPECT_EQ(cost.bound, Bound::overhead);
}

TEST_F(RooflineTest, ARingAllReduceMovesTwiceTheBufferLessOneShare) {
  Operator op;
  op.op_class = OperatorClass::collective;
  op.collective = {CollectiveKind::all_reduce, 4, 1e9};
  const OpCost cost = *mapper->cost(op);
  // 2 x 3/4 x 1 GB over 100 GB/s x 0.80, and 2 log2(4) hops of 1 us.
  EXPECT_NEAR(cost.link, 1.5e9 / 80e9 + 4e-6, 1e-9);
  EXPECT_EQ(cost.bound, Bound::link);
}

TEST_F(RooflineTest, EagerExecutionPaysTheHostsLaunch) {
  const auto eager = std::move(
      *Registry<Mapper>::make("roofline", "mapper")->prepare(chip, {Execution::eager, "ideal"}));
  const Operator op = gemm(16, 4096, 4096);
  EXPECT_NEAR(eager->cost(op)->seconds - mapper->cost(op)->seconds, 5e-6, 1e-12);
}

TEST_F(RooflineTest, TheIntervalHoldsTheNominalTime) {
  for (const Operator& op : {gemm(8192, 8192, 8192), gemm(1, 4096, 4096), gemm(300, 128, 7168)}) {
    const OpCost cost = *mapper->cost(op);
    EXPECT_LT(cost.low, cost.seconds);
    EXPECT_GT(cost.high, cost.seconds);
  }
}

TEST_F(RooflineTest, MoreOfAnyResourceIsNeverSlower) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string yaml = kChip;
    yaml.replace(yaml.find(from), from.size(), to);
    return parse_chip(yaml, "round.yaml");
  };
  const Chip faster[] = {with("bandwidth: 1 TB/s", "bandwidth: 2 TB/s"),
                         with("bf16: 100 TFLOPS", "bf16: 150 TFLOPS"),
                         with("bandwidth: 100 GB/s", "bandwidth: 200 GB/s"),
                         with("capacity: 40 MB", "capacity: 80 MB")};
  std::vector<Operator> operators;
  for (std::int64_t m = 1; m <= 70'000; m *= 7) {
    operators.push_back(gemm(m, 4096, 1024));
  }
  Operator reduce;
  reduce.op_class = OperatorClass::collective;
  reduce.collective = {CollectiveKind::all_reduce, 8, 1e6};
  operators.push_back(reduce);
  for (const Chip& better : faster) {
    const auto other =
        std::move(*Registry<Mapper>::make("roofline", "mapper")->prepare(better, {}));
    for (const Operator& op : operators) {
      EXPECT_LE(other->cost(op)->seconds, mapper->cost(op)->seconds * (1 + 1e-12));
    }
  }
}

TEST(Roofline, AChipWithoutBandwidthIsInfeasibleAndSaysWhatIsMissing) {
  const Chip chip = parse_chip("name: Half a chip\npeak: {bf16: 1 TFLOPS}\n", "half.yaml");
  const auto prepared = Registry<Mapper>::make("roofline", "mapper")->prepare(chip, {});
  ASSERT_FALSE(prepared.has_value());
  EXPECT_NE(prepared.error().reason.find("memory bandwidth"), std::string::npos);
}

TEST(Constants, HaveRangesThatHoldThemUnitsMeaningsAndSources) {
  for (const Constant* constant : all_constants()) {
    EXPECT_LE(constant->low, constant->value) << constant->name;
    EXPECT_GE(constant->high, constant->value) << constant->name;
    EXPECT_FALSE(constant->unit.empty()) << constant->name;
    EXPECT_GT(constant->meaning.size(), 10U) << constant->name;
    EXPECT_GT(constant->source.size(), 10U) << constant->name;
  }
}

}  // namespace
}  // namespace moru
