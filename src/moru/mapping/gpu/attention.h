// Fused attention on a GPU: FlashAttention-like prefill, split-KV decode.
#pragma once

#include "moru/mapping/engine.h"
#include "moru/mapping/gpu/device.h"
#include "moru/mapping/task.h"

#include <tl/expected.hpp>

namespace moru {

tl::expected<KernelTime, Infeasible> time_attention(const GpuDevice& device, const Engine& engine,
                                                    const AttentionTask& task);

}  // namespace moru
