#include "moru/mapping/gpu/vector.h"

#include "moru/mapping/gpu/gemm.h"

#include <algorithm>

namespace moru {
namespace {

// Rows fetched from anywhere are pieces; what is written as well takes turns with what is read.
double bandwidth_of(const GpuDevice& device, const VectorTask& task) {
  const MainMemory& memory = device.memory;
  const double sustained = task.is_cold ? memory.pieces(task.bytes_read / std::max(task.rows, 1.0))
                           : task.bytes_written > 0 ? memory.mixed
                                                    : memory.stream;
  return sustained * device.constants.memory_efficiency;
}

}  // namespace

double vector_body(const GpuDevice& device, const VectorTask& task) {
  const GpuConstants& c = device.constants;
  const double bytes = task.bytes_read + task.bytes_written;
  const double cold = task.is_cold ? 1 : uncached_share(device, bytes);
  const double memory = bytes * cold / bandwidth_of(device, task);
  const double cache = bytes / (device.cache_bandwidth * c.vector_efficiency);
  // A row is one block of threads; two blocks share a core.
  const double slots = 2 * device.cores;
  const double waves = std::max(task.rows / slots, 1.0);
  const double lanes = device.vector_per_clock / 2 * device.clock * c.vector_efficiency;
  const double compute = task.is_reduction ? waves * task.flops / task.rows / (lanes / 2)
                                           : task.flops / (lanes * device.cores);
  const double rows = task.is_reduction ? waves * c.row_latency / device.latency_clock : 0;
  return std::max({memory, cache, compute + rows});
}

KernelTime time_vector(const GpuDevice& device, const Engine& engine, const VectorTask& task) {
  KernelTime time;
  time.launch = launch_time(device, engine, task.kernels);
  time.compute = vector_body(device, task);
  const double bytes = task.bytes_read + task.bytes_written;
  time.memory_bytes = bytes * (task.is_cold ? 1 : uncached_share(device, bytes));
  time.memory = time.memory_bytes / bandwidth_of(device, task);
  time.cache_bytes = bytes;
  time.cache = bytes / (device.cache_bandwidth * device.constants.vector_efficiency);
  time.fill = device.constants.memory_latency / device.latency_clock;
  time.flops = task.flops;
  time.seconds = time.launch + time.fill + time.compute;
  return time;
}

}  // namespace moru
