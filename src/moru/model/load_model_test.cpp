#include "moru/base/error.h"
#include "moru/model/model.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

Model load_quietly(const std::string& name) {
  set_quiet(true);
  Model model = load_model(name);
  set_quiet(false);
  return model;
}

TEST(LoadModel, AliasesAndCaseLeadToTheSameModel) {
  for (const char* name : {"meta-llama/Llama-3.1-8B", "Llama-3.1-8B", "llama-3.1-8b",
                           "Meta-Llama-3.1-8B-Instruct", "unsloth/Llama-3.1-8B"}) {
    EXPECT_EQ(load_model(name).id, "meta-llama/Llama-3.1-8B") << name;
  }
}

TEST(LoadModel, UnshippedVariantFallsBackToItsBaseWithThatFormat) {
  const Model fp8 = load_quietly("RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8");
  EXPECT_EQ(fp8.weights.attention, DType::fp8);
  EXPECT_EQ(fp8.weights.activation, DType::fp8);
  EXPECT_EQ(fp8.kv, DType::bf16);
  ASSERT_FALSE(fp8.notes.empty());
  EXPECT_NE(fp8.notes.back().find("read as meta-llama/Llama-3.1-8B"), std::string::npos);

  EXPECT_EQ(load_quietly("amd/Llama-3.1-70B-Instruct-FP8-KV").kv, DType::fp8);
  EXPECT_EQ(load_quietly("Qwen/Qwen3-4B-AWQ").weights.mlp, DType::int4);
}

TEST(LoadModel, VariantOverridesTheFormatOfItsBase) {
  const Model nvfp4 = load_quietly("nvidia/DeepSeek-R1-NVFP4");  // the base is fp8
  EXPECT_EQ(nvfp4.weights.experts, DType::nvfp4);
  EXPECT_EQ(nvfp4.weights.attention, DType::bf16);
  EXPECT_EQ(load_quietly("unsloth/DeepSeek-R1-BF16").weights.experts, DType::bf16);
}

TEST(LoadModel, ShippedVariantKeepsItsOwnFile) {
  EXPECT_EQ(load_model("nvidia/MiniMax-M2.5-NVFP4").weights.experts, DType::nvfp4);
  EXPECT_EQ(load_model("nvidia/MiniMax-M2.5-NVFP4").kv, DType::fp8);
}

TEST(LoadModel, FolderAndFileAreReadAsThemselves) {
  const std::string folder = MORU_SOURCE_DIR "/data/models/meta-llama/Llama-3.1-8B";
  EXPECT_EQ(load_model(folder).layers.size(), 32U);
  EXPECT_EQ(load_model(folder + "/config.json").layers.size(), 32U);
}

TEST(LoadModel, UnknownNameNamesTheNearestOne) {
  try {
    load_model("meta-lama/Llama-3.1-8B-Instruc");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'meta-llama/Llama-3.1-8B-Instruct'"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace moru
