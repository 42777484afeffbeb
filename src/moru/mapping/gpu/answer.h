// Any task on a GPU.
#pragma once

#include "moru/mapping/engine.h"
#include "moru/mapping/gpu/device.h"
#include "moru/mapping/task.h"

#include <tl/expected.hpp>

namespace moru {

tl::expected<KernelTime, Infeasible> answer(const GpuDevice& device, const Engine& engine,
                                            const Task& task);

}  // namespace moru
