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

// What decides the width: which kernel a library takes (gemm), what surrounds it (quantised), how
// it hides latency (attention), how the load falls (moe), which protocol runs (collective).
Uncertainty uncertainty_of(const Task& task);

// Widths were set so that 90% of the measured rows of a class fall inside; each counts as a number
// estimated from rows.
Interval interval_of(double seconds, Uncertainty kind);

struct IntervalWidth {
  std::string_view name;
  double factor;  // measured / predicted lies within 1 / factor … factor
};
std::span<const IntervalWidth> interval_widths();

}  // namespace moru
