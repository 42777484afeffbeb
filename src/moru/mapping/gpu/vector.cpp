#include "moru/mapping/gpu/vector.h"

#include "moru/mapping/gpu/gemm.h"

#include <algorithm>

namespace moru {

double vector_body(const GpuDevice& device, const VectorTask& task) {
  const GpuConstants& c = device.constants;
  const double bytes = task.bytes_read + task.bytes_written;
  const double cold = task.is_cold ? 1 : uncached_share(device, bytes);
  const double sustained =
      device.memory_bandwidth *
      (task.bytes_written > 0 ? device.memory.mixed / device.memory.stream : 1);
  const double memory = bytes * cold / sustained;
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
  time.memory_bytes = task.bytes_read + task.bytes_written;
  time.memory = time.memory_bytes / device.memory_bandwidth;
  time.fill = device.constants.memory_latency / device.latency_clock;
  time.flops = task.flops;
  time.seconds = time.launch + time.fill + time.compute;
  return time;
}

}  // namespace moru
