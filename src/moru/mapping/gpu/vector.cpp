#include "moru/mapping/gpu/vector.h"

#include "moru/mapping/gpu/gemm.h"

#include <algorithm>
#include <cmath>

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

// PyTorch's index_select. Up to 16 rows: one after the other. More: up to eight blocks of 128
// threads on a core, one element each, which wait for the index and then for the element
// (ATen/native/cuda/Indexing.cu).
double gather_time(const GpuDevice& device, const VectorTask& task) {
  constexpr double kFewRows = 16;
  constexpr double kThreads = 8 * 128;
  if (!task.is_cold) {
    return 0;
  }
  const double latency = device.constants.memory_latency / device.latency_clock;
  const double elements = task.bytes_read / 2;
  return task.rows <= kFewRows ? task.rows * latency
                               : 2 * latency * elements / (kThreads * device.cores);
}

}  // namespace

double vector_body(const GpuDevice& device, const VectorTask& task) {
  const GpuConstants& c = device.constants;
  const double bytes = task.bytes_read + task.bytes_written;
  const double cold = task.is_cold ? 1 : uncached_share(device, bytes);
  const double memory = bytes * cold / bandwidth_of(device, task);
  const double cache = bytes / (device.cache_bandwidth * c.vector_efficiency);
  // A row is one block of up to 1,024 threads; a core holds 2,048 threads.
  constexpr double kThreads = 1024;
  const double threads = task.width > 0 ? std::clamp(task.width, 32.0, kThreads) : kThreads;
  const double slots = device.cores * 2 * kThreads / threads;
  // One element at a time and thread: each round waits for its loads; the second pass finds the row
  // in the first-level cache.
  const double rounds = task.width > 0 ? 1 + std::ceil(task.width / kThreads) : task.passes;
  const double waves = std::max(task.rows / slots, 1.0);
  const double filled = std::min(task.rows / slots, 1.0);
  const double lanes = device.vector_per_clock / 2 * device.clock * c.vector_efficiency;
  // A row that has a core to itself finds all its lanes and an idle memory.
  const double share = lanes / std::clamp(2 * filled, 1.0, 2.0);
  const double latency = c.cache_latency + (c.row_latency - c.cache_latency) * filled;
  const double compute = task.is_reduction ? waves * task.flops / task.rows / share
                                           : task.flops / (lanes * device.cores);
  const double rows = task.is_reduction ? waves * rounds * latency / device.latency_clock : 0;
  return std::max({memory, cache, compute + rows, gather_time(device, task)});
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
