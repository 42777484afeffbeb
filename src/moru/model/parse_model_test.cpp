#include "moru/model/config/family.h"
#include "moru/model/config/test_config.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace moru {
namespace {

TEST(ParseModel, UnknownKeyIsAnErrorThatNamesPlaceAndNearestKey) {
  const std::string error = error_with({{"num_key_value_head", "2"}});
  EXPECT_NE(error.find("config.json:8:1: error: 'num_key_value_head'"), std::string::npos) << error;
  EXPECT_NE(error.find("did you mean 'num_key_value_heads'"), std::string::npos) << error;
}

TEST(ParseModel, KeyOfAnotherKindOfModelIsNotPassedOver) {
  EXPECT_NE(error_with({{"index_topk", "2048"}}).find("'index_topk' is not a config key"),
            std::string::npos);
}

TEST(ParseModel, KeysThatDoNotChangeTheArithmeticAreIgnored) {
  EXPECT_EQ(error_with({{"rope_theta", "10000.0"},
                        {"rope_scaling", "{\"type\": \"no_such_scaling\"}"},
                        {"eos_token_id", "[1, 2]"},
                        {"attention_dropout", "0.1"},
                        {"sliding_window", "null"},
                        {"key_without_a_value", "null"}}),
            "");
}

struct Broken {
  std::map<std::string, std::string> changes;
  std::string says;
};

TEST(ParseModel, BrokenConfigsSayWhatIsWrong) {
  const std::string types = R"(["full_attention", "sliding_attention", "sliding_attention"])";
  const std::vector<Broken> table = {
      {{{"hidden_size", ""}}, "'hidden_size' is missing"},
      {{{"vocab_size", ""}}, "'vocab_size' is missing"},
      {{{"num_attention_heads", "0"}}, "'num_attention_heads' must be at least 1, not 0"},
      {{{"num_attention_heads", "-8"}}, "must be a whole number from 0 to 1,000,000, not '-8'"},
      {{{"num_attention_heads", "8.5"}}, "not '8.5'"},
      {{{"num_attention_heads", "\"8\""}}, "not '8'"},
      {{{"num_attention_heads", "[8]"}}, "not a list"},
      {{{"num_key_value_heads", "3"}}, "8 query heads cannot share 3 key heads evenly"},
      {{{"num_key_value_heads", "0"}}, "8 query heads cannot share 0 key heads evenly"},
      {{{"hidden_size", "65"}}, "hidden size 65 is not a multiple of 8 heads; state 'head_dim'"},
      {{{"head_dim", "0"}}, "'head_dim' must be at least 1, not 0"},
      {{{"num_hidden_layers", "20000000"}}, "must be a whole number"},
      {{{"num_hidden_layers", "20000"}}, "20000 layers are more than the 10000"},
      {{{"num_experts", "4"}, {"num_experts_per_tok", "5"}}, "cannot choose 5 of 4 experts"},
      {{{"num_experts", "4"}}, "'num_experts_per_tok' is missing"},
      {{{"layer_types", types}}, "'layer_types' has 3 entries for 4 layers"},
      {{{"layer_types", R"(["a", "a", "a", "a"])"}}, "'a' is not a kind of layer"},
      {{{"layer_types", R"(["sliding_attention", "full_attention", "full_attention",
         "full_attention"])"}},
       "'sliding_window' does not say how many"},
      {{{"sliding_window", "128"}}, "no key says which layers slide"},
      {{{"torch_dtype", "\"int3\""}}, "'int3' is not a dtype"},
      {{{"tie_word_embeddings", "1"}}, "'tie_word_embeddings' must be true or false, not '1'"},
      {{{"is_encoder_decoder", "true"}}, "only the value false is modelled"},
      {{{"model_type", "\"deepseek_v4\""}}, "model_type 'deepseek_v4' is not modelled"},
      {{{"moe_layer_freq", "0"}}, "layers cannot repeat every 0 layers"},
      {{{"hybrid_override_pattern", "\"MX\""}}, "'X' is not a kind of layer"},
      {{{"hybrid_override_pattern", "\"MM\""}}, "the pattern names 2 layers"},
      {{{"sliding_window_pattern", "\"LAG\""}}, "must be letters L and G or a period"},
      {{{"quantization_config", "{\"quant_method\": \"exl9\"}"}}, "quantisation is not modelled"},
  };
  for (const Broken& broken : table) {
    const std::string error = error_with(broken.changes);
    EXPECT_NE(error.find(broken.says), std::string::npos)
        << "wanted: " << broken.says << "\ngot: " << error;
    EXPECT_NE(error.find("config.json"), std::string::npos) << error;
  }
}

TEST(ParseModel, AllProblemsOfAFileAreReportedAtOnce) {
  const std::string error = error_with({{"vocab_size", ""}, {"surprise", "1"}, {"head_dim", "0"}});
  EXPECT_NE(error.find("'vocab_size'"), std::string::npos);
  EXPECT_NE(error.find("'surprise'"), std::string::npos);
  EXPECT_NE(error.find("'head_dim'"), std::string::npos);
}

TEST(ParseModel, UnknownModelTypeReadsAsLlamaAndSaysSo) {
  set_quiet(true);
  const Model model = model_with({{"model_type", "\"brand_new\""}});
  set_quiet(false);
  EXPECT_TRUE(model.layers.front().feed_forward.is_gated);
  ASSERT_EQ(model.notes.size(), 1U);
  EXPECT_NE(model.notes.front().find("'brand_new' is not known"), std::string::npos);
}

TEST(ParseModel, ArchitectureStandsForAMissingModelType) {
  const Model model =
      model_with({{"model_type", ""}, {"architectures", R"(["Qwen3MoeForCausalLM"])"}});
  EXPECT_EQ(model.type, "qwen3_moe");
  EXPECT_TRUE(model.layers.front().mixer.has_qk_norm);
}

TEST(ParseModel, PythonsInfinityIsRead) {
  EXPECT_EQ(error_with({{"time_step_limit", "[0.0, Infinity]"}, {"initializer_range", "NaN"}}), "");
  // A text that says Infinity stays what it is.
  EXPECT_NE(error_with({{"torch_dtype", "\"Infinity\""}}).find("'Infinity' is not a dtype"),
            std::string::npos);
}

TEST(ParseModel, NestedTextConfigHoldsTheLanguageModel) {
  const std::string text =
      R"({"model_type": "qwen3_vl", "tie_word_embeddings": true, "vision_config": {"depth": 2},
          "text_config": {"model_type": "qwen3_vl_text", "hidden_size": 64, "num_hidden_layers": 2,
          "num_attention_heads": 4, "intermediate_size": 96, "vocab_size": 100}})";
  const Model model = parse_model(text, "nested.json");
  EXPECT_EQ(model.type, "qwen3_vl_text");
  EXPECT_TRUE(model.tie_word_embeddings);
  EXPECT_EQ(model.layers.size(), 2U);
}

