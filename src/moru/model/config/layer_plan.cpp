#include "moru/model/config/layer_plan.h"

#include "moru/base/text.h"
#include "moru/model/config/plan_feed_forward.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace moru {
namespace {

// No published model has a tenth of it; a larger number is a slip that would cost gigabytes.
constexpr std::int64_t kMostLayers = 10'000;

// Nemotron-H, where every layer is one block: a letter or a word for each.
void plan_block(ConfigReader& config, std::string_view word, LayerPlan& plan) {
  plan.mixer = MixerKind::none;
  plan.feed_forward = FeedForwardKind::none;
  if (word == "M" || word == "mamba") {
    plan.mixer = MixerKind::mamba2;
  } else if (word == "*" || word == "attention") {
    plan.mixer = MixerKind::attention;
  } else if (word == "-" || word == "mlp") {
    plan.feed_forward = FeedForwardKind::dense;
  } else if (word == "E" || word == "moe") {
    plan.feed_forward = FeedForwardKind::moe;
  } else {
    config.error(
        {"hybrid_override_pattern", "layers_block_type"},
        fmt::format("'{}' is not a kind of layer; known: M mamba, * attention, - mlp, E moe",
                    word));
  }
}

bool plan_block_pattern(ConfigReader& config, Plans& plans) {
  const std::string pattern = config.text({"hybrid_override_pattern"});
  std::vector<std::string> words = config.list({"layers_block_type"});
  if (pattern.size() > kMostLayers) {
    config.error({"hybrid_override_pattern"}, "the pattern names more layers than are modelled");
    return true;
  }
  if (!pattern.empty()) {
    words.clear();
    for (const char letter : pattern) {
      words.emplace_back(1, letter);
    }
  }
  if (words.empty()) {
    return false;
  }
  const std::int64_t stated =
      config.count_or({"num_hidden_layers", "n_layer"}, static_cast<std::int64_t>(words.size()));
  if (stated != static_cast<std::int64_t>(words.size())) {
    config.error({"hybrid_override_pattern", "layers_block_type"},
                 fmt::format("the pattern names {} layers, 'num_hidden_layers' says {}",
                             words.size(), stated));
  }
  plans.resize(std::min<std::size_t>(words.size(), kMostLayers));
  for (std::size_t i = 0; i < plans.size(); ++i) {
    plan_block(config, words[i], plans[i]);
  }
  config.touch({"sliding_window", "intermediate_size"});
  return true;
}

// The bounded rules of a config, looked up when the first layer needs them.
class Rules {
 public:
  explicit Rules(ConfigReader& config) : config_(config) {}

  const ContextRule& window() {
    if (!window_.has_value()) {
      window_ = read(ContextKind::window, {"sliding_window", "sliding_window_size"});
    }
    return *window_;
  }
  const ContextRule& chunk() {
    if (!chunk_.has_value()) {
      chunk_ = read(ContextKind::chunk, {"attention_chunk_size"});
    }
    return *chunk_;
  }

 private:
  ContextRule read(ContextKind kind, ConfigReader::Names names) {
    const std::int64_t span = config_.count_or(names, 0);
    if (span == 0) {
      config_.error({"layer_types", "sliding_window_pattern", "hybrid_layer_pattern"},
                    fmt::format("some layers see only near tokens, but '{}' does not say how many",
                                *names.begin()));
      return {};
    }
    // Phi-3 states a window that is longer than any sequence it takes: no limit at all.
    const std::int64_t longest =
        config_.count_or({"max_position_embeddings"}, 0, ConfigReader::kLargestTable);
    return longest > 0 && span >= longest ? ContextRule{} : ContextRule{kind, span};
  }

