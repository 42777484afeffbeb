#include "moru/base/catalogue.h"
#include "moru/base/file.h"
#include "moru/base/node.h"
#include "moru/base/text.h"
#include "moru/model/config/test_config.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace moru {
namespace {

// Sourced by hand from configs: 2 x layers x key heads x head_dim x 2 bytes, MLA: layers x 576 x 2.
TEST(KvBytesPerToken, EqualTheFiguresOfTheDemandFacts) {
  const std::string path = measured_data_root() + "/../facts/demand.yaml";
  if (!file_exists(path)) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << path << " is absent";
    GTEST_SKIP() << "SKIP " << path << " is absent";
  }
  const std::pair<const char*, const char*> names[] = {
      {"llama3.1-8b", "Llama-3.1-8B"},        {"llama3.1-70b", "Llama-3.1-70B"},
      {"llama3.1-405b", "Llama-3.1-405B"},    {"mixtral-8x22b", "Mixtral-8x22B-v0.1"},
      {"qwen3-235b-a22b", "Qwen3-235B-A22B"}, {"exaone-4.0-32b", "EXAONE-4.0-32B"},
      {"gpt-oss-120b", "gpt-oss-120b"},       {"deepseek-v3/r1 (MLA)", "DeepSeek-V3"},
      {"kimi-k2 (MLA)", "Kimi-K2-Instruct"}};
  const Document facts = read_document(path);
  const Node* table = facts.root.find("kv_cache_bytes_per_token_16bit");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->entries.size(), std::size(names));
  for (const auto& [fact, model] : names) {
    const Node* bytes = table->find(fact);
    ASSERT_NE(bytes, nullptr) << fact;
    EXPECT_EQ(kv_bytes_per_token(load_model(model)), parse_double(bytes->text)) << fact;
  }
}

TEST(KvBytesPerToken, EqualTheFiguresComputedByHand) {
  EXPECT_EQ(kv_bytes_per_token(load_model("Llama-3.1-8B")), 2 * 32 * 8 * 128 * 2);
  EXPECT_EQ(kv_bytes_per_token(load_model("DeepSeek-V3")), 61 * (512 + 64) * 2);
  // The indexer's keys: 128 bytes of fp8 and a four-byte scale.
  EXPECT_EQ(kv_bytes_per_token(load_model("DeepSeek-V3.2")), 61 * ((512 + 64) * 2 + 132));
  EXPECT_EQ(kv_bytes_per_token(load_model("Qwen3-Next-80B-A3B")), 2 * 12 * 2 * 256 * 2);
  EXPECT_EQ(kv_bytes_per_token(load_model("mamba2-130m")), 0);
}

TEST(KvBytesPerSequence, WindowsStopGrowing) {
  const Model model = load_model("gpt-oss-120b");  // 18 full layers, 18 of 128 tokens
  const double per_layer = 8 * 64 * 2 * 2;
  EXPECT_EQ(kv_bytes_per_sequence(model, {}, 100), 36 * 100 * per_layer);
  EXPECT_EQ(kv_bytes_per_sequence(model, {}, 10'000), 18 * (10'000 + 128) * per_layer);
}

TEST(KvBytesPerSequence, RecurrentStateDoesNotGrow) {
  // Mamba-2: 24 layers, 24 heads of 64 x 128 states, a window of 3 x (1536 + 2 x 128) inputs.
  const double state = 24.0 * (24 * 64 * 128 + 3 * 1792) * 2;
  const Model model = load_model("mamba2-130m");
  EXPECT_EQ(kv_bytes_per_sequence(model, {}, 1), state);
  EXPECT_EQ(kv_bytes_per_sequence(model, {}, 1'000'000), state);
}

TEST(KvBlockBytes, TensorParallelismSplitsHeadsUntilTheyAreCopied) {
  const Model model = load_model("Llama-3.1-70B");  // 8 key heads
  const double whole = 16.0 * 2 * 80 * 8 * 128 * 2;
  EXPECT_EQ(kv_block_bytes(model, {}, 16), whole);
  EXPECT_EQ(kv_block_bytes(model, {.tensor = 4}, 16), whole / 4);
  EXPECT_EQ(kv_block_bytes(model, {.tensor = 8}, 16), whole / 8);
  EXPECT_EQ(kv_block_bytes(model, {.tensor = 16}, 16), whole / 8);
  EXPECT_EQ(kv_block_bytes(model, {.tensor = 8, .pipeline = 2}, 16), whole / 16);
}

