// Datasheet peaks times stated efficiencies, plus launch cost.
//
// Williams, Waterman, Patterson, "Roofline: An Insightful Visual Performance Model for Multicore
// Architectures", CACM 2009, with one roof per memory level and one for the links. Collectives:
// Thakur, Rabenseifner, Gropp, "Optimization of Collective Communication Operations in MPICH", 2005
// (ring bandwidth terms, logarithmic latency terms).
#include "moru/base/registry.h"
#include "moru/mapping/constants.h"
#include "moru/mapping/main_memory.h"
#include "moru/mapping/mapper.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace moru {
namespace {

// The constants of one evaluation: nominal, favourable or unfavourable.
struct Roofs {
  double matrix;
  double vector;
  double memory;
  double cache;
  double link;
  double launch;
  double hop;
};

enum class End { nominal, favourable, unfavourable };

double rate_at(const Constant& constant, End end) {
  return end == End::nominal      ? constant.value
         : end == End::favourable ? constant.high
                                  : constant.low;
}
double cost_at(const Constant& constant, End end) {
  return end == End::nominal      ? constant.value
         : end == End::favourable ? constant.low
                                  : constant.high;
}

struct Times {
  double compute = 0;
  double memory = 0;
  double cache = 0;
  double link = 0;
  double overhead = 0;
  double total() const { return std::max({compute, memory, cache, link}) + overhead; }
};

class RooflineChip final : public ChipMapper {
 public:
  RooflineChip(const Chip& chip, const Software& software)
      : chip_(chip), memory_(main_memory(chip)), kv_block_(software.kv_block) {
    cache_capacity_ = chip.cache_capacity().value;
    for (const Cache& cache : chip.caches) {
      if (cache.bandwidth) {
        cache_bandwidth_ = std::max(cache_bandwidth_, cache.bandwidth->value.value);
      }
    }
    const auto vector = chip.vector_rate();
    for (std::size_t w = 0; w < kDTypes; ++w) {
      for (std::size_t a = 0; a < kDTypes; ++a) {
        const DType computed = chip.compute_dtype(static_cast<DType>(w), static_cast<DType>(a));
        matrix_rate_[w][a] = chip.matrix_rate(computed).value_or(FlopsPerSecond{}).value;
      }
    }
    vector_rate_ = vector ? vector->value : rate_of_16_bits(chip) * kVectorToMatrixRate.value;
    if (const Link* link = chip.link(LinkScope::scale_up)) {
      link_bandwidth_ = link->bandwidth.value.value;
      if (link->latency) {
        stated_hop_ = link->latency->value.value;
      }
    } else if (const Link* host = chip.link(LinkScope::host)) {
      link_bandwidth_ = host->bandwidth.value.value;
    }
    for (const End end : {End::nominal, End::favourable, End::unfavourable}) {
      roofs_[static_cast<std::size_t>(end)] = {
          rate_at(kMatrixEfficiency, end),
          rate_at(kVectorEfficiency, end),
          rate_at(kMemoryReach, end),
          rate_at(kCacheEfficiency, end),
          rate_at(kLinkEfficiency, end),
          launch_cost(software.execution, end),
          stated_hop_ > 0 ? stated_hop_ : cost_at(kLinkLatency, end)};
    }
  }

  tl::expected<OpCost, Infeasible> cost(const Operator& op) const override {
    if (op.op_class == OperatorClass::collective && link_bandwidth_ <= 0) {
      return tl::unexpected(Infeasible{fmt::format(
          "{} has no link to other chips; add one to `links:` or use one chip per replica",
          chip_.id)});
    }
    if (is_matrix(op) && op.flops > 0 && peak_rate(op) <= 0) {
      return tl::unexpected(Infeasible{
          fmt::format("{} states no rate for {} in {} x {}; add one to `peak:` or use a model in "
                      "another format",
                      chip_.id, op.name, enum_name(op.weight), enum_name(op.activation))});
    }
    const Times times = evaluate(op, roofs_[0]);
    OpCost cost;
    cost.compute = times.compute;
    cost.memory = times.memory;
    cost.cache = times.cache;
    cost.link = times.link;
    cost.overhead = times.overhead;
    cost.seconds = times.total();
    cost.low = evaluate(op, roofs_[1]).total();
    cost.high = evaluate(op, roofs_[2]).total();
    cost.memory_bytes = memory_bytes(op);
    cost.cache_bytes = op.weight_bytes + op.bytes_read + op.bytes_written;
    cost.link_bytes = link_bytes(op.collective);
    set_bound(op, cost);
    return cost;
  }

 private:
  static constexpr std::size_t kDTypes = EnumNames<DType>::values.size();

  // Chips that state only 8-bit rates multiply 16 bits at half of them, if at all.
  static double rate_of_16_bits(const Chip& chip) {
    if (const auto rate = chip.matrix_rate(chip.compute_dtype(DType::bf16, DType::bf16))) {
      return rate->value;
    }
    const auto narrow = chip.matrix_rate(DType::fp8);
    return (narrow ? *narrow : chip.matrix_rate(DType::int8).value_or(FlopsPerSecond{})).value / 2;
  }

  static bool is_matrix(const Operator& op) {
    return op.op_class != OperatorClass::vector && op.op_class != OperatorClass::gather &&
           op.op_class != OperatorClass::collective;
  }

  double launch_cost(Execution execution, End end) const {
    const auto& stated = execution == Execution::graph ? chip_.launch.graph : chip_.launch.eager;
    if (stated) {
      return stated->value.value;
    }
    if (execution == Execution::eager) {
      return cost_at(kEagerLaunch, end);
    }
    return cost_at(chip_.kind == ChipKind::gpu ? kGraphLaunch : kCompiledLaunch, end);
  }