  ConfigReader& config_;
  std::optional<ContextRule> window_;
  std::optional<ContextRule> chunk_;
};

void plan_layer_type(ConfigReader& config, std::string_view type, Rules& rules, LayerPlan& plan) {
  if (type == "full_attention" || type == "attention") {
    return;
  }
  if (type == "sliding_attention") {
    plan.rule = rules.window();
  } else if (type == "chunked_attention") {
    plan.rule = rules.chunk();
  } else if (type == "linear_attention") {
    plan.mixer = MixerKind::gated_delta;
  } else if (type != "deepseek_sparse_attention") {  // index_topk makes it sparse below
    config.error({"layer_types"},
                 fmt::format("'{}' is not a kind of layer that moru models; known: full_attention, "
                             "sliding_attention, chunked_attention, linear_attention, "
                             "deepseek_sparse_attention",
                             type));
  }
}

// "LLLG" repeats over the layers, a number p makes every p-th layer full.
void plan_window_pattern(ConfigReader& config, Rules& rules, Plans& plans) {
  const Node* node = config.find({"sliding_window_pattern", "_sliding_window_pattern"});
  const auto period = node->is_scalar() ? parse_int64(node->text) : std::nullopt;
  const std::string letters = period.has_value() ? "" : node->text;
  const bool is_word = !letters.empty() && letters.find_first_not_of("LG") == std::string::npos;
  if (!is_word && (!period.has_value() || *period < 1 || *period > kMostLayers)) {
    config.error_at(*node, "'sliding_window_pattern' must be letters L and G or a period");
    return;
  }
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const bool slides = is_word ? letters[i % letters.size()] == 'L'
                                : (i + 1) % static_cast<std::size_t>(*period) != 0;
    if (slides) {
      plans[i].rule = rules.window();
    }
  }
}

// Llama 4: layers with rotary positions attend within chunks, those without see everything.
void plan_chunks(ConfigReader& config, Rules& rules, Plans& plans) {
  const std::vector<std::string> uses_rope = per_layer(config, {"no_rope_layers"}, plans.size());
  const std::int64_t interval = config.count_or({"no_rope_layer_interval"}, 4);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const bool is_full = uses_rope.empty()
                             ? interval > 0 && (i + 1) % static_cast<std::size_t>(interval) == 0
                             : uses_rope[i] == "0";
    if (!is_full) {
      plans[i].rule = rules.chunk();
    }
  }
}

void plan_windows_of_family(ConfigReader& config, const Family& family, Rules& rules,
                            Plans& plans) {
  const bool is_on = config.flag({"use_sliding_window"}, !family.has(kWindowOnRequest));
  const std::int64_t first = config.count_or({"max_window_layers"}, 0);
  if (config.count_or({"sliding_window"}, 0) == 0 || family.has(kWindowUnused) || !is_on) {
    return;
  }
  if (!family.has(kWindowEverywhere) && !family.has(kWindowOnRequest) &&
      !family.has(kWindowAlternates)) {
    config.error({"sliding_window"},
                 "'sliding_window' is set, but no key says which layers slide; add 'layer_types'");
    return;
  }
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const bool slides = family.has(kWindowAlternates)  ? i % 2 == 0
                        : family.has(kWindowOnRequest) ? static_cast<std::int64_t>(i) >= first
                                                       : true;
    if (slides) {
      plans[i].rule = rules.window();
    }
  }
}

// MiniMax's list of 1 (softmax attention) and 0 (its older lightning attention).
void check_attention_types(ConfigReader& config, std::size_t layers) {
  for (const std::string& type : per_layer(config, {"attn_type_list"}, layers)) {
    if (type != "1") {
      config.error({"attn_type_list"}, "lightning attention (0) is not modelled, only softmax (1)");
      return;
    }
  }
}

