// Traces drawn from a workload's statistics.
#pragma once

#include "moru/trace/arrivals.h"
#include "moru/trace/workload.h"

namespace moru {

// The same specification, options and seed give the same trace; lengths do not depend on the rate,
// arrivals not on the lengths. What `options` leaves open comes from the workload. Throws Error if
// neither says how many requests to draw or at which rate.
Trace generate(const WorkloadSpec& spec, const ArrivalOptions& options);

}  // namespace moru
