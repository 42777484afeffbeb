#include "moru/mapping/interval.h"

namespace moru {
namespace {

constexpr IntervalWidth kWidths[] = {
    {"products", 1.40},
    {"quantised products and collectives", 1.75},
    {"attention and passes", 1.87},
    {"latent attention", 2.40},
    {"experts", 2.25},
};

const IntervalWidth& width_of(Uncertainty kind) {
  switch (kind) {
    case Uncertainty::gemm:
      return kWidths[0];
    case Uncertainty::quantised_gemm:
    case Uncertainty::collective:
      return kWidths[1];
    case Uncertainty::prefill:
    case Uncertainty::decode:
    case Uncertainty::vector:
      return kWidths[2];
    case Uncertainty::latent:
      return kWidths[3];
    case Uncertainty::moe:
      break;
  }
  return kWidths[4];
}

}  // namespace

Uncertainty uncertainty_of(const Task& task) {
  if (const auto* gemm = std::get_if<GemmTask>(&task)) {
    return gemm->scheme == QuantScheme::none ? Uncertainty::gemm : Uncertainty::quantised_gemm;
  }
  if (const auto* attention = std::get_if<AttentionTask>(&task)) {
    if (attention->is_latent || attention->is_expanded_latent) {
      return Uncertainty::latent;
    }
    return attention->is_decode ? Uncertainty::decode : Uncertainty::prefill;
  }
  if (std::holds_alternative<MoeTask>(task)) {
    return Uncertainty::moe;
  }
  if (std::holds_alternative<CollectiveTask>(task)) {
    return Uncertainty::collective;
  }
  if (const auto* chain = std::get_if<ChainTask>(&task)) {
    for (const SingleTask& part : chain->parts) {
      if (const auto* attention = std::get_if<AttentionTask>(&part)) {
        return attention->is_decode ? Uncertainty::decode : Uncertainty::prefill;
      }
    }
    return Uncertainty::gemm;
  }
  return Uncertainty::vector;
}

Interval interval_of(double seconds, Uncertainty kind) {
  const IntervalWidth& width = width_of(kind);
  return {seconds / width.factor, seconds * width.factor};
}

std::span<const IntervalWidth> interval_widths() { return kWidths; }

}  // namespace moru
