#include "moru/mapping/gpu/gemm.h"

#include "moru/mapping/gpu/vector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {

tl::expected<SchemeFormat, Infeasible> format_of(const GpuDevice& device, QuantScheme scheme,
                                                 DType activation) {
  const double ops = device.constants.dequantise_operations;
  const auto has = [&](DType dtype) {
    return device.matrix_per_clock[static_cast<std::size_t>(dtype)] > 0;
  };
  SchemeFormat format{activation, bytes_per_element(activation), bytes_per_element(activation), 0};
  switch (scheme) {
    case QuantScheme::none:
      break;
    case QuantScheme::fp8:
    case QuantScheme::fp8_static:
    case QuantScheme::fp8_block:
      format =
          has(DType::fp8) ? SchemeFormat{DType::fp8, 1, 1, 0} : SchemeFormat{activation, 2, 1, ops};
      break;
    case QuantScheme::int8:
      format = has(DType::int8) ? SchemeFormat{DType::int8, 1, 1, 0}
                                : SchemeFormat{activation, 2, 1, ops};
      break;
    case QuantScheme::nvfp4:
      format = has(DType::nvfp4) ? SchemeFormat{DType::nvfp4, 0.5625, 0.5625, 0}
                                 : SchemeFormat{activation, 2, 0.5625, ops};
      break;
    case QuantScheme::mxfp4_a8:
      // Mixed operands run at the wider one's rate (PTX ISA, mma kind mxf8f6f4).
      format = has(DType::fp8) ? SchemeFormat{DType::fp8, 1, 0.53125, 0}
                               : SchemeFormat{activation, 2, 0.53125, ops};
      break;
    case QuantScheme::mxfp4_a16:
      format = {activation, 2, 0.53125, ops};
      break;
    case QuantScheme::int4_a16:
      format = {activation, 2, 0.53, ops};
      break;
    case QuantScheme::int8_a16:
      format = {activation, 2, 1, ops};
      break;
  }
  if (!has(format.computed)) {
    return tl::unexpected(
        Infeasible{fmt::format("{} has no matrix rate for {}; give it one under `peak:`", device.id,
                               enum_name(format.computed))});
  }
  return format;
}

double launch_time(const GpuDevice& device, const Engine& engine, double kernels) {
  const GpuConstants& c = device.constants;
  if (engine.is_kernel_time) {
    return kernels * c.kernel_start / device.latency_clock;
  }
  const double first =
      engine.is_wall_clock ? c.host_dispatch : c.kernel_start / device.latency_clock;
  return first + (kernels - 1) * c.dependent_kernel / device.latency_clock;
}

namespace {

// What a timing loop leaves in the cache.
void cycle_copies(const GpuDevice& device, const Engine& engine, const GemmTask& task,
                  Product& product) {
  product.has_random_data = engine.repeats_one_product[static_cast<std::size_t>(task.scheme)];
  if (task.weight_copies <= 0) {
    return;
  }
  const double weights = product.n * product.k * product.b_bytes * product.count;
  product.copies = product.has_random_data ? 1 : task.weight_copies;
  if (engine.copies_until_cache_is_full) {
    product.copies = std::clamp(std::ceil(device.cache_capacity / weights), 1.0, product.copies);
  }
  product.cold_b = evicted_share(device, product.copies * weights);
  if (engine.copies_activations) {
    const double all = weights + product.m * product.k * product.count * 2;
    product.cold_a = product.cold_b = evicted_share(device, product.copies * all);
  }
}

// 8- and 4-bit products of CUTLASS kernels: no split of the depth; before tcgen05 no choice of
// tiles either.
void cut_narrow(const GpuDevice& device, NarrowTiles tiles, Product& product) {
  if (tiles == NarrowTiles::chosen || product.a_bytes >= 2) {
    return;
  }
  product.keeps_depth_whole = true;
  if (device.feed != MatrixFeed::tensor_memory) {
    const bool has_fp4 = device.matrix_per_clock[static_cast<std::size_t>(DType::nvfp4)] > 0;
    product.menu = tiles == NarrowTiles::fixed && has_fp4 ? TileMenu::fixed : TileMenu::by_rows;
  }
}

struct Quantisation {
  double kernels = 0;
  double seconds = 0;  // without their start
};

// The kernels before a product that turn its activations into the product's format.
Quantisation quantise(const GpuDevice& device, const Engine& engine, const GemmTask& task,
                      const Product& product) {
  const auto scheme = static_cast<std::size_t>(task.scheme);
  double kernels = engine.quant_kernels[scheme];
  if (kernels <= 0 || task.is_quantised_before || product.a_bytes >= 2) {
    return {};
  }
  VectorTask pass;
  const double elements = product.m * product.k * product.count;
  pass.bytes_read = 2 * elements;
  pass.bytes_written = product.a_bytes * elements;
  pass.rows = product.m;
  pass.is_reduction = engine.quantises_by_row[scheme];
  pass.passes = pass.is_reduction ? 2 : 1;  // a row's scale is known after the first
  pass.flops = device.constants.quantise_operations * elements * pass.passes;
  double seconds = vector_body(device, pass);
  if (product.count > 1) {
    // A block of threads for every row of every product: one starts per clock, and where all take
    // the maximum of one scale, as many change it.
    kernels = engine.batched_quant_kernels;
    seconds = kernels * std::max(seconds, product.m * product.count / device.clock);
  }
  const bool is_packed =
      task.scheme == QuantScheme::fp8_block && device.feed == MatrixFeed::tensor_memory;
  return {kernels + (is_packed ? engine.scale_packing_kernels : 0), seconds};
}

}  // namespace

tl::expected<KernelTime, Infeasible> time_gemm(const GpuDevice& device, const Engine& engine,
                                               const GemmTask& task) {
  const auto format = format_of(device, task.scheme, task.activation);
  if (!format) {
    return tl::unexpected(format.error());
  }
  Product product;
  product.m = static_cast<double>(task.m);
  product.n = static_cast<double>(task.n);
  product.k = static_cast<double>(task.k);
  product.count = static_cast<double>(task.batch);
  product.computed = format->computed;
  product.a_bytes = format->a_bytes;
  product.b_bytes = format->b_bytes;
  product.expand = format->expand;
  product.keeps_depth_whole = engine.keeps_depth_whole && format->a_bytes < 2;
  cut_narrow(device, engine.narrow_tiles[static_cast<std::size_t>(task.scheme)], product);
  cycle_copies(device, engine, task, product);
  KernelTime time = time_product(device, product, engine);
  double kernels = 1 + task.further_kernels;
  const Quantisation quantisation = quantise(device, engine, task, product);
  kernels += quantisation.kernels;
  time.seconds += quantisation.seconds;
  time.launch = launch_time(device, engine, kernels);
  if (task.weight_copies > 0 && !engine.is_kernel_time) {
    time.launch += device.constants.graph_gap / product.copies;
  }
  time.seconds += time.launch;
  if (!task.is_in_graph && engine.is_eager[static_cast<std::size_t>(task.scheme)]) {
    time.seconds = std::max(time.seconds, kernels * device.python_operator);
  }
  return time;
}

}  // namespace moru
