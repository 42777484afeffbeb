#include "moru/mapping/systolic/device.h"

#include "moru/mapping/constants.h"
#include "moru/mapping/systolic/tile_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

double ceil_div(double a, double b) { return std::ceil(a / b); }

KernelTime time_gemm(const SystolicDevice& d, const Engine& engine, const GemmTask& task) {
  const auto m = std::ceil(static_cast<double>(task.m) / 8) * 8;  // sublanes
  const auto n = static_cast<double>(task.n);
  const auto k = static_cast<double>(task.k);
  const auto batch = static_cast<double>(task.batch);
  const SystolicFormat format = systolic_format(d, task.scheme);
  const double cores = engine.uses_one_core ? 1 : d.cores;
  const double cycles = batch * array_cycles(m, n, k, d.rows, d.columns) / (d.arrays * cores);
  KernelTime time;
  time.compute = cycles / d.array_clock / (format.rate / d.rate_16);
  time.memory_bytes = batch * (n * k * format.weight_bytes + m * k * 2 + m * n * 2);
  time.memory = time.memory_bytes / (d.memory.stream * cores / d.cores);
  time.flops = 2 * batch * m * n * k;
  time.fill = kTransferStart.value;
  time.launch = d.launch;
  // One program per operation reads, computes, writes; a compiled graph overlaps the three.
  double body = time.compute + time.memory;
  if (!engine.uses_one_core) {
    // Arrays take columns of their own; those left over split the rows.
    const double all = std::max(1.0, d.arrays * d.cores);
    TileJob job;
    job.arrays = std::min(all, batch * ceil_div(n, d.columns));
    job.m = std::max(1.0, m * job.arrays / all / (format.rate / d.rate_16));
    job.n = n * batch;
    job.k = k;
    job.height = d.rows;
    job.width = d.columns;
    job.bytes_per_clock = d.memory.stream / d.array_clock;
    job.weight_bytes = format.weight_bytes;
    // The ideal pipeline is the floor; arrays and memory also wait for one another.
    body = std::max(pipeline_clocks(job) / d.array_clock, std::hypot(time.compute, time.memory));
  }
  time.seconds = time.fill + body + (engine.uses_one_core ? 0 : time.launch);
  return time;
}

double softmax_seconds(const SystolicDevice& d, double elements, double cores) {
  return elements * kVectorSoftmax.value / (d.lanes * cores * d.clock);
}

KernelTime time_attention(const SystolicDevice& d, const Engine& engine, const AttentionTask& t) {
  const double cores = engine.uses_one_core ? 1 : d.cores;
  const auto batch = static_cast<double>(t.batch);
  const auto rows = static_cast<double>(t.seq_q);
  const auto kv = static_cast<double>(t.window > 0 ? std::min(t.window, t.seq_kv) : t.seq_kv);
  const auto heads = static_cast<double>(t.heads);
  const auto kv_heads = static_cast<double>(t.kv_heads);
  const auto key = static_cast<double>(t.head_dim);
  const auto value = static_cast<double>(t.v_head_dim);
  KernelTime time;
  time.launch = engine.uses_one_core ? 0 : d.launch;
  const double kv_bytes = batch * kv * kv_heads * (key + value) * 2;
  const double q_bytes = batch * rows * heads * (key + value) * 2;
  time.memory_bytes = kv_bytes + q_bytes;
  const double cache_rate = d.memory.pieces(t.kv_piece());
  time.memory = (kv_bytes / cache_rate + q_bytes / d.memory.mixed) * d.cores / cores;
  if (t.is_decode) {
    // Keys, then values, are the stationary operand: one clock per token and head to load each,
    // whatever the few rows of queries; scores, softmax and sum of a head depend on one another.
    time.compute = batch * kv_heads * kv * 2 / d.clock / cores;
    time.fill = kTransferStart.value * batch / cores;
    time.seconds = time.launch + time.fill + std::max(time.compute, time.memory);
    return time;
  }
  const double past = t.is_causal ? kv - rows : 0;
  const double pairs = batch * heads * rows * (t.is_causal ? past + rows / 2 : kv);
  const double products = batch * heads *
                          (array_cycles(rows, kv, key, d.rows, d.columns) +
                           array_cycles(rows, value, kv, d.rows, d.columns)) *
                          (pairs / (batch * heads * rows * kv)) / (d.arrays * cores);
  // A fused kernel's instructions feed arrays and vector unit together; one program per operation
  // runs them in turn.
  const double scores = softmax_seconds(d, pairs, cores);
  const double arrays = products / d.array_clock;
  time.compute = engine.uses_one_core ? arrays + scores : std::max(arrays, scores);
  time.flops = 2 * pairs * (key + value);
  time.fill = kTransferStart.value;
  time.seconds = time.launch + time.fill + std::max(time.compute, time.memory);
  return time;
}

