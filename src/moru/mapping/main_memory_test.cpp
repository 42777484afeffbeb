#include "moru/mapping/main_memory.h"

#include "moru/base/registry.h"
#include "moru/mapping/constants.h"
#include "moru/mapping/mapper.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

MainMemory memory_of(const std::string& chip) { return main_memory(load_chip(chip)); }

// Bandwidth over pins: 3350 GB/s x 8 / 5120 = 5234 Mb/s, 2039 x 8 / 5120 = 3186, 8.0 TB/s x 8 /
// 8192 = 7812, 1597 x 8 / 512 = 24953; each at the nearest 64th of its part's rate.
TEST(MainMemory, PartAndPinRateFollowFromKindBandwidthAndPins) {
  struct Expected {
    const char* chip;
    const char* part;
    double data_rate;
  };
  for (const auto& [chip, part, rate] :
       {Expected{"h100_sxm", "hbm3-6.4", 5200}, Expected{"a100_sxm", "hbm2e-3.2", 3200},
        Expected{"b200_sxm", "hbm3e-8.0", 7875},
        Expected{"rtx_pro_6000_server", "gddr7-28", 24937.5},
        Expected{"agx_orin", "lpddr5-6.4", 6400}, Expected{"mi455x", "hbm4-8.0", 6375}}) {
    const MainMemory memory = memory_of(chip);
    EXPECT_EQ(memory.part, part) << chip;
    EXPECT_NEAR(memory.data_rate, rate, 1e-9) << chip;
  }
}

// Best sustained shares measured on cards (docs/memory.md).
TEST(MainMemory, LongReadsSustainWhatWasMeasuredOnCards) {
  for (const auto& [chip, share] :
       {std::pair{"a100_sxm", 0.876}, std::pair{"h100_sxm", 0.946}, std::pair{"b200_sxm", 0.917},
        std::pair{"rtx_pro_6000_server", 0.960}}) {
    const MainMemory memory = memory_of(chip);
    EXPECT_NEAR(memory.stream / memory.peak, share, 0.04 * share) << chip;
    EXPECT_LE(memory.mixed, memory.stream) << chip;
    EXPECT_GE(memory.mixed, 0.93 * memory.stream) << chip;
  }
}

TEST(MainMemory, PiecesUseAPlaceEachUnlessTheyAreLong) {
  const MainMemory memory = memory_of("h100_sxm");
  // 5 stacks x 16 channels x 2 pseudo-channels; accesses of 32 B.
  EXPECT_EQ(memory.places, 160);
  EXPECT_EQ(memory.access, 32);
  EXPECT_EQ(memory.pieces(0), memory.stream);
  EXPECT_EQ(memory.pieces(32), memory.peak * memory.curve.runs[0].share);
  // Anything from a unit of 256 B to 160 of them puts one unit into each place.
  EXPECT_EQ(memory.pieces(256), memory.peak * memory.curve.runs[3].share);
  EXPECT_EQ(memory.pieces(160 * 256), memory.pieces(256));
  EXPECT_EQ(memory.pieces(160 * 1024), memory.peak * memory.curve.runs[5].share);
  EXPECT_LT(memory.pieces(64), 0.85 * memory.pieces(256));
}

TEST(MainMemory, InterleaveAndStacksDecideHowShortTheRunsAre) {
  Chip chip = load_chip("h100_sxm");
  chip.memory[0].interleave = Bytes{64};
  const MainMemory fine = main_memory(chip);
  EXPECT_LT(fine.pieces(4096), memory_of("h100_sxm").pieces(4096));
  // Half of the stacks at the same pin rate: pieces spread over half of the places.
  Chip half = load_chip("h100_sxm");
  half.memory[0].bus_bits = 2560;
  half.memory[0].bandwidth = BytesPerSecond{1675e9};
  const MainMemory few = main_memory(half);
  EXPECT_EQ(few.places, 80);
  const double page = 160 * 1024;
  EXPECT_GT(few.pieces(page) / few.peak, memory_of("h100_sxm").pieces(page) / 3350e9);
}

TEST(MainMemory, ANamedPartIsTaken) {
  Chip chip = load_chip("h100_sxm");
  chip.memory[0].part = "hbm3-6.4-16hi";
  EXPECT_EQ(main_memory(chip).part, "hbm3-6.4-16hi");
  chip.memory[0].part = "hbm3-6.5";
  EXPECT_THROW(main_memory(chip), Error);
}

TEST(MainMemory, KindsWithoutTablesSustainOneShare) {
  const MainMemory memory = memory_of("groq_lpu1");
  EXPECT_EQ(memory.part, "");
  EXPECT_DOUBLE_EQ(memory.stream, memory.peak * kMemoryEfficiency.value);
  EXPECT_EQ(memory.pieces(64), memory.stream);
}

// Decode attention reads the cache block by block; with blocks of few bytes that takes longer.
TEST(MainMemory, SmallKvBlocksSlowDecodeAttention) {
  Operator op;
  op.name = "attention_decode";
  op.op_class = OperatorClass::attention;
  op.attention.heads = 8;
  op.attention.kv_heads = 1;
  op.attention.head_dim = op.attention.v_head_dim = 128;
  op.attention.is_decode = true;
  op.attention.work.sequences = 256;
  op.attention.work.query_tokens = 256;
  op.attention.work.cached_keys = 256.0 * 16384;
  op.bytes_read = 256.0 * 16384 * 2 * 128 * 2;
  const Chip chip = load_chip("a100_sxm");
  for (const char* mapper : {"roofline", "tiled"}) {
    const auto seconds = [&](std::int64_t block) {
      const auto made = Registry<Mapper>::make(mapper, "mapper")
                            ->prepare(chip, {Execution::graph, "ideal", block});
      return (*made)->cost(op)->memory;
    };
    EXPECT_GT(seconds(1), 1.05 * seconds(4096)) << mapper;
    EXPECT_GE(seconds(16), seconds(4096)) << mapper;
  }
}

}  // namespace
}  // namespace moru