void plan_mixers(ConfigReader& config, const Family& family, Plans& plans) {
  check_attention_types(config, plans.size());
  Rules rules(config);
  const auto types = per_layer(config, {"layer_types"}, plans.size());
  const auto hybrid = per_layer(config, {"hybrid_layer_pattern"}, plans.size());
  const bool has_pattern = config.has({"sliding_window_pattern", "_sliding_window_pattern"});
  const std::int64_t interval = config.count_or({"full_attention_interval"}, 4);
  const std::int64_t period = config.count_or({"attn_layer_period"}, 0);
  const std::int64_t offset = config.count_or({"attn_layer_offset"}, 0);
  if (!types.empty()) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      plan_layer_type(config, types[i], rules, plans[i]);
    }
    config.touch({"sliding_window", "use_sliding_window", "max_window_layers",
                  "attention_chunk_size", "no_rope_layers", "no_rope_layer_interval"});
    return;
  }
  if (!hybrid.empty()) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      plan_layer_type(config, hybrid[i] == "0" ? "full_attention" : "sliding_attention", rules,
                      plans[i]);
    }
    // MiMo-V2 states the window once more under this name.
    config.touch({"sliding_window", "attention_chunk_size"});
  } else if (has_pattern) {
    plan_window_pattern(config, rules, plans);
  } else if (family.has(kLinearByInterval)) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      if (interval == 0 || (i + 1) % static_cast<std::size_t>(interval) != 0) {
        plans[i].mixer = MixerKind::gated_delta;
      }
    }
    config.touch({"sliding_window", "use_sliding_window", "max_window_layers"});
  } else if (period > 0) {
    if (offset >= period) {
      config.error({"attn_layer_offset"}, "'attn_layer_offset' must be below 'attn_layer_period'");
    }
    for (std::size_t i = 0; i < plans.size(); ++i) {
      if (static_cast<std::int64_t>(i) % period != offset) {
        plans[i].mixer = MixerKind::mamba1;
      }
    }
    config.touch({"sliding_window"});
  } else if (config.has({"attention_chunk_size"})) {
    plan_chunks(config, rules, plans);
  } else {
    plan_windows_of_family(config, family, rules, plans);
  }
}

void plan_latent(ConfigReader& config, Plans& plans) {
  if (!config.has({"kv_lora_rank"})) {
    return;
  }
  const std::int64_t topk = config.count_or({"index_topk"}, 0);
  const auto types = per_layer(config, {"indexer_types"}, plans.size());
  const std::int64_t every = config.count_or({"index_topk_freq"}, 1);
  const std::int64_t skipped = config.count_or({"index_skip_topk_offset"}, 0);
  config.touch({"index_topk_pattern"});
  if (types.empty() && every > 1 && skipped >= 0) {
    config.error({"index_topk_freq"},
                 "layers share an indexer's choice, but 'indexer_types' does "
                 "not say which");
  }
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].mixer != MixerKind::attention) {
      continue;
    }
    plans[i].mixer = MixerKind::latent_attention;
    if (topk > 0) {
      plans[i].rule = {ContextKind::sparse, topk};
      plans[i].reuses_index = !types.empty() && types[i] == "shared";
    }
    if (!types.empty() && types[i] != "full" && types[i] != "shared") {
      config.error({"indexer_types"}, fmt::format("'{}' is neither full nor shared", types[i]));
    }
  }
}

}  // namespace

std::vector<LayerPlan> plan_layers(ConfigReader& config, const Family& family) {
  Plans plans;
  if (plan_block_pattern(config, plans)) {
    return plans;
  }
  const std::int64_t layers = config.count({"num_hidden_layers", "n_layer", "num_layers"});
  if (layers > kMostLayers) {
    config.error(
        {"num_hidden_layers", "n_layer", "num_layers"},
        fmt::format("{} layers are more than the {} that are modelled", layers, kMostLayers));
    return plans;
  }
  plans.resize(static_cast<std::size_t>(layers));
  if (family.has(kRecurrent)) {
    const MixerKind kind = family.model_type == "mamba2" ? MixerKind::mamba2 : MixerKind::mamba1;
    std::fill(plans.begin(), plans.end(), LayerPlan{kind, {}, false, FeedForwardKind::none});
    return plans;
  }
  plan_mixers(config, family, plans);
  plan_latent(config, plans);
  plan_feed_forward(config, plans);
  return plans;
}

}  // namespace moru
