#include "moru/mapping/gpu/answer.h"

#include "moru/mapping/collective.h"
#include "moru/mapping/gpu/attention.h"
#include "moru/mapping/gpu/gemm.h"
#include "moru/mapping/gpu/moe.h"
#include "moru/mapping/gpu/vector.h"

namespace moru {

tl::expected<KernelTime, Infeasible> answer(const GpuDevice& device, const Engine& engine,
                                            const Task& task) {
  if (const auto* gemm = std::get_if<GemmTask>(&task)) {
    return time_gemm(device, engine, *gemm);
  }
  if (const auto* attention = std::get_if<AttentionTask>(&task)) {
    return time_attention(device, engine, *attention);
  }
  if (const auto* moe = std::get_if<MoeTask>(&task)) {
    return time_moe(device, engine, *moe);
  }
  if (const auto* collective = std::get_if<CollectiveTask>(&task)) {
    return time_collective(device.fabric, device.constants, engine, *collective);
  }
  if (const auto* vector = std::get_if<VectorTask>(&task)) {
    return time_vector(device, engine, *vector);
  }
  return tl::unexpected(Infeasible{"not modelled"});
}

}  // namespace moru
