#include "moru/model/config/family.h"

#include "moru/base/text.h"

#include <string>
#include <utility>

namespace moru {
namespace {

// From the modeling files of transformers 4.57 and, for newer ones, of vLLM 0.19.
constexpr Family kFamilies[] = {
    {"llama"},
    {"mistral", kWindowEverywhere},
    {"mixtral", kWindowEverywhere},
    {"solar", kWindowUnused},  // block skip connections (bskcn_*) scale four layer inputs, no more
    {"solar_open"},
    {"phi3", kWindowEverywhere},
    {"exaone"},
    {"exaone4", kQkNorm},
    {"exaone4_5", kQkNorm},
    {"exaone4_5_text", kQkNorm},
    {"exaone_moe", kQkNorm},
    {"qwen2", kQkvBias | kWindowOnRequest},
    {"qwen2_moe", kQkvBias | kWindowOnRequest | kSharedGate},
    {"qwen3", kQkNorm | kWindowOnRequest},
    {"qwen3_moe", kQkNorm | kWindowOnRequest},
    {"qwen3_vl", kQkNorm | kWindowOnRequest},
    {"qwen3_vl_text", kQkNorm | kWindowOnRequest},
    {"qwen3_vl_moe", kQkNorm | kWindowOnRequest},
    {"qwen3_vl_moe_text", kQkNorm | kWindowOnRequest},
    {"qwen3_next", kQkNorm | kOutputGate | kSharedGate | kLinearByInterval | kWindowOnRequest},
    {"qwen3_5", kQkNorm | kOutputGate | kLinearByInterval},
    {"qwen3_5_text", kQkNorm | kOutputGate | kLinearByInterval},
    {"qwen3_5_moe", kQkNorm | kOutputGate | kSharedGate | kLinearByInterval},
    {"qwen3_5_moe_text", kQkNorm | kOutputGate | kSharedGate | kLinearByInterval},
    {"mimo", kQkvBias | kWindowOnRequest},
    {"mimo_v2_flash"},
    {"gpt2", kQkvBias | kOutputBias | kNoRope | kUngated | kMlpBias | kMlpFourTimes | kNormBias |
                 kTied | kLearnedPositions},
    {"opt",
     kQkvBias | kOutputBias | kNoRope | kUngated | kMlpBias | kNormBias | kTied | kLearnedPositions,
     2},
    {"bloom", kQkvBias | kOutputBias | kNoRope | kUngated | kMlpBias | kMlpFourTimes | kNormBias |
                  kTied | kEmbeddingNorm},
    {"gptj", kUngated | kMlpBias | kMlpFourTimes | kNormBias | kOneNorm | kHeadBias},
    {"falcon", kMultiQuery | kUngated | kMlpFourTimes | kNormBias | kOneNorm | kTied},
    {"gemma", kTied},
    {"gemma2", kTied | kFourNorms | kWindowAlternates},
    {"gemma3", kTied | kFourNorms | kQkNorm},
    {"gemma3_text", kTied | kFourNorms | kQkNorm},
    {"gemma4", kTied | kFourNorms | kQkNorm | kDenseBesideExperts},
    {"gemma4_text", kTied | kFourNorms | kQkNorm | kDenseBesideExperts},
    {"deepseek_v2"},
    {"deepseek_v3"},
    {"deepseek_v32"},
    {"kimi_k2"},
    {"axk1", kPostMlpNorm},
    {"glm4_moe", kNoOutputBias},
    {"glm_moe_dsa"},
    {"minimax_m2"},
    {"gpt_oss", kSinks | kRouterBias},
    {"llama4", kSharedExpert},
    {"llama4_text", kSharedExpert},
    {"nemotron_h", kNoRope | kUngated | kOneNorm},
    {"jamba", kNoRope | kDtNorms | kWindowUnused},
    {"mamba", kRecurrent | kOneNorm | kTied},
    {"mamba2", kRecurrent | kOneNorm | kTied},
};

// Their configs would read as something else, or as nothing anybody could act on.
constexpr std::string_view kEncoder = "an encoder, which generates no tokens";
constexpr std::string_view kEncoderDecoder = "an encoder and a decoder with cross-attention";
constexpr std::pair<std::string_view, std::string_view> kNotModelled[] = {
    {"deepseek_v4",
     "attention over compressed keys ('compress_ratios') and hyper-connections "
     "('hc_mult')"},
    {"deepseek_ref",
     "attention over compressed keys ('compress_ratios') and hyper-connections "
     "('hc_mult')"},
    {"kimi_k3", "Kimi Delta Attention ('linear_attn_config') and attention residuals"},
    {"kimi_linear", "Kimi Delta Attention ('linear_attn_config')"},
    {"minimax_m3", "block-sparse attention ('sparse_attention_config')"},
    {"step3p7", "the heads of its sliding layers, which differ and which no key here states"},
    {"bert", kEncoder},
    {"roberta", kEncoder},
    {"xlm-roberta", kEncoder},
    {"distilbert", kEncoder},
    {"albert", kEncoder},
    {"electra", kEncoder},
    {"deberta-v2", kEncoder},
    {"modernbert", kEncoder},
    {"nomic_bert", kEncoder},
    {"clip", kEncoder},
    {"siglip", kEncoder},
    {"vit", kEncoder},
    {"t5", kEncoderDecoder},
    {"mt5", kEncoderDecoder},
    {"umt5", kEncoderDecoder},
    {"bart", kEncoderDecoder},
    {"mbart", kEncoderDecoder},
    {"pegasus", kEncoderDecoder},
    {"m2m_100", kEncoderDecoder},
    {"marian", kEncoderDecoder},
    {"whisper", kEncoderDecoder},
};

// "Qwen3Moe" and "qwen3_moe" are one name.
std::string plain_name(std::string_view text) {
  std::string plain = to_lower(text);
  std::erase(plain, '_');
  return plain;
}

}  // namespace

const Family* find_family(std::string_view model_type) {
  for (const Family& family : kFamilies) {
    if (family.model_type == model_type) {
      return &family;
    }
  }
  return nullptr;
}

const Family* family_of_architecture(std::string_view name) {
  for (const std::string_view ending : {"ForCausalLM", "LMHeadModel", "ForConditionalGeneration"}) {
    if (!name.ends_with(ending)) {
      continue;
    }
    const std::string plain = plain_name(name.substr(0, name.size() - ending.size()));
    for (const Family& family : kFamilies) {
      if (plain_name(family.model_type) == plain) {
        return &family;
      }
    }
  }
  return nullptr;
}

std::string_view reason_not_modelled(std::string_view model_type) {
  for (const auto& [type, reason] : kNotModelled) {
    if (type == model_type) {
      return reason;
    }
  }
  return "";
}

const Family& llama_family() { return kFamilies[0]; }

std::span<const Family> all_families() { return kFamilies; }

}  // namespace moru
