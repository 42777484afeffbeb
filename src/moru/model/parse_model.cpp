#include "moru/base/text.h"
#include "moru/model/config/layer_plan.h"
#include "moru/model/config/quantization.h"
#include "moru/model/op/block.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace moru {
namespace {

// Python writes Infinity and NaN into JSON (Nemotron's time_step_limit). Outside of strings they
// become null, padded so that every other place stays where it was.
std::string without_nonfinite(const std::string& json) {
  std::string text = json;
  bool is_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_string && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_string = !is_string;
    } else if (!is_string) {
      for (const std::string_view word : {"-Infinity", "Infinity", "NaN"}) {
        if (text.compare(i, word.size(), word) == 0) {
          const std::string_view stand_in = word.size() < 4 ? "0" : "null";
          text.replace(i, word.size(),
                       std::string(stand_in) + std::string(word.size() - stand_in.size(), ' '));
        }
      }
    }
  }
  return text;
}

// The family that a config without model_type belongs to: mamba_ssm's own checkpoints have none.
std::string type_of(ConfigReader& config) {
  const Node* ssm = config.find({"ssm_cfg"});
  std::string type = config.text({"model_type"});
  if (type.empty() && ssm != nullptr && ssm->is_map()) {
    const Node* layer = ssm->find("layer");
    type = layer != nullptr && layer->text == "Mamba2" ? "mamba2" : "mamba";
  }
  for (const std::string& name : config.list({"architectures"})) {
    if (const Family* family = type.empty() ? family_of_architecture(name) : nullptr) {
      type = family->model_type;
    }
  }
  if (const std::string_view reason = reason_not_modelled(type); !reason.empty()) {
    config.error({"model_type"}, fmt::format("model_type '{}' is not modelled: {}", type, reason));
  }
  return type;
}

DType read_dtype(ConfigReader& config, std::string_view key_a, std::string_view key_b,
                 DType fallback) {
  const std::string text = config.text({key_a, key_b});
  if (text.empty() || text == "auto") {
    return fallback;
  }
  if (text == "bfloat16" || text == "float16") {
    return text == "bfloat16" ? DType::bf16 : DType::fp16;
  }
  if (text == "float32") {
    return DType::fp32;
  }
  config.error({key_a, key_b},
               fmt::format("'{}' is not a dtype; known: bfloat16, float16, float32", text));
  return fallback;
}

void read_formats(ConfigReader& config, Model& model) {
  model.dtype = read_dtype(config, "dtype", "torch_dtype", DType::bf16);
  if (model.dtype == DType::fp32) {
    model.notes.push_back("stored in float32; served in bfloat16, as vLLM's dtype auto does");
    model.dtype = DType::bf16;
  }
  model.weights = {model.dtype, model.dtype, model.dtype, model.dtype, model.dtype, model.dtype};
  model.kv = model.dtype;
  model.state = read_dtype(config, "mamba_ssm_cache_dtype", "mamba_ssm_dtype", model.dtype);
}

void read_vocabulary(ConfigReader& config, const Family& family, Model& model) {
  model.vocab_size = config.count({"vocab_size"}, ConfigReader::kLargestTable);
  const std::int64_t multiple = config.count_or({"pad_vocab_size_multiple"}, 1);
  if (multiple > 1) {
    model.vocab_size = (model.vocab_size + multiple - 1) / multiple * multiple;
  }
  model.tie_word_embeddings =
      config.flag({"tie_word_embeddings", "tie_embeddings"}, family.has(kTied));
  model.max_position_embeddings =
      config.count_or({"max_position_embeddings", "n_positions", "n_ctx", "max_seq_len"}, 0,
                      ConfigReader::kLargestTable);
  if (family.has(kLearnedPositions)) {
    const std::int64_t positions = config.count({"max_position_embeddings", "n_positions", "n_ctx"},
                                                ConfigReader::kLargestTable);
    model.position_embeddings = positions + family.position_offset;
  }
}

