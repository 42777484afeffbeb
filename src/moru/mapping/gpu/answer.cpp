#include "moru/mapping/gpu/answer.h"

#include "moru/mapping/collective.h"
#include "moru/mapping/gpu/attention.h"
#include "moru/mapping/gpu/gemm.h"
#include "moru/mapping/gpu/moe.h"
#include "moru/mapping/gpu/vector.h"

namespace moru {
namespace {

tl::expected<KernelTime, Infeasible> answer_chain(const GpuDevice& device, const Engine& engine,
                                                  const ChainTask& chain) {
  KernelTime sum;
  for (const SingleTask& part : chain.parts) {
    const Task task = std::visit([](const auto& one) { return Task(one); }, part);
    const auto time = answer(device, engine, task);
    if (!time) {
      return time;
    }
    const bool is_first = sum.seconds == 0;
    // Later kernels of a graph wait for the one before, which costs as much as starting one.
    sum.seconds += time->seconds - (chain.is_one_kernel && !is_first ? time->launch : 0);
    sum.launch += time->launch;
    sum.compute += time->compute;
    sum.memory += time->memory;
    sum.link += time->link;
    sum.fill += time->fill;
    sum.flops += time->flops;
    sum.memory_bytes += time->memory_bytes;
    sum.cache_bytes += time->cache_bytes;
  }
  return sum;
}

}  // namespace

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
  if (const auto* chain = std::get_if<ChainTask>(&task)) {
    return answer_chain(device, engine, *chain);
  }
  if (const auto* vector = std::get_if<VectorTask>(&task)) {
    return time_vector(device, engine, *vector);
  }
  return tl::unexpected(Infeasible{"not modelled"});
}

}  // namespace moru
