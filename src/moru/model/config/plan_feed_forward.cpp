#include "moru/model/config/plan_feed_forward.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

// Whether layer i has experts, by whichever keys the config uses.
class ExpertLayers {
 public:
  ExpertLayers(ConfigReader& config, std::size_t layers)
      : types_(per_layer(config, {"mlp_layer_types"}, layers)),
        flags_(per_layer(config, {"is_moe_layer"}, layers)),
        chosen_(config.list({"moe_layers"})),
        dense_(config.list({"mlp_only_layers"})) {
    const Node* frequency = config.find({"moe_layer_freq"});
    if (frequency != nullptr && frequency->is_sequence()) {
      flags_ = per_layer(config, {"moe_layer_freq"}, layers);
    } else {
      every_ = config.count_or({"moe_layer_freq"}, 1);
    }
    first_ = config.count_or({"first_k_dense_replace", "first_last_k_dense_replace"}, 0);
    step_ = config.count_or({"decoder_sparse_step", "interleave_moe_layer_step"}, 1);
    period_ = config.count_or({"expert_layer_period"}, 1);
    offset_ = config.count_or({"expert_layer_offset"}, 0);
    for (const std::string& type : types_) {
      if (type != "sparse" && type != "moe" && type != "dense") {
        config.error({"mlp_layer_types"}, fmt::format("'{}' is neither sparse nor dense", type));
        break;
      }
    }
    for (const std::string& flag : flags_) {
      if (flag != "0" && flag != "1" && flag != "true" && flag != "false") {
        config.error({"is_moe_layer", "moe_layer_freq"},
                     fmt::format("'{}' is not a flag of a layer: 0 or 1", flag));
        break;
      }
    }
    if (every_ == 0 || step_ == 0 || period_ == 0) {
      config.error({"moe_layer_freq", "decoder_sparse_step", "interleave_moe_layer_step",
                    "expert_layer_period"},
                   "layers cannot repeat every 0 layers");
      every_ = step_ = period_ = 1;
    }
  }

  bool has(std::size_t i) const {
    const auto layer = static_cast<std::int64_t>(i);
    const std::string number = fmt::format("{}", layer);
    if (!types_.empty()) {
      return types_[i] == "sparse" || types_[i] == "moe";
    }
    if (!flags_.empty()) {
      return flags_[i] == "1" || flags_[i] == "true";
    }
    if (!chosen_.empty()) {
      return std::find(chosen_.begin(), chosen_.end(), number) != chosen_.end();
    }
    return layer >= first_ && layer % every_ == 0 && (layer + 1) % step_ == 0 &&
           layer % period_ == offset_ % period_ &&
           std::find(dense_.begin(), dense_.end(), number) == dense_.end();
  }

 private:
  std::vector<std::string> types_;
  std::vector<std::string> flags_;
  std::vector<std::string> chosen_;
  std::vector<std::string> dense_;
  std::int64_t first_ = 0;
  std::int64_t every_ = 1;
  std::int64_t step_ = 1;
  std::int64_t period_ = 1;
  std::int64_t offset_ = 0;
};

}  // namespace

std::vector<std::string> per_layer(ConfigReader& config, ConfigReader::Names names,
                                   std::size_t layers) {
  std::vector<std::string> list = config.list(names);
  if (!list.empty() && list.size() != layers) {
    config.error(names, fmt::format("'{}' has {} entries for {} layers", *names.begin(),
                                    list.size(), layers));
    list.clear();
  }
  return list;
}

void plan_feed_forward(ConfigReader& config, Plans& plans) {
  const std::int64_t experts =
      config.count_or({"num_local_experts", "num_experts", "n_routed_experts"}, 0);
  const ExpertLayers layers(config, plans.size());
  // Gemma 4 states experts for all its sizes and switches them off in the dense one.
  if (!config.flag({"enable_moe_block"}, true) || experts == 0) {
    return;
  }
  config.touch({"intermediate_size", "intermediate_size_mlp"});
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (layers.has(i)) {
      plans[i].feed_forward = FeedForwardKind::moe;
    }
  }
}

}  // namespace moru