KernelTime time_vector(const SystolicDevice& d, const Engine& engine, const VectorTask& t) {
  const double cores = engine.uses_one_core ? 1 : d.cores;
  KernelTime time;
  time.memory_bytes = t.bytes_read + t.bytes_written;
  const bool is_fused = !engine.uses_one_core && time.memory_bytes < d.scratchpad;
  const double sustained =
      t.is_cold ? d.memory.pieces(t.bytes_read / std::max(t.rows, 1.0)) : d.memory.mixed;
  // Results of the operation before are still in the scratchpad, whose bandwidth is the vector
  // unit's.
  time.memory = is_fused ? time.memory_bytes / (d.lanes * 4 * d.cores * d.clock)
                         : time.memory_bytes / (sustained * cores / d.cores);
  time.fill = t.is_cold ? kTransferStart.value : (is_fused ? 0 : kTransferStart.value);
  // Rows fetched from anywhere take a descriptor each, issued while others transfer.
  const double descriptors = t.is_cold ? t.rows * kDescriptor.value : 0;
  const double elements = t.bytes_written / 4;
  time.compute = t.is_reduction ? softmax_seconds(d, elements, cores) : 0;
  time.seconds = time.fill + time.compute + std::max(descriptors, time.memory);
  return time;
}

}  // namespace

SystolicFormat systolic_format(const SystolicDevice& device, QuantScheme scheme) {
  const auto rate = [&](double narrow) { return narrow > 0 ? narrow : device.rate_16; };
  switch (scheme) {
    case QuantScheme::none:
      break;
    case QuantScheme::fp8:
    case QuantScheme::fp8_static:
    case QuantScheme::fp8_block:
      return {rate(device.rate_fp8), 1};
    case QuantScheme::nvfp4:
      return {rate(device.rate_fp8), 0.5625};
    case QuantScheme::mxfp4_a8:
      return {rate(device.rate_fp8), 0.53125};
    case QuantScheme::mxfp4_a16:
    case QuantScheme::int4_a16:
      return {device.rate_16, 0.53125};
    case QuantScheme::int8_a16:
      return {device.rate_16, 1};
    case QuantScheme::int8:
      return {rate(device.rate_int8), 1};
  }
  return {device.rate_16, 2};
}

double array_cycles(double m, double n, double k, double height, double width) {
  const double tiles = ceil_div(k, height) * ceil_div(n, width);
  return height + (tiles - 1) * std::max(m, height) + m + height + width - 2;
}

SystolicDevice systolic_device(const Chip& chip) {
  SystolicDevice d;
  d.id = chip.id;
  d.rate_16 = chip.matrix_rate(DType::bf16).value_or(FlopsPerSecond{}).value;
  d.rate_fp8 = chip.matrix_rate(DType::fp8).value_or(FlopsPerSecond{}).value;
  d.rate_int8 = chip.matrix_rate(DType::int8).value_or(FlopsPerSecond{}).value;
  // Chips that state only 8-bit rates multiply 16 bits at half of them, if at all.
  d.rate_16 = d.rate_16 > 0 ? d.rate_16 : std::max(d.rate_fp8, d.rate_int8) / 2;
  if (chip.cores) {
    d.cores = chip.cores->count.value;
    if (const auto& matrix = chip.cores->matrix) {
      d.arrays = matrix->count ? matrix->count->value : 1;
      d.rows = matrix->rows ? matrix->rows->value : 128;
      d.columns = matrix->columns ? matrix->columns->value : 128;
    }
    d.scratchpad = chip.cores->sram ? chip.cores->sram->value.value * d.cores : 0;
  }
  const double per_array = 2 * d.rows * d.columns * d.cores;
  d.clock = chip.clock.boost ? chip.clock.boost->value.value : d.rate_16 / (per_array * d.arrays);
  // A clock no such array reaches means that there are more arrays than stated.
  while (!chip.clock.boost && d.clock > 2.5e9) {
    d.arrays *= 2;
    d.clock = d.rate_16 / (per_array * d.arrays);
  }
  // Where the number of arrays is not stated it is the power of two nearest to what the peak takes.
  const bool is_stated = chip.cores && chip.cores->matrix && chip.cores->matrix->count;
  if (!is_stated) {
    const double taken = d.rate_16 / (per_array * d.clock);
    d.arrays = taken > 0 ? std::exp2(std::round(std::log2(taken))) : 1;
  }
  // The stated peak is the truth, also where it is less than the arrays of the stated clock give.
  d.array_clock = d.rate_16 / (per_array * d.arrays);
  if (const auto vector = chip.vector_rate()) {
    d.lanes = vector->value / (2 * d.cores * d.clock);
  }
  d.memory = main_memory(chip);
  d.launch = chip.launch.graph ? chip.launch.graph->value.value : kCompiledLaunch.value;
  return d;
}

tl::expected<KernelTime, Infeasible> answer(const SystolicDevice& device, const Engine& engine,
                                            const Task& task) {
  if (device.rate_16 <= 0) {
    return tl::unexpected(Infeasible{
        fmt::format("{} has no 16-bit matrix rate; give it one under `peak:`", device.id)});
  }
  if (const auto* gemm = std::get_if<GemmTask>(&task)) {
    return time_gemm(device, engine, *gemm);
  }
  if (const auto* attention = std::get_if<AttentionTask>(&task)) {
    return time_attention(device, engine, *attention);
  }
  if (const auto* vector = std::get_if<VectorTask>(&task)) {
    return time_vector(device, engine, *vector);
  }
  return tl::unexpected(Infeasible{"no model of this operator on systolic chips"});
}

}  // namespace moru
