#include "moru/model/model.h"

#include "moru/model/op/block.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

void add_unique(std::vector<ContextRule>& rules, const ContextRule& rule) {
  if (std::find(rules.begin(), rules.end(), rule) == rules.end()) {
    rules.push_back(rule);
  }
}

std::optional<std::string> layer_problem(const Layer& layer, const Parallelism& split) {
  const Mixer& mixer = layer.mixer;
  if (mixer.heads % split.tensor != 0) {
    return fmt::format(
        "{} attention heads cannot be split over tensor_parallel_size {}; choose a "
        "divisor",
        mixer.heads, split.tensor);
  }
  if (mixer.kv_heads % split.tensor != 0 &&
      (mixer.kv_heads > split.tensor || split.tensor % mixer.kv_heads != 0)) {
    return fmt::format(
        "{} key heads can be neither split nor copied evenly over "
        "tensor_parallel_size {}",
        mixer.kv_heads, split.tensor);
  }
  if (mixer.value_heads % split.tensor != 0 || mixer.inner % split.tensor != 0) {
    return fmt::format(
        "{} recurrent heads cannot be split over tensor_parallel_size {}; choose a "
        "divisor",
        mixer.value_heads, split.tensor);
  }
  const FeedForward& part = layer.feed_forward;
  if (part.kind == FeedForwardKind::moe && part.experts < split.expert_ranks()) {
    return fmt::format("{} experts cannot be spread over {} expert-parallel ranks", part.experts,
                       split.expert_ranks());
  }
  return std::nullopt;
}

}  // namespace

void Model::set_context_rules() {
  context_rules_.clear();
  layer_kinds_.clear();
  kind_of_layer_.clear();
  for (const Layer& layer : layers) {
    auto found = std::find(layer_kinds_.begin(), layer_kinds_.end(), layer);
    if (found == layer_kinds_.end()) {
      found = layer_kinds_.insert(found, layer);
    }
    kind_of_layer_.push_back(static_cast<int>(found - layer_kinds_.begin()));
  }
  for (const Layer& layer : layer_kinds_) {
    if (layer.mixer.kind == MixerKind::none) {
      continue;
    }
    add_unique(context_rules_, layer.mixer.rule);
    if (layer.mixer.index_heads > 0) {
      add_unique(context_rules_, ContextRule{});  // an indexer scores all keys
    }
  }
  if (context_rules_.empty()) {
    context_rules_.push_back({});
  }
}

std::optional<std::string> parallelism_problem(const Model& model, const Parallelism& split) {
  constexpr int kLargest = 1 << 16;  // ranks of one group; products of two still fit an int
  const auto is_size = [](int n) { return n >= 1 && n <= kLargest / 4; };
  if (!is_size(split.tensor) || !is_size(split.pipeline) || !is_size(split.data)) {
    return fmt::format("tensor, pipeline and data parallel sizes must be from 1 to {}",
                       kLargest / 4);
  }
  if (static_cast<std::size_t>(split.pipeline) > model.layers.size()) {
    return fmt::format("{} layers cannot be split over pipeline_parallel_size {}",
                       model.layers.size(), split.pipeline);
  }
  for (const Layer& layer : model.layer_kinds()) {
    if (auto problem = layer_problem(layer, split)) {
      return problem;
    }
  }
  return std::nullopt;
}

}  // namespace moru
