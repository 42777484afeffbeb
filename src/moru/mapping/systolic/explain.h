// The time line and the levers of one task on a systolic chip.
#pragma once

#include "moru/mapping/engine.h"
#include "moru/mapping/explanation.h"
#include "moru/mapping/systolic/device.h"

#include <tl/expected.hpp>

namespace moru {

// `launch`: what the mapper adds to start the operator inside its step, s.
tl::expected<Explanation, Infeasible> explain_on_arrays(const SystolicDevice& device,
                                                        const Engine& engine, const Task& task,
                                                        double launch);

}  // namespace moru
