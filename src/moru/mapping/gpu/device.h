// A chip of kind gpu as its kernels see it: per-core rates per clock, capacities, bandwidths,
// power.
#pragma once

#include "moru/chip/chip.h"
#include "moru/mapping/collective.h"
#include "moru/mapping/gpu/constants.h"
#include "moru/mapping/main_memory.h"
#include "moru/mapping/task.h"

#include <string>

namespace moru {

// How the matrix units get their operands, which follows from their rate: what a warp can feed from
// registers is below 4096 operations per clock and core in 16 bits; beyond, operands come from
// shared memory by asynchronous instructions (wgmma), beyond 8192 also from a tensor memory that
// two cores share (tcgen05).
enum class MatrixFeed { registers, shared_memory, tensor_memory };

struct GpuDevice {
  std::string id;
  double cores = 0;
  double clock = 0;               // the highest, Hz
  double latency_clock = 0;       // Hz, of what latencies in cycles are counted in
  double issue_efficiency = 0.9;  // of the matrix units in a main loop
  double library_issue = 0.9;     // the same of a vendor library's plain products
  MatrixFeed feed = MatrixFeed::registers;
  double matrix_per_clock[16] = {};  // operations per clock and core, by DType; 0: cannot
  double vector_per_clock = 256;     // fp32 operations per clock and core
  double shared_memory = 100 * 1024;
  double cache_bytes = 0;
  double cache_capacity = 0;    // both partitions of a split cache
  double cache_bandwidth = 0;   // bytes/s of all cores together at the highest clock
  double memory_bandwidth = 0;  // of long reads, as kernels reach it
  MainMemory memory;
  double memory_peak = 0;
  double power = 0;            // for work, static share taken off; 0: not known
  double matrix_energy = 0;    // J per operation in 16 bits at the highest clock
  double python_operator = 0;  // host time of a kernel launched from Python
  Fabric fabric;
  GpuConstants constants;

  double matrix_rate(DType dtype) const {  // operations/s of the whole chip at the highest clock
    return matrix_per_clock[static_cast<std::size_t>(dtype)] * cores * clock;
  }
};

GpuDevice gpu_device(const Chip& chip, const GpuConstants& constants);

// The same chip to kernels that feed the matrix units from registers (mma.sync).
GpuDevice register_fed(const GpuDevice& device);

// The share of `bytes` that are read again and again and yet come from memory: none while they fit
// the usable part of the cache, all beyond twice of it.
double uncached_share(const GpuDevice& device, double bytes);

// The same of matrices that every core reads or writes in turn: each of two partitions may hold a
// line, so half of the cache is certain, and beyond the whole of it the oldest line is always gone.
double evicted_share(const GpuDevice& device, double bytes);

// What a kernel does to the chip's power.
struct PowerDraw {
  double flops = 0;  // 16-bit equivalent operations, toggling as random data does
  double memory_bytes = 0;
  double seconds = 0;  // of one call at the highest clock
  double calls = 0;    // in a row; 0: without end
};
// The share of the highest clock that the chip's power allows, at most 1. The limiter averages over
// constants.power_window, so short runs keep the highest clock.
double clock_within_power(const GpuDevice& device, const PowerDraw& draw);

}  // namespace moru
