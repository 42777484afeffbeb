#include "moru/mapping/gpu/attention.h"

#include "moru/chip/chip.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

// Parts into which a decode's keys are cut.
int parts(const char* chip, std::int64_t batch, std::int64_t heads, std::int64_t keys) {
  AttentionTask task;
  task.batch = batch;
  task.seq_q = 1;
  task.seq_kv = keys;
  task.heads = heads;
  task.kv_heads = 8;
  task.head_dim = task.v_head_dim = 128;
  task.activation = task.kv = DType::bf16;
  task.is_decode = true;
  const GpuDevice device = gpu_device(load_chip(chip), GpuConstants{});
  return time_attention(device, engine_named("vllm"), task)->tile[3];
}

// num_splits_heuristic by hand. A100: 8 x 8 streams on 2 x 108 slots fill 64/216 of a wave; 3 parts
// 0.889, the best (10 parts: 640/648) 0.988, of which 85% are 0.84: 3 parts.
TEST(FlashAttention2, CutsKeysAsItsHeuristicSays) { EXPECT_EQ(parts("a100_sxm", 8, 32, 8192), 3); }

TEST(FlashAttention2, CutsNothingWhereEveryQueryHasItsOwnKeys) {
  EXPECT_EQ(parts("a100_sxm", 8, 8, 8192), 1);
}

// H100: 2 x 8 streams on 132 cores; 7 parts 112/132 = 0.848, 8 parts 0.970, the best (33) 1.
TEST(FlashAttention3, CutsKeysAsItsHeuristicSays) {
  EXPECT_EQ(parts("h100_sxm", 2, 32, 8192), 8);
  // Four blocks of 128 keys or fewer are never cut.
  EXPECT_EQ(parts("h100_sxm", 2, 32, 512), 1);
}

}  // namespace
}  // namespace moru
