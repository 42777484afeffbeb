#include "moru/base/registry.h"
#include "moru/mapping/mapper.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

Operator decode_product() {
  Operator op;
  op.name = "qkv_proj";
  op.op_class = OperatorClass::gemm;
  op.gemm = {16, 6144, 4096, 1};
  op.flops = 2.0 * 16 * 6144 * 4096;
  return op;
}

std::unique_ptr<ChipMapper> mapper_of(const char* mapper, const Chip& chip) {
  return std::move(*Registry<Mapper>::make(mapper, "mapper")->prepare(chip, {}));
}

TEST(Explain, PhasesAddUpToTheTimeOfTheOperator) {
  for (const char* id : {"h100_sxm", "a100_sxm", "furiosa_rngd"}) {
    const Chip chip = load_chip(id);
    const auto mapper = mapper_of("tiled", chip);
    const Explanation why = *mapper->explain(decode_product());
    double sum = 0;
    for (const Phase& phase : why.timeline) {
      sum += phase.seconds;
    }
    EXPECT_NEAR(sum, mapper->cost(decode_product())->seconds, 1e-9) << id;
  }
}

TEST(Explain, ADecodeProductGetsFasterWithMemoryBandwidthNotWithMatrixRate) {
  const Chip chip = load_chip("h100_sxm");
  const Explanation why = *mapper_of("tiled", chip)->explain(decode_product());
  double memory = 0;
  double matrix = -1;
  for (const Lever& lever : why.levers) {
    memory = lever.resource == "memory bandwidth" ? lever.factor : memory;
    matrix = lever.resource == "matrix rate" ? lever.factor : matrix;
  }
  EXPECT_GT(memory, 1.0);
  EXPECT_LT(memory, 1.5);
  EXPECT_EQ(matrix, 0.0);
  EXPECT_GE(why.runner_up_seconds, mapper_of("tiled", chip)->cost(decode_product())->seconds);
}

TEST(Explain, TheRooflineHasNoKernelsAndSaysWhatHas) {
  const Chip chip = load_chip("h100_sxm");
  const auto why = mapper_of("roofline", chip)->explain(decode_product());
  ASSERT_FALSE(why);
  EXPECT_NE(why.error().reason.find("--mapper tiled"), std::string::npos);
}

}  // namespace
}  // namespace moru
