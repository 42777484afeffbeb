// The kernels that libraries really have on GPUs, arrays and transfers on systolic chips: closed
// forms of mapping/gpu and mapping/systolic.
#include "moru/base/registry.h"
#include "moru/base/text.h"
#include "moru/mapping/gpu/answer.h"
#include "moru/mapping/gpu/explain.h"
#include "moru/mapping/gpu/gemm.h"
#include "moru/mapping/gpu/moe.h"
#include "moru/mapping/interval.h"
#include "moru/mapping/mapper.h"
#include "moru/mapping/systolic/device.h"
#include "moru/mapping/systolic/explain.h"
#include "moru/mapping/tasks_of.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

OpCost cost_of(const KernelTime& time, Uncertainty kind) {
  OpCost cost;
  cost.seconds = time.seconds;
  cost.compute = time.compute;
  cost.memory = time.memory;
  cost.cache = time.cache;
  cost.link = time.link;
  cost.overhead = time.launch + time.fill;
  const Interval interval = interval_of(time.seconds, kind);
  cost.low = interval.low;
  cost.high = interval.high;
  cost.memory_bytes = time.memory_bytes;
  cost.cache_bytes = time.cache_bytes;
  cost.bound = binding(cost);
  return cost;
}

class TiledGpu final : public ChipMapper {
 public:
  TiledGpu(const Chip& chip, const Software& software)
      : device_(gpu_device(chip, GpuConstants{})),
        engine_(service_engine(software.backend)),
        kv_block_(software.kv_block) {
    const bool is_graph = software.execution == Execution::graph;
    const auto& stated = is_graph ? chip.launch.graph : chip.launch.eager;
    // Inside a recorded step a kernel waits for the one before; the host hides behind it.
    const double recorded = device_.constants.dependent_kernel / device_.latency_clock;
    launch_ = stated
                  ? stated->value.value
                  : (is_graph ? recorded : std::max(recorded, device_.constants.host_dispatch / 4));
  }

  tl::expected<OpCost, Infeasible> cost(const Operator& op) const override {
    const Task task = service_task(op);
    const auto time = answer(device_, engine_, task);
    if (!time) {
      return tl::unexpected(time.error());
    }
    OpCost cost = cost_of(*time, uncertainty_of(task));
    if (op.op_class != OperatorClass::collective) {
      const double first = launch_time(device_, engine_, 1);
      const double change = launch_ - first;
      cost.seconds += change;
      cost.overhead += change;
      cost.low = std::max(cost.low + change, 0.0);
      cost.high += change;
    }
    cost.bound = binding(cost);
    cost.utilisation = used_share(op, task, cost);
    return cost;
  }

  double host_seconds(const Operator& op) const override {
    return device_.constants.host_dispatch * kernels_of(task_of(op, kv_block_));
  }

  tl::expected<Explanation, Infeasible> explain(const Operator& op) const override {
    return explain_on_gpu(device_, engine_, service_task(op), launch_);
  }

 private:
  Task service_task(const Operator& op) const {
    Task task = task_of(op, kv_block_);
    if (auto* experts = std::get_if<MoeTask>(&task)) {
      experts->kernel = expert_kernel(engine_, experts->scheme, device_.feed);
    }
    return task;
  }

  // Called one by one from Python.
  double kernels_of(const Task& task) const {
    if (const auto* gemm = std::get_if<GemmTask>(&task)) {
      return 1 + engine_.quant_kernels[static_cast<std::size_t>(gemm->scheme)];
    }
    return std::holds_alternative<MoeTask>(task) ? engine_.moe_kernels : 1;
  }

  double used_share(const Operator& op, const Task& task, const OpCost& cost) const {
    if (cost.bound == Bound::memory) {
      return cost.memory_bytes / (cost.seconds * device_.memory_peak);
    }
    if (cost.bound != Bound::compute) {
      return 0;
    }
    const double rate = rate_of(task);
    return rate > 0 ? op.flops / (cost.seconds * rate) : 0;
  }

  double rate_of(const Task& task) const {
    if (std::holds_alternative<VectorTask>(task)) {
      return device_.vector_per_clock * device_.cores * device_.clock;
    }
    QuantScheme scheme = QuantScheme::none;
    DType activation = DType::bf16;
    if (const auto* gemm = std::get_if<GemmTask>(&task)) {
      scheme = gemm->scheme;
      activation = gemm->activation;
    } else if (const auto* moe = std::get_if<MoeTask>(&task)) {
      scheme = moe->scheme;
      activation = moe->activation;
    }
    const auto format = format_of(device_, scheme, activation);
    return format ? device_.matrix_rate(format->computed) : 0;
  }

