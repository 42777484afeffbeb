// A part of a trace as a trace of its own.
#pragma once

#include "moru/trace/request.h"

#include <cstdint>
#include <limits>

namespace moru {

struct SliceOptions {
  // Arrivals from `from_s` (included) to `to_s` (excluded), in seconds of the trace.
  double from_s = 0;
  double to_s = std::numeric_limits<double>::infinity();
  std::int64_t every = 1;        // keeps one request in so many, which divides the rate
  std::int64_t num_prompts = 0;  // then at most so many; 0: all
};

// Arrivals count from the first request that is kept; segments of the others are dropped. Throws
// Error if nothing is left or the trace has no arrivals to cut by.
Trace slice(const Trace& trace, const SliceOptions& options);

}  // namespace moru