int norms_of(const Family& family, const LayerPlan& plan) {
  const bool is_lone = plan.mixer == MixerKind::none || plan.feed_forward == FeedForwardKind::none;
  if (family.has(kOneNorm) || is_lone) {
    return 1;
  }
  if (family.has(kDenseBesideExperts) && plan.feed_forward == FeedForwardKind::moe) {
    return 7;  // each of the two branches has one before and one after it, their sum one more
  }
  return family.has(kFourNorms) ? 4 : family.has(kPostMlpNorm) ? 3 : 2;
}

Layer read_layer(ConfigReader& config, const Family& family, const LayerPlan& plan) {
  Layer layer;
  layer.mixer = mixer_block(plan.mixer).read(config, family, plan.rule);
  if (plan.reuses_index) {
    layer.mixer.index_heads = 0;
    layer.mixer.index_head_dim = 0;
  }
  layer.feed_forward = feed_forward_block(plan.feed_forward).read(config, family);
  layer.norms = norms_of(family, plan);
  return layer;
}

void read_layers(ConfigReader& config, const Family& family, Model& model) {
  std::vector<std::pair<LayerPlan, Layer>> read;  // layers of one plan are read once
  for (const LayerPlan& plan : plan_layers(config, family)) {
    auto known = std::find_if(read.begin(), read.end(),
                              [&](const auto& entry) { return entry.first == plan; });
    if (known == read.end()) {
      known = read.insert(known, {plan, read_layer(config, family, plan)});
    }
    model.layers.push_back(known->second);
  }
}

const Family& family_of(const std::string& type, Model& model) {
  if (const Family* family = find_family(type)) {
    return *family;
  }
  std::string text = type.empty() ? "the config has no 'model_type'"
                                  : fmt::format("model_type '{}' is not known", type);
  text += "; its keys are read as Llama's: gated MLP, RMSNorm, rotary positions, no biases";
  note(text);
  model.notes.push_back(std::move(text));
  return llama_family();
}

void note_what_is_left_out(const Document& document, Model& model) {
  const Node* nested = document.root.find("text_config");
  const auto has = [&](std::string_view key) {
    const Node* inner = nested == nullptr ? nullptr : nested->find(key);
    const Node* outer = document.root.find(key);
    return (inner != nullptr && !inner->is_null()) || (outer != nullptr && !outer->is_null());
  };
  if (nested != nullptr || has("vision_config")) {
    model.notes.emplace_back("the language model of a multimodal one; towers are not counted");
  }
  if (has("num_nextn_predict_layers") || has("num_mtp_modules") || has("mtp_num_hidden_layers")) {
    model.notes.emplace_back("multi-token prediction modules are neither counted nor run");
  }
}

}  // namespace

Model parse_model(const std::string& json_text, const std::string& file_name) {
  const Document document = parse_json(without_nonfinite(json_text), file_name);
  if (!document.root.is_map()) {
    fail("a config.json is a map of keys; this is " + describe(document.root), {file_name, 1, 1});
  }
  Diagnostics diagnostics;
  ConfigReader config(document, diagnostics);
  Model model;
  model.id = file_name;
  model.type = type_of(config);
  diagnostics.throw_if_any();
  const Family& family = family_of(model.type, model);
  model.hidden_size = config.count({"hidden_size", "n_embd", "d_model"});
  model.has_norm_bias = family.has(kNormBias);
  model.has_embedding_norm = family.has(kEmbeddingNorm);
  model.has_head_bias = family.has(kHeadBias);
  read_formats(config, model);
  read_vocabulary(config, family, model);
  read_layers(config, family, model);
  if (const Node* quantization = config.find({"quantization_config"})) {
    read_quantization(document, *quantization, model, diagnostics);
  }
  note_what_is_left_out(document, model);
  config.finish();
  diagnostics.throw_if_any();
  model.set_context_rules();
  return model;
}

}  // namespace moru
