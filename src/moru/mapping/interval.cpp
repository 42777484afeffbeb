#include "moru/mapping/interval.h"

namespace moru {
namespace {

// Order of Uncertainty.
constexpr IntervalWidth kWidths[] = {
    {"products", 1.40},
    {"quantised products", 1.74},
    {"collectives and expert traffic", 1.49},
    {"attention, passes and experts", 1.91},
    {"latent heads and mixed steps", 2.39},
};

}  // namespace

Uncertainty uncertainty_of(const Task& task) {
  if (const auto* gemm = std::get_if<GemmTask>(&task)) {
    if (gemm->batch > 1) {
      return Uncertainty::latent_head;
    }
    return gemm->scheme == QuantScheme::none ? Uncertainty::gemm : Uncertainty::quantised_gemm;
  }
  if (const auto* attention = std::get_if<AttentionTask>(&task)) {
    return attention->is_latent ? Uncertainty::latent_head : Uncertainty::kernel;
  }
  if (std::holds_alternative<CollectiveTask>(task)) {
    return Uncertainty::collective;
  }
  if (const auto* chain = std::get_if<ChainTask>(&task)) {
    if (chain->is_one_kernel) {
      return Uncertainty::latent_head;
    }
    // Errors of parts one after the other average out: not that of the least certain.
    for (const SingleTask& part : chain->parts) {
      if (std::holds_alternative<AttentionTask>(part)) {
        return Uncertainty::kernel;
      }
    }
    return Uncertainty::gemm;
  }
  return Uncertainty::kernel;
}

Interval interval_of(double seconds, Uncertainty kind) {
  const double factor = kWidths[static_cast<std::size_t>(kind)].factor;
  return {seconds / factor, seconds * factor};
}

std::span<const IntervalWidth> interval_widths() { return kWidths; }

}  // namespace moru