  double peak_rate(const Operator& op) const {
    switch (op.op_class) {
      case OperatorClass::gemm:
      case OperatorClass::grouped_gemm:
        return matrix_rate_[static_cast<std::size_t>(op.weight)]
                           [static_cast<std::size_t>(op.activation)];
      case OperatorClass::attention:
      case OperatorClass::recurrence:
        return matrix_rate_[static_cast<std::size_t>(op.activation)]
                           [static_cast<std::size_t>(op.activation)];
      case OperatorClass::vector:
      case OperatorClass::gather:
      case OperatorClass::collective:
        return vector_rate_;
    }
    return vector_rate_;
  }

  // Activations that fit half of the shared cache were left there by the operator before; weights,
  // KV cache, states and table rows come from main memory.
  double memory_bytes(const Operator& op) const {
    if (op.op_class == OperatorClass::collective) {
      return 0;
    }
    const double moved = op.bytes_read + op.bytes_written;
    const bool is_activation = op.op_class == OperatorClass::gemm ||
                               op.op_class == OperatorClass::grouped_gemm ||
                               op.op_class == OperatorClass::vector;
    if (is_activation && moved <= cache_capacity_ / 2) {
      return op.weight_bytes;
    }
    return op.weight_bytes + moved;
  }

  // Weights are long reads, those of an expert as long as the expert; the KV cache is read block by
  // block, tables row by row; the rest is read and written.
  double memory_seconds(const Operator& op) const {
    const double rest = memory_bytes(op) - op.weight_bytes;
    switch (op.op_class) {
      case OperatorClass::attention: {
        const AttentionShape& shape = op.attention;
        const double keys = static_cast<double>(kv_block_ * shape.kv_heads * shape.head_dim) *
                            bytes_per_element(shape.kv);
        return rest / memory_.pieces(keys);
      }
      case OperatorClass::grouped_gemm: {
        const double experts = std::max(op.moe.experts_hit, 1.0);
        return op.weight_bytes / memory_.pieces(op.weight_bytes / experts) + rest / memory_.mixed;
      }
      case OperatorClass::gather:
        return op.bytes_read / memory_.pieces(op.bytes_read / std::max(op.rows, 1.0)) +
               (op.weight_bytes + rest - op.bytes_read) / memory_.mixed;
      default:
        return op.weight_bytes / memory_.stream + rest / memory_.mixed;
    }
  }

  static double link_bytes(const CollectiveShape& shape) {
    const auto ranks = static_cast<double>(shape.ranks);
    switch (shape.kind) {
      case CollectiveKind::none:
        return 0;
      case CollectiveKind::all_reduce:
        return 2 * shape.bytes * (ranks - 1) / ranks;
      case CollectiveKind::all_gather:
      case CollectiveKind::reduce_scatter:
      case CollectiveKind::all_to_all:
        return shape.bytes * (ranks - 1) / ranks;
      case CollectiveKind::send_receive:
        return shape.bytes;
    }
    return 0;
  }

  static double hops(const CollectiveShape& shape) {
    const auto ranks = static_cast<std::uint64_t>(std::max<std::int64_t>(shape.ranks, 1));
    const double depth = std::bit_width(ranks - 1);
    switch (shape.kind) {
      case CollectiveKind::all_reduce:
        return 2 * depth;
      case CollectiveKind::send_receive:
      case CollectiveKind::all_to_all:
        return 1;
      default:
        return depth;
    }
  }

  Times evaluate(const Operator& op, const Roofs& roofs) const {
    Times times;
    times.overhead = roofs.launch;
    if (op.op_class == OperatorClass::collective) {
      times.link = link_bytes(op.collective) / (link_bandwidth_ * roofs.link) +
                   hops(op.collective) * roofs.hop;
      return times;
    }
    times.compute = op.flops / (peak_rate(op) * (is_matrix(op) ? roofs.matrix : roofs.vector));
    times.memory = memory_seconds(op) / roofs.memory;
    if (cache_bandwidth_ > 0) {
      times.cache =
          (op.weight_bytes + op.bytes_read + op.bytes_written) / (cache_bandwidth_ * roofs.cache);
    }
    return times;
  }

  void set_bound(const Operator& op, OpCost& cost) const {
    cost.bound = binding(cost);
    switch (cost.bound) {
      case Bound::compute:
        cost.utilisation = op.flops / (cost.seconds * peak_rate(op));
        break;
      case Bound::memory:
        cost.utilisation = cost.memory_bytes / (cost.seconds * memory_.peak);
        break;
      case Bound::cache:
        cost.utilisation = cost.cache_bytes / (cost.seconds * cache_bandwidth_);
        break;
      case Bound::link:
        cost.utilisation = cost.link_bytes / (cost.seconds * link_bandwidth_);
        break;
      case Bound::overhead:
        cost.utilisation = 0;
        break;
    }
  }

  const Chip& chip_;
  MainMemory memory_;
  std::int64_t kv_block_;
  double cache_capacity_ = 0;
  double cache_bandwidth_ = 0;
  double vector_rate_ = 0;
  double link_bandwidth_ = 0;
  double stated_hop_ = 0;
  double matrix_rate_[kDTypes][kDTypes] = {};
  Roofs roofs_[3] = {};
};

class Roofline final : public Mapper {
 public:
  tl::expected<std::unique_ptr<ChipMapper>, Infeasible> prepare(
      const Chip& chip, const Software& software) const override {
    if (auto problem = simulation_problem(chip)) {
      return tl::unexpected(*std::move(problem));
    }
    return std::make_unique<RooflineChip>(chip, software);
  }
};

MORU_REGISTER(Mapper, Roofline, "roofline",
              "datasheet peaks times stated efficiencies, plus launch cost (Williams 2009)");

}  // namespace
}  // namespace moru
