#include "moru/model/config/quantization.h"

#include "moru/base/text.h"
#include "moru/model/config/module_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace moru {
namespace {

struct Scheme {
  DType weight = DType::bf16;
  DType activation = DType::bf16;
};

std::string scalar(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  return node != nullptr && node->is_scalar() ? node->text : "";
}

// {num_bits: 4, type: float, group_size: 16} -> nvfp4. OCP's mxfp4 has groups of 32.
std::optional<DType> number_format(const Node& map) {
  const std::string bits = scalar(map, "num_bits");
  const bool is_float = scalar(map, "type") != "int";
  if (bits == "8") {
    return is_float ? DType::fp8 : DType::int8;
  }
  if (bits == "4" && !is_float) {
    return DType::int4;
  }
  if (bits == "4") {
    return scalar(map, "group_size") == "32" ? DType::mxfp4 : DType::nvfp4;
  }
  return std::nullopt;
}

// compressed-tensors and modelopt: the groups must agree.
std::optional<Scheme> grouped_scheme(const Node& groups, DType dtype) {
  std::optional<Scheme> scheme;
  for (const Node::Entry& group : groups.entries) {
    const Node* weights = group.value.find("weights");
    const auto weight = weights == nullptr ? std::nullopt : number_format(*weights);
    if (!weight.has_value()) {
      return std::nullopt;
    }
    const Node* inputs = group.value.find("input_activations");
    const auto activation =
        inputs != nullptr && inputs->is_map() ? number_format(*inputs) : std::optional(dtype);
    if (!activation.has_value() || (scheme.has_value() && scheme->weight != *weight)) {
      return std::nullopt;
    }
    scheme = Scheme{*weight, *activation};
  }
  return scheme;
}

std::optional<Scheme> named_scheme(const Node& config, DType dtype) {
  const std::string method = to_lower(scalar(config, "quant_method"));
  const std::string algorithm = to_lower(scalar(config, "quant_algo"));
  const std::string bits = scalar(config, "bits");
  if (algorithm == "nvfp4") {
    return Scheme{DType::nvfp4, DType::nvfp4};
  }
  if (method == "mxfp4") {
    return Scheme{DType::mxfp4, dtype};
  }
  if (method == "fp8" || method == "fbgemm_fp8" || algorithm.starts_with("fp8")) {
    return Scheme{DType::fp8, DType::fp8};
  }
  if (method == "awq" || method == "gptq" || method == "auto-round" || algorithm == "w4a16_awq") {
    const bool is_eight = bits == "8";
    return !bits.empty() && bits != "4" && !is_eight
               ? std::nullopt
               : std::optional(Scheme{is_eight ? DType::int8 : DType::int4, dtype});
  }
  return std::nullopt;
}

// Names that checkpoints give to linear modules; '#' is the layer number.
struct ModuleNames {
  std::string_view type;  // model types that begin with it
  std::string_view attention;
  std::string_view mlp;
  std::string_view shared;  // shared experts
  std::string_view experts;
};

// The last row is for all others.
constexpr ModuleNames kModules[] = {
    {"gemma4", "model.layers.#.self_attn.q_proj", "model.layers.#.mlp.gate_proj",
     "model.layers.#.mlp.gate_proj", "model.layers.#.experts.0.gate_proj"},
    {"minimax", "model.layers.#.self_attn.q_proj", "model.layers.#.mlp.gate_proj",
     "model.layers.#.shared_mlp.gate_proj", "model.layers.#.block_sparse_moe.experts.0.w1"},
    {"mixtral", "model.layers.#.self_attn.q_proj", "model.layers.#.mlp.gate_proj",
     "model.layers.#.mlp.gate_proj", "model.layers.#.block_sparse_moe.experts.0.w1"},
    {"nemotron_h", "backbone.layers.#.mixer.in_proj", "backbone.layers.#.mixer.up_proj",
     "backbone.layers.#.mixer.shared_experts.up_proj", "backbone.layers.#.mixer.experts.0.up_proj"},
    {"qwen3_next", "model.layers.#.linear_attn.in_proj_qkvz", "model.layers.#.mlp.gate_proj",
     "model.layers.#.mlp.shared_expert.gate_proj", "model.layers.#.mlp.experts.0.gate_proj"},
    {"qwen3_5", "model.layers.#.linear_attn.in_proj_qkv", "model.layers.#.mlp.gate_proj",
     "model.layers.#.mlp.shared_expert.gate_proj", "model.layers.#.mlp.experts.0.gate_proj"},
    {"", "model.layers.#.self_attn.q_proj", "model.layers.#.mlp.gate_proj",
     "model.layers.#.mlp.shared_experts.gate_proj", "model.layers.#.mlp.experts.0.gate_proj"},
};

const ModuleNames& modules_of(const Model& model) {
  return *std::find_if(std::begin(kModules), std::end(kModules) - 1, [&](const ModuleNames& row) {
    return std::string_view(model.type).starts_with(row.type);
  });
}

std::string module_name(std::string_view form, std::size_t layer) {
  std::string name(form);
  if (const std::size_t at = name.find('#'); at != std::string::npos) {
    name.replace(at, 1, fmt::format("{}", layer));
  }
  return name;
}

bool is_excepted(std::string_view form, const std::vector<std::string>& globs, std::size_t layers) {
  constexpr std::size_t kSamples = 64;
  const std::size_t samples = std::min(layers, kSamples);
  std::size_t covered = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    covered += is_covered_module(globs, module_name(form, i * layers / samples)) ? 1 : 0;
  }
  return 2 * covered > samples;
}

