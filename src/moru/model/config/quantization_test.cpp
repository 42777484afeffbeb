#include "moru/model/config/module_pattern.h"
#include "moru/model/config/test_config.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

bool covers(std::string_view pattern, std::string_view module) {
  std::vector<std::string> globs;
  append_module_globs(pattern, globs);
  return is_covered_module(globs, module);
}

TEST(ModulePattern, NamesGlobsAndExpressionsCoverModules) {
  EXPECT_TRUE(covers("lm_head", "lm_head"));
  EXPECT_TRUE(covers("model.layers.3.self_attn", "model.layers.3.self_attn.q_proj"));
  EXPECT_FALSE(covers("model.layers.3", "model.layers.31.self_attn.q_proj"));
  EXPECT_TRUE(covers("model.layers.*.self_attn*", "model.layers.31.self_attn.q_proj"));
  EXPECT_TRUE(covers("re:.*self_attn.*", "model.layers.3.self_attn.q_proj"));
  EXPECT_TRUE(covers("re:.*mlp\\.(gate|up)_proj.*", "model.layers.0.mlp.up_proj"));
  EXPECT_FALSE(covers("re:.*mlp\\.(gate|up)_proj.*", "model.layers.0.mlp.experts.0.up_proj"));
  EXPECT_TRUE(covers("re:model\\.layers\\.\\d+\\.mlp", "model.layers.12.mlp.down_proj"));
}

Model quantised(const std::string& quantization, std::string experts = "4") {
  return model_with({{"model_type", "\"qwen3_moe\""},
                     {"num_experts", std::move(experts)},
                     {"num_experts_per_tok", "2"},
                     {"quantization_config", quantization}});
}

TEST(Quantization, Fp8ConvertsAllProductsButNotTheHead) {
  const Model model = quantised(R"({"quant_method": "fp8", "activation_scheme": "dynamic",
                                    "weight_block_size": [128, 128]})");
  EXPECT_EQ(model.weights.attention, DType::fp8);
  EXPECT_EQ(model.weights.mlp, DType::fp8);
  EXPECT_EQ(model.weights.experts, DType::fp8);
  EXPECT_EQ(model.weights.activation, DType::fp8);
  EXPECT_EQ(model.weights.head, DType::bf16);
  EXPECT_EQ(model.weights.embedding, DType::bf16);
  EXPECT_EQ(model.kv, DType::bf16);
}

TEST(Quantization, IgnoreListsLeavePartsAlone) {
  const Model model = quantised(R"({"quant_method": "modelopt", "quant_algo": "NVFP4",
      "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "float", "group_size": 16},
      "input_activations": {"num_bits": 4, "type": "float", "group_size": 16}}},
      "ignore": ["lm_head", "model.layers.*.self_attn*"],
      "kv_cache_scheme": {"num_bits": 8, "type": "float"}})");
  EXPECT_EQ(model.weights.attention, DType::bf16);
  EXPECT_EQ(model.weights.experts, DType::nvfp4);
  EXPECT_EQ(model.weights.activation, DType::nvfp4);
  EXPECT_EQ(model.kv, DType::fp8);
}

TEST(Quantization, OneIgnoredLayerDoesNotMakeAPartUnconverted) {
  const Model model =
      quantised(R"({"quant_method": "fp8", "ignored_layers": ["model.layers.0.self_attn"]})");
  EXPECT_EQ(model.weights.attention, DType::fp8);
}

TEST(Quantization, FourBitIntegersMultiplyInSixteenBits) {
  const Model model = quantised(R"({"quant_method": "awq", "bits": 4, "group_size": 128})");
  EXPECT_EQ(model.weights.experts, DType::int4);
  EXPECT_EQ(model.weights.activation, DType::bf16);
}

TEST(Quantization, Mxfp4ConvertsExpertsAlone) {
  const Model model = quantised(R"({"quant_method": "mxfp4"})");
  EXPECT_EQ(model.weights.experts, DType::mxfp4);
  EXPECT_EQ(model.weights.attention, DType::bf16);
  EXPECT_EQ(model.weights.mlp, DType::bf16);
}

TEST(Quantization, CompressedTensorsTellTheirFormatByBitsTypeAndGroup) {
  const auto weight = [](const std::string& weights) {
    return quantised(
               R"({"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": )" +
               weights + "}}}")
        .weights;
  };
  EXPECT_EQ(weight(R"({"num_bits": 4, "type": "int", "group_size": 32})").experts, DType::int4);
  EXPECT_EQ(weight(R"({"num_bits": 4, "type": "float", "group_size": 32})").experts, DType::mxfp4);
  EXPECT_EQ(weight(R"({"num_bits": 8, "type": "int"})").attention, DType::int8);
  EXPECT_EQ(weight(R"({"num_bits": 8, "type": "float"})").activation, DType::bf16);
}

TEST(Quantization, UnknownKeyIsAnError) {
  const std::string error = error_with({{"quantization_config", R"({"quant_methd": "fp8"})"}});
  EXPECT_NE(error.find("did you mean 'quant_method'"), std::string::npos) << error;
}

}  // namespace
}  // namespace moru
