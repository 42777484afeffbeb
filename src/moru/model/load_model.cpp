#include "moru/base/catalogue.h"
#include "moru/base/file.h"
#include "moru/base/text.h"
#include "moru/model/config/quantization.h"
#include "moru/model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

namespace moru {
namespace {

// What a suffix of a model's name says about its weights. Only -FP8-KV speaks of the KV cache.
struct Variant {
  std::string_view suffix;  // lower case
  enum class Means { same, plain, fp8, fp8_kv, nvfp4, mxfp4, int4, int8 } means = Means::same;
};

using Means = Variant::Means;

// Values of vLLM's --quantization.
constexpr std::pair<std::string_view, Means> kQuantizations[] = {
    {"auto", Means::same},          {"none", Means::plain},  {"fp8", Means::fp8},
    {"fp8_block", Means::fp8},      {"modelopt", Means::fp8}, {"nvfp4", Means::nvfp4},
    {"modelopt_fp4", Means::nvfp4}, {"mxfp4", Means::mxfp4}, {"int8", Means::int8},
    {"int4", Means::int4},          {"int4_wo", Means::int4}, {"awq", Means::int4},
    {"gptq", Means::int4}};

// Longer suffixes first, so that -fp8-kv is not read as -kv after -fp8.
constexpr Variant kVariants[] = {
    {"-fp8-static-pertensor", Means::fp8},
    {"-fp8-dynamic", Means::fp8},
    {"-fp8-kv", Means::fp8_kv},
    {"-gptq-int4", Means::int4},
    {"-gptq-int8", Means::int8},
    {"-awq-int4", Means::int4},
    {"-int4-awq", Means::int4},
    {"-quantized.w4a16", Means::int4},
    {"-quantized.w8a8", Means::int8},
    {"-instruct-2507", Means::same},
    {"-thinking-2507", Means::same},
    {"-instruct", Means::same},
    {"-thinking", Means::same},
    {"-chat", Means::same},
    {"-base", Means::same},
    {"-it", Means::same},
    {"-hf", Means::same},
    {"-2507", Means::same},
    {"-preview", Means::same},
    {"-nvfp4", Means::nvfp4},
    {"-fp4", Means::nvfp4},
    {"-mxfp4", Means::mxfp4},
    {"-fp8", Means::fp8},
    {"-awq", Means::int4},
    {"-gptq", Means::int4},
    {"-int4", Means::int4},
    {"-w4a16", Means::int4},
    {"-4bit", Means::int4},
    {"-int8", Means::int8},
    {"-w8a8", Means::int8},
    {"-bf16", Means::plain},
    {"-fp16", Means::plain},
    {"-0528", Means::same},
    {"-0324", Means::same},
};

void apply(Means means, Model& model) {
  const bool has_experts = std::any_of(
      model.layers.begin(), model.layers.end(),
      [](const Layer& layer) { return layer.feed_forward.kind == FeedForwardKind::moe; });
  switch (means) {
    case Means::same:
      return;
    case Means::plain:
      apply_weight_format(model.dtype, model.dtype, model);
      return;
    case Means::fp8_kv:
      model.kv = DType::fp8;
      [[fallthrough]];
    case Means::fp8:
      apply_weight_format(DType::fp8, DType::fp8, model);
      return;
    case Means::int8:
      apply_weight_format(DType::int8, DType::int8, model);
      return;
    case Means::int4:
      apply_weight_format(DType::int4, model.dtype, model);
      return;
    case Means::mxfp4:
      apply_weight_format(DType::mxfp4, model.dtype, model);
      return;
    case Means::nvfp4:
      apply_weight_format(DType::nvfp4, DType::nvfp4, model);
      if (has_experts) {  // NVIDIA's exports of mixtures leave attention in 16 bits
        model.weights.attention = model.dtype;
      }
      return;
  }
}

std::optional<Variant> variant_of(std::string_view name) {
  const std::string lower = to_lower(name);
  for (const Variant& variant : kVariants) {
    if (lower.size() > variant.suffix.size() && lower.ends_with(variant.suffix)) {
      return variant;
    }
  }
  return std::nullopt;
}

Model read_model(const std::string& path, std::string id) {
  constexpr std::size_t kLargestConfig = std::size_t{16} << 20;
  Model model = parse_model(read_file(path, kLargestConfig), path);
  model.id = std::move(id);
  return model;
}

// A config.json or a folder with one; nothing if `name` is no path.
std::optional<std::string> config_path(const std::string& name) {
  std::error_code ignored;
  if (std::filesystem::is_directory(name, ignored)) {
    std::string path = name + "/config.json";
    return file_exists(path) ? std::optional(std::move(path)) : std::nullopt;
  }
  return name.ends_with(".json") && file_exists(name) ? std::optional(name) : std::nullopt;
}

// By the whole name, else by the part after the organisation: copies live under many.
Found find_model(std::string_view name) {
  Found found = find_in_catalogue(kModels, name);
  const std::size_t slash = name.find('/');
  if (found.path.empty() && slash != std::string_view::npos) {
    found = find_in_catalogue(kModels, name.substr(slash + 1));
  }
  return found;
}

// Strips variant suffixes one by one until the rest is known.
std::optional<Model> load_base_of(const std::string& name) {
  std::string_view rest = name;
  std::vector<Means> meanings;
  while (const auto variant = variant_of(rest)) {
    rest.remove_suffix(variant->suffix.size());
    meanings.push_back(variant->means);
    const Found found = find_model(rest);
    if (found.path.empty()) {
      continue;
    }
    Model model = read_model(found.path, name);
    for (auto means = meanings.rbegin(); means != meanings.rend(); ++means) {
      apply(*means, model);
    }
    std::string text = fmt::format(
        "'{}' has no file of its own; it is read as {} with attention in {}, MLP in {}, experts in "
        "{} and KV cache in {}",
        name, found.id, enum_name(model.weights.attention), enum_name(model.weights.mlp),
        enum_name(model.weights.experts), enum_name(model.kv));
    note(text);
    model.notes.push_back(std::move(text));
    return model;
  }
  return std::nullopt;
}

Means quantization_named(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& [key, means] : kQuantizations) {
    if (key == name) {
      return means;
    }
    known.emplace_back(key);
  }
  fail(fmt::format("quantization '{}' is not known{}; known: {}", name, did_you_mean(name, std::span<const std::string>(known)),
                   join(std::span<const std::string>(known), ", ")));
}

Model load_unchanged(const std::string& name_or_path) {
  if (const auto path = config_path(name_or_path)) {
    return read_model(*path, name_or_path);
  }
  if (const Found found = find_model(name_or_path); !found.path.empty()) {
    return read_model(found.path, found.id);
  }
  if (auto model = load_base_of(name_or_path)) {
    return *std::move(model);
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(name_or_path, ignored)) {
    fail("the folder has no config.json", {name_or_path, 0, 0});
  }
  const bool is_file_name = name_or_path.ends_with(".json");
  return read_model(is_file_name ? name_or_path : require_in_catalogue(kModels, name_or_path).path,
                    name_or_path);
}

}  // namespace

Model load_model(const std::string& name_or_path, const std::string& quantization) {
  const Means means = quantization_named(quantization);
  Model model = load_unchanged(name_or_path);
  apply(means, model);
  return model;
}

}  // namespace moru
