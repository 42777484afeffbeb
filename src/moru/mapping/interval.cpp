#include "moru/mapping/interval.h"

namespace moru {
namespace {

// Order of Uncertainty.
constexpr IntervalWidth kWidths[] = {
    {"products", 1.37},
    {"quantised and batched products, passes", 1.54},
    {"collectives and expert traffic", 1.49},
    {"attention and experts", 1.96},
    {"latent decodes and mixed steps", 2.18},
};

}  // namespace

Uncertainty uncertainty_of(const Task& task) {
  if (const auto* gemm = std::get_if<GemmTask>(&task)) {
    const bool is_plain = gemm->batch <= 1 && gemm->scheme == QuantScheme::none;
    return is_plain ? Uncertainty::gemm : Uncertainty::quantised_gemm;
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
  return std::holds_alternative<VectorTask>(task) ? Uncertainty::quantised_gemm
                                                  : Uncertainty::kernel;
}

Interval interval_of(double seconds, Uncertainty kind) {
  const double factor = kWidths[static_cast<std::size_t>(kind)].factor;
  return {seconds / factor, seconds * factor};
}

std::span<const IntervalWidth> interval_widths() { return kWidths; }

}  // namespace moru
