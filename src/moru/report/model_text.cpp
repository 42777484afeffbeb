#include "moru/report/model_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace moru {
namespace {

std::string context_text(const ContextRule& rule) {
  switch (rule.kind) {
    case ContextKind::full:
      return "";
    case ContextKind::window:
      return fmt::format(", window {}", rule.span);
    case ContextKind::chunk:
      return fmt::format(", chunks of {}", rule.span);
    case ContextKind::sparse:
      return fmt::format(", sparse top {}", rule.span);
  }
  return "";
}

}  // namespace

std::string mixer_text(const Mixer& mixer) {
  switch (mixer.kind) {
    case MixerKind::attention:
      return fmt::format("attention, {} heads, {} kv, head_dim {}{}{}", mixer.heads, mixer.kv_heads,
                         mixer.head_dim, context_text(mixer.rule),
                         mixer.shares_kv ? ", reads another layer's KV" : "");
    case MixerKind::latent_attention:
      return fmt::format(
          "latent attention, {} heads, kv_lora_rank {} + rope {}{}{}", mixer.heads,
          mixer.kv_lora_rank, mixer.qk_rope_head_dim, context_text(mixer.rule),
          mixer.index_heads > 0
              ? fmt::format(", indexer of {} heads x {}", mixer.index_heads, mixer.index_head_dim)
              : "");
    case MixerKind::gated_delta:
      return fmt::format("gated delta rule, {} key heads x {}, {} value heads x {}",
                         mixer.key_heads, mixer.key_head_dim, mixer.value_heads,
                         mixer.value_head_dim);
    case MixerKind::mamba2:
      return fmt::format("Mamba-2, inner {}, state {}, {} groups", mixer.inner, mixer.key_head_dim,
                         mixer.groups);
    case MixerKind::mamba1:
      return fmt::format("Mamba, inner {}, state {}", mixer.inner, mixer.key_head_dim);
    case MixerKind::none:
      return "";
  }
  return "";
}

std::string feed_forward_text(const FeedForward& part) {
  switch (part.kind) {
    case FeedForwardKind::dense:
      return fmt::format("{}{}", part.is_gated ? "gated MLP " : "MLP ", part.inter);
    case FeedForwardKind::moe:
      return fmt::format(
          "{} experts of {}, top {}{}", part.experts, part.inter, part.topk,
          part.shared_inter > 0 ? fmt::format(", shared {}", part.shared_inter) : "");
    case FeedForwardKind::none:
      return "";
  }
  return "";
}

std::string weight_format_text(const Model& model) {
  bool has_dense = false;
  bool has_experts = false;
  for (const Layer& layer : model.layer_kinds()) {
    has_dense = has_dense || layer.feed_forward.kind == FeedForwardKind::dense ||
                layer.feed_forward.shared_inter > 0;
    has_experts = has_experts || layer.feed_forward.kind == FeedForwardKind::moe;
  }
  const DType largest = has_experts ? model.weights.experts : model.weights.mlp;
  std::string text(enum_name(largest));
  if (has_experts && has_dense && model.weights.mlp != largest) {
    text += fmt::format(", MLP {}", enum_name(model.weights.mlp));
  }
  if (model.weights.attention != largest) {
    text += fmt::format(", attention {}", enum_name(model.weights.attention));
  }
  return text;
}

std::string mixers_text(const Model& model) {
  std::vector<std::pair<std::string, int>> counts;
  for (const Layer& layer : model.layers) {
    std::string name(enum_name(layer.mixer.kind));
    name += layer.mixer.rule.kind == ContextKind::full || layer.mixer.rule.span == 0
                ? ""
                : fmt::format("/{}", layer.mixer.rule.span);
    const auto found = std::find_if(counts.begin(), counts.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    if (found == counts.end()) {
      counts.emplace_back(name, 1);
    } else {
      ++found->second;
    }
  }
  std::string text;
  for (const auto& [name, count] : counts) {
    text += text.empty() ? "" : " + ";
    text += counts.size() == 1 ? name : fmt::format("{} {}", count, name);
  }
  return text;
}

std::string heads_text(const Model& model) {
  for (const Layer& layer : model.layers) {
    if (layer.mixer.kind == MixerKind::attention) {
      return fmt::format("{}/{}", layer.mixer.heads, layer.mixer.kv_heads);
    }
    if (layer.mixer.kind == MixerKind::latent_attention) {
      return fmt::format("{} latent", layer.mixer.heads);
    }
  }
  return "";
}

std::string experts_text(const Model& model) {
  for (const Layer& layer : model.layers) {
    if (layer.feed_forward.kind == FeedForwardKind::moe) {
      return fmt::format("{} top {}", layer.feed_forward.experts, layer.feed_forward.topk);
    }
  }
  return "";
}

}  // namespace moru