// A multimodal checkpoint puts the language model one level down, on either side of "model".
std::string without_prefix(std::string_view pattern) {
  constexpr std::string_view kInner = "model.language_model.";
  constexpr std::string_view kOuter = "language_model.";
  if (pattern.starts_with(kInner)) {
    return "model." + std::string(pattern.substr(kInner.size()));
  }
  return std::string(pattern.starts_with(kOuter) ? pattern.substr(kOuter.size()) : pattern);
}

std::vector<std::string> exceptions_of(const Node& config) {
  std::vector<std::string> globs;
  for (const std::string_view key :
       {"modules_to_not_convert", "ignore", "ignored_layers", "exclude_modules"}) {
    if (const Node* list = config.find(key)) {
      for (const Node& item : list->items) {
        append_module_globs(without_prefix(item.text), globs);
      }
    }
  }
  return globs;
}

void read_cache_format(const Node& config, Model& model) {
  const Node* scheme = config.find("kv_cache_scheme");
  const bool is_map = scheme != nullptr && scheme->is_map();
  if (is_map) {
    model.kv = number_format(*scheme).value_or(model.kv);
  } else if (to_lower(scalar(config, "kv_cache_scheme")) == "fp8" ||
             to_lower(scalar(config, "kv_cache_quant_algo")) == "fp8") {
    model.kv = DType::fp8;
  }
}

constexpr std::string_view kKnownKeys[] = {"quant_method",
                                           "fmt",
                                           "activation_scheme",
                                           "weight_block_size",
                                           "modules_to_not_convert",
                                           "ignore",
                                           "ignored_layers",
                                           "exclude_modules",
                                           "config_groups",
                                           "format",
                                           "kv_cache_scheme",
                                           "kv_cache_quant_algo",
                                           "quant_algo",
                                           "producer",
                                           "bits",
                                           "group_size",
                                           "zero_point",
                                           "version",
                                           "desc_act",
                                           "sym",
                                           "quantization_status",
                                           "global_compression_ratio",
                                           "scale_fmt",
                                           "damp_percent",
                                           "true_sequential",
                                           "static_groups",
                                           "checkpoint_format",
                                           "activation_scale_ub",
                                           "sparsity_config",
                                           "transform_config",
                                           "packing_format",
                                           "iters",
                                           "autoround_version"};

}  // namespace

void apply_weight_format(DType weight, DType activation, Model& model) {
  model.weights.attention = weight;
  model.weights.mlp = weight;
  model.weights.experts = weight;
  model.weights.activation = activation;
}

void read_quantization(const Document& document, const Node& config, Model& model,
                       Diagnostics& diagnostics) {
  if (!config.is_map()) {
    diagnostics.error(document.place(config), "'quantization_config' must be a map");
    return;
  }
  for (const Node::Entry& entry : config.entries) {
    if (std::find(std::begin(kKnownKeys), std::end(kKnownKeys), entry.key) ==
        std::end(kKnownKeys)) {
      diagnostics.error(document.place(entry),
                        fmt::format("'quantization_config.{}' is not a key that moru understands{}",
                                    entry.key, did_you_mean(entry.key, kKnownKeys)));
    }
  }
  const Node* groups = config.find("config_groups");
  const auto scheme = groups != nullptr && groups->is_map() ? grouped_scheme(*groups, model.dtype)
                                                            : named_scheme(config, model.dtype);
  if (!scheme.has_value()) {
    diagnostics.error(document.place(config),
                      "this quantisation is not modelled; known: fp8, awq, gptq, mxfp4, nvfp4, and "
                      "compressed-tensors or modelopt groups of one format");
    return;
  }
  const std::vector<std::string> exceptions = exceptions_of(config);
  constexpr std::size_t kMostExceptions = 100'000;
  if (exceptions.size() > kMostExceptions) {
    diagnostics.error(document.place(config), "has more exceptions than any model has modules");
    return;
  }
  const ModuleNames& modules = modules_of(model);
  const bool has_experts = std::any_of(
      model.layers.begin(), model.layers.end(),
      [](const Layer& layer) { return layer.feed_forward.kind == FeedForwardKind::moe; });
  const auto convert = [&](std::string_view module, DType& format) {
    if (!is_excepted(module, exceptions, model.layers.size())) {
      format = scheme->weight;
    }
  };
  convert(modules.experts, model.weights.experts);
  // gpt-oss converts its experts alone, whatever else is not listed.
  if (scalar(config, "quant_method") != "mxfp4") {
    convert(modules.attention, model.weights.attention);
    convert(has_experts ? modules.shared : modules.mlp, model.weights.mlp);
  }
  model.weights.activation = scheme->activation;
  read_cache_format(config, model);
}

}  // namespace moru
