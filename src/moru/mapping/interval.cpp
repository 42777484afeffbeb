#include "moru/mapping/interval.h"

namespace moru {
namespace {

// In the order of Uncertainty.
constexpr IntervalWidth kWidths[] = {
    {"gemm", 1.40}, {"quantised_gemm", 1.78}, {"prefill", 1.85}, {"decode", 1.90},
    {"moe", 2.60},  {"collective", 1.62},     {"vector", 2.10},
};

}  // namespace

Uncertainty uncertainty_of(const Task& task) {
  if (const auto* gemm = std::get_if<GemmTask>(&task)) {
    return gemm->scheme == QuantScheme::none ? Uncertainty::gemm : Uncertainty::quantised_gemm;
  }
  if (const auto* attention = std::get_if<AttentionTask>(&task)) {
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
  const IntervalWidth& width = kWidths[static_cast<std::size_t>(kind)];
  return {seconds / width.factor, seconds * width.factor};
}

std::span<const IntervalWidth> interval_widths() { return kWidths; }

}  // namespace moru
