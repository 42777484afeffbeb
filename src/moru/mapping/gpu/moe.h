// The routed experts of one rank: routing, permutation, two grouped products, activation,
// reduction.
#pragma once

#include "moru/mapping/engine.h"
#include "moru/mapping/gpu/device.h"
#include "moru/mapping/task.h"

#include <tl/expected.hpp>

namespace moru {

// What a rank gets: of `experts_hit` experts, `rows` (token, expert) pairs, `padded` with each
// expert's rows rounded up to the tile.
struct ExpertLoad {
  double experts_hit = 0;
  double rows = 0;
};
// Of the rank with the heaviest load.
ExpertLoad expert_load(const MoeTask& task);

tl::expected<KernelTime, Infeasible> time_moe(const GpuDevice& device, const Engine& engine,
                                              const MoeTask& task);

}  // namespace moru