TEST(ParseModel, FamiliesDifferWhereNoKeySaysSo) {
  EXPECT_TRUE(model_with({{"model_type", "\"qwen2\""}}).layers[0].mixer.has_qkv_bias);
  EXPECT_FALSE(model_with({{"model_type", "\"qwen2\""}}).layers[0].mixer.has_output_bias);
  EXPECT_TRUE(model_with({{"model_type", "\"qwen3\""}}).layers[0].mixer.has_qk_norm);
  EXPECT_TRUE(model_with({{"model_type", "\"gemma\""}}).tie_word_embeddings);
  EXPECT_FALSE(model_with({}).tie_word_embeddings);
  EXPECT_FALSE(model_with({{"model_type", "\"opt\""}}).layers[0].feed_forward.is_gated);
  EXPECT_EQ(model_with({{"model_type", "\"opt\""}}).position_embeddings, 514);
  EXPECT_EQ(model_with({{"model_type", "\"gemma3\""}, {"sliding_window", "null"}}).layers[0].norms,
            4);
}

TEST(ParseModel, SlidingWindowsFollowEachFamilysRule) {
  const auto windows = [](const std::map<std::string, std::string>& changes) {
    std::string pattern;
    for (const Layer& layer : model_with(changes).layers) {
      pattern += layer.mixer.rule.kind == ContextKind::window  ? 'L'
                 : layer.mixer.rule.kind == ContextKind::chunk ? 'C'
                                                               : 'G';
    }
    return pattern;
  };
  const std::pair<std::string, std::string> span = {"sliding_window", "16"};
  EXPECT_EQ(windows({{"model_type", "\"mistral\""}, span}), "LLLL");
  // A window as long as the longest sequence is none.
  EXPECT_EQ(windows({{"model_type", "\"phi3\""}, {"sliding_window", "512"}}), "GGGG");
  EXPECT_EQ(windows({{"model_type", "\"qwen2\""}, span}), "GGGG");
  EXPECT_EQ(windows({{"model_type", "\"qwen2\""},
                     span,
                     {"use_sliding_window", "true"},
                     {"max_window_layers", "3"}}),
            "GGGL");
  EXPECT_EQ(windows({{"model_type", "\"gemma2\""}, span}), "LGLG");
  EXPECT_EQ(windows({{"model_type", "\"gemma3\""}, span, {"sliding_window_pattern", "3"}}), "LLGL");
  EXPECT_EQ(windows({{"model_type", "\"exaone4\""}, span, {"sliding_window_pattern", "\"LLLG\""}}),
            "LLLG");
  EXPECT_EQ(windows({{"model_type", "\"llama4\""},
                     {"attention_chunk_size", "16"},
                     {"intermediate_size_mlp", "256"}}),
            "CCCG");
}

