// How far a prediction may be off: 90% intervals by class of uncertainty.
#pragma once

#include "moru/mapping/task.h"

#include <span>
#include <string_view>

namespace moru {

struct Interval {
  double low = 0;
  double high = 0;
};

// What decides the width: which tile a library takes (gemm), what surrounds it (quantised), which
// protocol runs (collective), which of several kernels, how it hides latency and how the load falls
// (kernel), how a kernel splits the little work of a head (latent_head).
Uncertainty uncertainty_of(const Task& task);

// Widths are those that `moru validate ops --intervals` derives (validation/ops_intervals.h); each
// counts as a number estimated from rows.
Interval interval_of(double seconds, Uncertainty kind);

struct IntervalWidth {
  std::string_view name;
  double factor;  // measured / predicted lies within 1 / factor … factor
};
std::span<const IntervalWidth> interval_widths();

}  // namespace moru