  GpuDevice device_;
  const Engine engine_;
  std::int64_t kv_block_;
  double launch_ = 0;
};

class TiledSystolic final : public ChipMapper {
 public:
  TiledSystolic(const Chip& chip, const Software& software)
      : device_(systolic_device(chip)),
        fabric_(fabric_of(chip)),
        engine_(engine_named("ideal")),
        kv_block_(software.kv_block) {}

  tl::expected<OpCost, Infeasible> cost(const Operator& op) const override {
    Task task = task_of(op, kv_block_);
    if (const auto* moe = std::get_if<MoeTask>(&task)) {
      task = dense_equivalent(*moe);
    }
    const auto time =
        op.op_class == OperatorClass::collective
            ? time_collective(fabric_, constants_, engine_, std::get<CollectiveTask>(task))
            : answer(device_, engine_, task);
    if (!time) {
      return tl::unexpected(time.error());
    }
    OpCost cost = cost_of(*time, uncertainty_of(task));
    if (std::holds_alternative<VectorTask>(task)) {
      // In a program of many operations each is one more to issue and wait for.
      cost.seconds += device_.launch;
      cost.overhead += device_.launch;
      cost.low += device_.launch;
      cost.high += device_.launch;
      cost.bound = binding(cost);
    }
    cost.utilisation = used_share(op, task, cost);
    return cost;
  }

  tl::expected<Explanation, Infeasible> explain(const Operator& op) const override {
    if (op.op_class == OperatorClass::collective) {
      return ChipMapper::explain(op);
    }
    Task task = task_of(op, kv_block_);
    if (const auto* moe = std::get_if<MoeTask>(&task)) {
      task = dense_equivalent(*moe);
    }
    const bool is_pass = std::holds_alternative<VectorTask>(task);
    return explain_on_arrays(device_, engine_, task, is_pass ? device_.launch : 0);
  }

 private:
  // Experts run one after the other, each with its share of the rows.
  static Task dense_equivalent(const MoeTask& moe) {
    GemmTask gemm;
    const double local = moe.experts_hit / static_cast<double>(moe.ep);
    gemm.batch = std::max<std::int64_t>(1, static_cast<std::int64_t>(local + 0.5));
    const double rows = static_cast<double>(moe.tokens * moe.topk) / static_cast<double>(moe.ep);
    gemm.m = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(rows / static_cast<double>(gemm.batch) + 0.5));
    gemm.n = (moe.is_gated ? 3 : 2) * moe.inter / moe.tp;
    gemm.k = moe.hidden;
    gemm.scheme = moe.scheme;
    return gemm;
  }

  double used_share(const Operator& op, const Task& task, const OpCost& cost) const {
    if (cost.bound == Bound::memory) {
      // A pass over what the scratchpad keeps takes its bandwidth, not the memory's.
      const double bandwidth =
          std::max(device_.memory.peak, cost.memory_bytes / std::max(cost.memory, 1e-30));
      return cost.memory_bytes / (cost.seconds * bandwidth);
    }
    if (cost.bound != Bound::compute) {
      return 0;
    }
    if (std::holds_alternative<VectorTask>(task)) {
      return op.flops / (cost.seconds * 2 * device_.lanes * device_.cores * device_.clock);
    }
    const auto* gemm = std::get_if<GemmTask>(&task);
    const QuantScheme scheme = gemm != nullptr ? gemm->scheme : QuantScheme::none;
    return op.flops / (cost.seconds * systolic_format(device_, scheme).rate);
  }

  SystolicDevice device_;
  Fabric fabric_;
  GpuConstants constants_;
  const Engine& engine_;
  std::int64_t kv_block_;
};

class Tiled final : public Mapper {
 public:
  tl::expected<std::unique_ptr<ChipMapper>, Infeasible> prepare(
      const Chip& chip, const Software& software) const override {
    if (auto problem = simulation_problem(chip)) {
      return tl::unexpected(*std::move(problem));
    }
    if (chip.kind == ChipKind::gpu) {
      return std::make_unique<TiledGpu>(chip, software);
    }
    if (chip.kind == ChipKind::npu) {
      return std::make_unique<TiledSystolic>(chip, software);
    }
    // Weights that stay in the memories they are multiplied from stream through no tiles: the
    // bandwidth of those memories is all there is to know.
    return Registry<Mapper>::make("roofline", "mapper")->prepare(chip, software);
  }
};

MORU_REGISTER(Mapper, Tiled, "tiled",
              "kernels with tiles, waves, caches and power on GPUs; arrays and transfers on NPUs");

}  // namespace
}  // namespace moru
