// The time line and the levers of one task on a GPU.
#pragma once

#include "moru/mapping/engine.h"
#include "moru/mapping/explanation.h"
#include "moru/mapping/gpu/device.h"
#include "moru/mapping/task.h"

#include <tl/expected.hpp>

namespace moru {

// `launch`: what starting the operator costs inside its step, s; it takes the place of the engine's
// own.
tl::expected<Explanation, Infeasible> explain_on_gpu(const GpuDevice& device, const Engine& engine,
                                                     const Task& task, double launch);

// Names a tile: "128 x 256 tile, depth split 4 ways".
std::string tile_text(const std::array<int, 4>& tile);

// Body of a kernel split into its full waves and the last, partly filled one.
void add_waves(double body, double waves, Explanation& explanation);

}  // namespace moru
