// One pass over data: norms, activations, rope, quantisation, routing.
#pragma once

#include "moru/mapping/engine.h"
#include "moru/mapping/gpu/device.h"
#include "moru/mapping/task.h"

namespace moru {

// Seconds of the pass itself, launch aside.
double vector_body(const GpuDevice& device, const VectorTask& task);

KernelTime time_vector(const GpuDevice& device, const Engine& engine, const VectorTask& task);

}  // namespace moru
