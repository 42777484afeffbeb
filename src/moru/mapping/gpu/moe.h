// The routed experts of one rank: routing, permutation, two grouped products, activation,
// reduction.
#pragma once

#include "moru/mapping/engine.h"
#include "moru/mapping/gpu/device.h"
#include "moru/mapping/gpu/gemm.h"
#include "moru/mapping/task.h"

#include <tl/expected.hpp>

namespace moru {

// What the rank with the heaviest load gets: `rows` (token, expert) pairs of `experts_hit` experts,
// and the tokens that it sees.
struct ExpertLoad {
  double experts_hit = 0;
  double rows = 0;
  double tokens = 0;
  std::array<RowGroup, kRowGroups> groups = {};
};
ExpertLoad expert_load(const MoeTask& task);

tl::expected<KernelTime, Infeasible> time_moe(const GpuDevice& device, const Engine& engine,
                                              const MoeTask& task);

// The kernels that the software takes for experts of this format, by how the chip's matrix units are
// fed: vLLM 0.19 (fused_moe/oracle), SGLang 0.5 (server_args, moe_runner_backend auto) and
// TensorRT-LLM 1.2 (moe_backend).
ExpertKernel expert_kernel(const Engine& engine, QuantScheme scheme, MatrixFeed feed);

}  // namespace moru