TEST(ParseModel, ExpertLayersFollowEachSpelling) {
  const auto experts = [](std::map<std::string, std::string> changes) {
    changes.insert({{"num_experts", "4"}, {"num_experts_per_tok", "2"}});
    std::string pattern;
    for (const Layer& layer : model_with(changes).layers) {
      pattern += layer.feed_forward.kind == FeedForwardKind::moe ? 'E' : '-';
    }
    return pattern;
  };
  EXPECT_EQ(experts({}), "EEEE");
  EXPECT_EQ(experts({{"first_k_dense_replace", "1"}}), "-EEE");
  EXPECT_EQ(experts({{"decoder_sparse_step", "2"}}), "-E-E");
  EXPECT_EQ(experts({{"mlp_only_layers", "[2]"}}), "EE-E");
  EXPECT_EQ(experts({{"moe_layer_freq", "[0, 0, 1, 1]"}}), "--EE");
  EXPECT_EQ(experts({{"expert_layer_period", "2"}, {"expert_layer_offset", "1"}}), "-E-E");
  EXPECT_EQ(experts({{"mlp_layer_types", R"(["dense", "sparse", "dense", "sparse"])"}}), "-E-E");
  EXPECT_EQ(experts({{"is_moe_layer", "[false, true, true, false]"}}), "-EE-");
}

TEST(ParseModel, FamiliesAreNamedOnce) {
  std::vector<std::string_view> seen;
  for (const Family& family : all_families()) {
    EXPECT_EQ(std::find(seen.begin(), seen.end(), family.model_type), seen.end())
        << family.model_type;
    EXPECT_EQ(reason_not_modelled(family.model_type), "");
    seen.push_back(family.model_type);
  }
}

TEST(ParseModel, LargestValuesDoNotOverflow) {
  const std::string most = "1000000";
  const std::map<std::string, std::string> sizes = {{"hidden_size", most},
                                                    {"num_attention_heads", most},
                                                    {"num_key_value_heads", most},
                                                    {"intermediate_size", most},
                                                    {"vocab_size", "1000000000"}};
  std::map<std::string, std::string> dense = sizes;
  dense["head_dim"] = most;
  std::map<std::string, std::string> latent = sizes;
  for (const char* key : {"q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim",
                          "v_head_dim", "index_topk", "index_n_heads", "index_head_dim",
                          "n_routed_experts", "num_experts_per_tok", "n_shared_experts"}) {
    latent[key] = most;
  }
  latent["model_type"] = "\"deepseek_v32\"";
  std::map<std::string, std::string> scan = sizes;
  for (const char* key : {"mamba_num_heads", "mamba_head_dim", "ssm_state_size", "n_groups",
                          "conv_kernel", "chunk_size", "head_dim"}) {
    scan[key] = most;
  }
  scan["model_type"] = "\"nemotron_h\"";
  scan["hybrid_override_pattern"] = "\"M*-E\"";
  scan["num_experts"] = scan["num_experts_per_tok"] = most;
  for (const auto& changes : {dense, latent, scan}) {
    const Model model = model_with(changes);
    const std::vector<Sequence> sequences = {{1, 1'000'000}, {1000, 0}};
    const BatchWork batch = batch_work(model.context_rules(), sequences);
    EXPECT_GT(count_parameters(model).total, 0);
    EXPECT_GT(kv_bytes_per_sequence(model, {}, 1e9), 0);
    EXPECT_GT(activation_peak_bytes(model, {}, 1000, 1), 0);
    for (const Operator& op : forward(model, {}, batch)) {
      EXPECT_GE(op.flops, 0) << op.name;
      EXPECT_GE(op.gemm.n, 0) << op.name;
    }
  }
}

// Either a model or an Error, whatever the text.
RC_GTEST_PROP(ParseModel, NeverCrashesOnDamagedText, ()) {
  std::string text = config_text({{"num_experts", "4"},
                                  {"num_experts_per_tok", "2"},
                                  {"layer_types", R"(["full_attention", "sliding_attention"])"},
                                  {"quantization_config", R"({"quant_method": "fp8"})"}});
  const auto edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = *rc::gen::elementOf(std::string("0919-\"[]{},:ex n\\"));
  }
  set_quiet(true);
  try {
    const Model model = parse_model(text, "damaged.json");
    RC_ASSERT(count_parameters(model).total > 0);
  } catch (const Error& error) {
    RC_ASSERT(std::string(error.what()).find("damaged.json") != std::string::npos);
  }
  set_quiet(false);
}

}  // namespace
}  // namespace moru
