// Operators of single blocks against shapes and sums worked out by hand from the papers' equations.
#include "moru/model/config/test_config.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace moru {
namespace {

std::vector<Operator> run(const Model& model, const std::vector<Sequence>& sequences,
                          const Parallelism& parallelism = {}) {
  return forward(model, parallelism, batch_work(model.context_rules(), sequences));
}

const Operator* find(const std::vector<Operator>& operators, std::string_view name) {
  const auto found = std::find_if(operators.begin(), operators.end(),
                                  [&](const Operator& op) { return op.name == name; });
  return found == operators.end() ? nullptr : &*found;
}

const Operator& named(const std::vector<Operator>& operators, std::string_view name) {
  const Operator* found = find(operators, name);
  if (found == nullptr) {
    throw Error(ErrorKind::internal, "no operator " + std::string(name));
  }
  return *found;
}

TEST(LatentAttention, DecodeReadsOneLatentPerTokenAndAbsorbsTheProjections) {
  const auto operators = run(load_model("DeepSeek-V3"), {{1, 999}});
  const Operator& attention = named(operators, "attention_decode");
  EXPECT_TRUE(attention.attention.is_latent);
  EXPECT_EQ(attention.attention.kv_heads, 1);
  EXPECT_EQ(attention.flops, 2.0 * 1000 * 128 * (576 + 512));
  EXPECT_EQ(attention.bytes_read, 128 * 576 * 2 + 1000 * 576 * 2);
  // 128 heads: queries of 128 become latents of 512, and latents of 512 become values of 128.
  const Operator& absorb = named(operators, "q_absorb_proj");
  EXPECT_EQ(absorb.gemm.batch, 128);
  EXPECT_EQ(absorb.flops, 2.0 * 128 * 128 * 512);
  EXPECT_EQ(named(operators, "v_absorb_proj").flops, absorb.flops);
  EXPECT_EQ(find(operators, "kv_b_proj"), nullptr);
}

TEST(LatentAttention, PrefillProjectsAllCachedLatentsToFullHeads) {
  const auto operators = run(load_model("DeepSeek-V3"), {{100, 50}});
  const Operator& project = named(operators, "kv_b_proj");
  EXPECT_EQ(project.gemm.m, 150);
  EXPECT_EQ(project.gemm.n, 128 * (128 + 128));
  EXPECT_EQ(project.depends_on, DependsOn::context);
  const double pairs = 100 * 50 + 100 * 101 / 2;
  EXPECT_EQ(named(operators, "attention_prefill").flops, 2 * pairs * 128 * (192 + 128));
  EXPECT_EQ(find(operators, "q_absorb_proj"), nullptr);
}

TEST(LatentAttention, TensorParallelismCopiesLatentsAndSplitsHeads) {
  const auto operators = run(load_model("DeepSeek-V3"), {{1, 999}}, {.tensor = 8});
  EXPECT_EQ(named(operators, "qkv_a_proj").gemm.n, 1536 + 576);
  EXPECT_EQ(named(operators, "q_b_proj").gemm.n, 16 * 192);
  EXPECT_EQ(named(operators, "attention_decode").bytes_read, 16 * 576 * 2 + 1000 * 576 * 2);
}

TEST(SparseIndexer, ScoresAllKeysSoThatAttentionReadsFew) {
  const auto operators = run(load_model("DeepSeek-V3.2"), {{1, 9999}});
  const Operator& indexer = named(operators, "indexer_decode");
  EXPECT_EQ(indexer.flops, 2.0 * 10'000 * 64 * 128);
  EXPECT_EQ(indexer.bytes_read, 64 * 128 * 2 + 10'000 * 128);  // fp8 keys
  EXPECT_EQ(named(operators, "attention_decode").flops, 2.0 * 2048 * 128 * (576 + 512));
}

TEST(SparseIndexer, SharedLayersReuseAnEarlierChoice) {
  int indexers = 0;
  int attentions = 0;
  for (const Operator& op : run(load_model("GLM-5.2"), {{1, 9999}})) {
    indexers += op.name == "indexer_decode" ? op.repeat : 0;
    attentions += op.name == "attention_decode" ? op.repeat : 0;
  }
  EXPECT_EQ(indexers, 21);
  EXPECT_EQ(attentions, 78);
}

TEST(SlidingWindow, DecodeReadsNoMoreThanItsSpan) {
  const auto operators = run(load_model("gpt-oss-120b"), {{1, 1000}});
  double keys = 0;
  for (const Operator& op : operators) {
    keys += op.op_class == OperatorClass::attention ? op.repeat * op.attention.work.cached_keys : 0;
  }
  EXPECT_EQ(keys, 18 * 128 + 18 * 1001);
}

TEST(OutputGate, DoublesTheQueryProjection) {
  const auto operators = run(load_model("Qwen3-Next-80B-A3B"), {{1, 9}});
  EXPECT_EQ(named(operators, "qkv_proj").gemm.n, 2 * 16 * 256 + 2 * 2 * 256);
  EXPECT_EQ(named(operators, "attention_gate").repeat, 12);
}

TEST(GatedDelta, DecodeReadsAndWritesOneStatePerSequence) {
  const auto operators = run(load_model("Qwen3-Next-80B-A3B"), {{1, 9}, {1, 5000}});
  const Operator& rule = named(operators, "delta_rule_decode");
  EXPECT_EQ(rule.repeat, 36);
  EXPECT_EQ(rule.recurrence.sequences, 2);
  EXPECT_EQ(rule.flops, 2 * 7.0 * 32 * 128 * 128);
  const double states = 2 * 32 * 128 * 128 * 2;
  EXPECT_EQ(rule.bytes_read, states + 2 * (2 * 2048 + 4096) * 2);
  EXPECT_EQ(rule.bytes_written, states + 2 * 4096 * 2);
  // Queries, keys, values and gate: 2048 + 2048 + 4096 + 4096.
  EXPECT_EQ(named(operators, "in_proj_qkvz").gemm.n, 12'288);
  EXPECT_EQ(named(operators, "in_proj_ba").gemm.n, 64);
}

TEST(GatedDelta, PrefillCostGrowsWithTokensNotWithTheirSquare) {
  const Model model = load_model("Qwen3-Next-80B-A3B");
  const auto flops = [&](std::int64_t tokens) {
    return named(run(model, {{tokens, 0}}), "delta_rule_prefill").flops;
  };
  EXPECT_EQ(flops(8192), 8 * flops(1024));
  EXPECT_EQ(flops(64), 64.0 * 32 * (2 * 64 * (3 * 128 + 2 * 128) + 6 * 128 * 128));
}

TEST(Mamba2, DecodeScansOneStatePerHeadInFloat32) {
  const auto operators = run(load_model("Nemotron-3-Nano-30B-A3B"), {{1, 9}});
  const Operator& scan = named(operators, "ssm_scan_decode");
  EXPECT_EQ(scan.repeat, 23);
  EXPECT_EQ(scan.flops, 6.0 * 64 * 64 * 128);
  EXPECT_EQ(scan.bytes_written, 64 * 64 * 128 * 4 + 64 * 64 * 2);
  // Gate and input of 4096, B and C of 8 groups x 128, dt of 64 heads.
  EXPECT_EQ(named(operators, "in_proj").gemm.n, 2 * 4096 + 2 * 8 * 128 + 64);
}

TEST(Mamba1, ScansSixteenStatesPerChannel) {
  const auto operators = run(load_model("Jamba-v0.1"), {{1, 9}});
  const Operator& scan = named(operators, "ssm_scan_decode");
  int layers = 0;
  for (const Operator& op : operators) {
    layers += op.name == "ssm_scan_decode" ? op.repeat : 0;
  }
  EXPECT_EQ(layers, 28);  // all but one in eight of 32
  EXPECT_EQ(scan.flops, 9.0 * 8192 * 16);
  EXPECT_EQ(named(operators, "x_proj").gemm.n, 256 + 2 * 16);
  EXPECT_EQ(named(operators, "dt_proj").gemm.k, 256);
}

TEST(Recurrence, PrefillsAndDecodesAreToldApartWithoutAnyAttention) {
  const auto operators = run(load_model("mamba2-130m"), {{1, 9}, {100, 0}});
  EXPECT_EQ(named(operators, "ssm_scan_decode").recurrence.tokens, 1);
  EXPECT_EQ(named(operators, "ssm_scan_prefill").recurrence.tokens, 100);
}

TEST(MoE, ReadsTheExpertsThatTokensHitOnAverage) {
  const auto operators = run(load_model("Mixtral-8x7B"), {{1, 9}, {1, 9}, {1, 9}, {1, 9}});
  const Operator& experts = named(operators, "moe_experts");
  // 8 (1 - (3/4)^4) of 8 experts.
  EXPECT_DOUBLE_EQ(experts.moe.experts_hit, 5.46875);
  EXPECT_DOUBLE_EQ(experts.weight_bytes, 5.46875 * 3 * 4096 * 14336 * 2);
  EXPECT_EQ(experts.moe.local_rows, 8);
  EXPECT_EQ(experts.flops, 2.0 * 8 * 3 * 4096 * 14336 + 9.0 * 8 * 14336);
  EXPECT_EQ(named(operators, "router").gemm.n, 8);
}

TEST(MoE, ExpertParallelRanksSeeTheTokensOfAllDataRanks) {
  const Model model = load_model("Qwen3-30B-A3B");
  const std::vector<Sequence> ten(10, Sequence{1, 9});
  const auto operators = run(model, ten, {.data = 2, .expert = true});
  const Operator& experts = named(operators, "moe_experts");
  EXPECT_EQ(experts.moe.tokens, 20);
  EXPECT_EQ(experts.moe.local_experts, 64);
  EXPECT_EQ(experts.moe.local_rows, 80);
  EXPECT_NEAR(experts.moe.experts_hit, 46.396237447, 1e-9);  // 64 (1 - (15/16)^20)
  EXPECT_EQ(named(operators, "router").gemm.m, 10);
  // Eight experts fall on both of two ranks but for 2 x (1/2)^8.
  const Operator& dispatch = named(operators, "dispatch");
  EXPECT_EQ(dispatch.collective.kind, CollectiveKind::all_to_all);
  EXPECT_DOUBLE_EQ(dispatch.collective.bytes, 10 * (2 - 2.0 / 256) * 2048 * 2);
  EXPECT_EQ(find(operators, "moe_all_reduce"), nullptr);
}

TEST(MoE, RowsOfAllRanksAddUpToTokensTimesTopk) {
  const Model model = load_model("Qwen3-235B-A22B");
  const std::vector<Sequence> batch = {{1, 9}, {64, 0}};
  for (const Parallelism split : {Parallelism{.tensor = 4, .expert = true},
                                  Parallelism{.tensor = 2, .data = 8, .expert = true}}) {
    const Operator experts = named(run(model, batch, split), "moe_experts");
    EXPECT_EQ(experts.moe.local_rows * split.expert_ranks(), 65.0 * split.data * 8);
    EXPECT_EQ(experts.moe.inter, 1536);
  }
}

TEST(MoE, TensorParallelExpertsAreSlicedAndSummed) {
  const Model model = load_model("Mixtral-8x7B");
  const auto operators = run(model, {{1, 9}}, {.tensor = 4});
  EXPECT_EQ(named(operators, "moe_experts").moe.inter, 14336 / 4);
  EXPECT_EQ(named(operators, "moe_all_reduce").collective.ranks, 4);
  EXPECT_EQ(find(operators, "dispatch"), nullptr);

  const auto flattened = run(model, {{1, 9}}, {.tensor = 2, .data = 2});
  EXPECT_EQ(named(flattened, "moe_experts").moe.inter, 14336 / 4);
  EXPECT_EQ(named(flattened, "dispatch").collective.kind, CollectiveKind::all_gather);
  EXPECT_EQ(named(flattened, "combine").collective.kind, CollectiveKind::reduce_scatter);
  EXPECT_EQ(named(flattened, "moe_all_reduce").collective.ranks, 2);
}

TEST(MoE, LatentExpertsWorkInTheNarrowWidth) {
  const auto operators = run(load_model("Nemotron-3-Super-120B-A12B"), {{1, 9}});
  EXPECT_EQ(named(operators, "moe_experts").moe.hidden, 1024);
  EXPECT_FALSE(named(operators, "moe_experts").moe.is_gated);
  EXPECT_EQ(named(operators, "latent_down_proj").gemm.n, 1024);
  EXPECT_EQ(named(operators, "latent_up_proj").gemm.n, 4096);
  EXPECT_EQ(named(operators, "shared_up_proj").gemm.n, 5376);
}

TEST(Formats, NarrowWeightsNarrowWhatProductsRead) {
  const auto operators = run(load_model("Qwen3-32B-FP8"), {{1, 9}});
  const Operator& product = named(operators, "down_proj");
  EXPECT_EQ(product.activation, DType::fp8);
  EXPECT_EQ(product.bytes_read, 25600);
  EXPECT_EQ(product.weight_bytes, 25600.0 * 5120);
  EXPECT_EQ(named(operators, "lm_head").weight, DType::bf16);
  EXPECT_EQ(named(operators, "lm_head").activation, DType::bf16);
}

TEST(UngatedMlp, HasTwoProductsAndLearnedPositions) {
  const auto operators = run(load_model("gpt2"), {{1, 9}});
  EXPECT_EQ(named(operators, "up_proj").gemm.n, 3072);
  EXPECT_EQ(find(operators, "gate_up_proj"), nullptr);
  EXPECT_EQ(find(operators, "rope"), nullptr);
  EXPECT_NE(find(operators, "position_embedding"), nullptr);
}

}  // namespace
}  // namespace moru