TEST(WeightBytes, DenseModelSplitsAllButItsNorms) {
  const Model model = load_model("Llama-3.1-70B");
  const double whole = weight_bytes_per_chip(model, {});
  EXPECT_EQ(whole, 2 * count_parameters(model).total);
  const double norms = (2 * 80 + 1) * 8192 * 2;
  for (const int tensor : {2, 4, 8}) {
    EXPECT_EQ(tensor * weight_bytes_per_chip(model, {.tensor = tensor}),
              whole + (tensor - 1) * norms);
  }
}

TEST(WeightBytes, ExpertsAreSplitOverTensorAndDataRanks) {
  const Model model = load_model("Qwen3-30B-A3B");
  const double experts = 48.0 * 128 * 3 * 768 * 2048 * 2;
  const double rest = weight_bytes_per_chip(model, {}) - experts;
  EXPECT_EQ(weight_bytes_per_chip(model, {.data = 4, .expert = true}), rest + experts / 4);
  // Without expert parallelism vLLM slices every expert over the same ranks.
  EXPECT_EQ(weight_bytes_per_chip(model, {.data = 4, .expert = false}), rest + experts / 4);
}

TEST(WeightBytes, FormatsCountTheirBlockScales) {
  const Model model = load_model("gpt-oss-120b");
  // 36 layers of 128 experts: products of 2880 x 2880, and 3 x 2880 biases, at 4.25 bits.
  const double experts = 36.0 * 128 * (3.0 * 2880 * 2880 + 3 * 2880);
  const double rest = count_parameters(model).total - experts;
  EXPECT_NEAR(weight_bytes_per_chip(model, {}), experts * 4.25 / 8 + rest * 2, 1);
}

TEST(WeightBytes, TiedHeadIsStoredTwiceOnlyAcrossStages) {
  const Model model = load_model("Qwen3-0.6B");
  EXPECT_EQ(weight_bytes_per_chip(model, {}), 2 * count_parameters(model).total);
  const double table = 151936.0 * 1024 * 2;
  const double both = weight_bytes_per_chip(model, {.pipeline = 2});
  EXPECT_GT(2 * both, weight_bytes_per_chip(model, {}) + table - 1);
}

TEST(ActivationPeak, IsTheWidestLayerOrTheLogits) {
  const Model model = load_model("Llama-3.1-8B");
  // Hidden state, residual, and gate, up and product of the MLP: 2 x 4096 + 3 x 14336 elements.
  EXPECT_EQ(activation_peak_bytes(model, {}, 2048, 1), 2048.0 * (2 * 4096 + 3 * 14336) * 2);
  // 512 rows of 128256 logits in bf16 and fp32.
  EXPECT_EQ(activation_peak_bytes(model, {}, 512, 512), 512.0 * (2 * 4096 * 2 + 128256 * 6));
}

TEST(Parallelism, ImpossibleSplitsHaveAReason) {
  const Model model = load_model("Llama-3.1-8B");
  EXPECT_FALSE(parallelism_problem(model, {.tensor = 8, .pipeline = 4}).has_value());
  EXPECT_NE(parallelism_problem(model, {.tensor = 3})->find("32 attention heads"),
            std::string::npos);
  EXPECT_NE(parallelism_problem(model, {.pipeline = 33})->find("32 layers"), std::string::npos);
  EXPECT_TRUE(parallelism_problem(model, {.tensor = 0}).has_value());
  const Model mixtral = load_model("Mixtral-8x7B");
  EXPECT_TRUE(parallelism_problem(mixtral, {.data = 16, .expert = true}).has_value());
}

TEST(StageLayers, RemainderGoesToTheStagesBeforeTheLast) {
  // vLLM's get_pp_indices: 61 layers over 4 stages are 15, 15, 16, 15.
  const int sizes[] = {15, 15, 16, 15};
  int first = 0;
  for (int stage = 0; stage < 4; ++stage) {
    const LayerRange range = stage_layers(61, 4, stage);
    EXPECT_EQ(range.first, first);
    EXPECT_EQ(range.last - range.first, sizes[stage]);
    first = range.last;
  }
  EXPECT_EQ(stage_layers(7, 4, 0).last, 2);
  EXPECT_EQ(stage_layers(7, 4, 3).first, 6);
}

}  // namespace
}  // namespace moru
