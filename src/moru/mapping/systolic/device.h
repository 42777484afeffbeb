// Chips with systolic arrays and software-managed memories: what an operation takes.
//
// An array of H x W holds one tile of weights; rows of activations stream through, one per clock
// (weight-stationary; Jouppi et al., "In-Datacenter Performance Analysis of a TPU", ISCA 2017). The
// next tile of weights is loaded behind the streaming, H clocks of it, so fewer rows than H wait
// for it. Everything else (softmax, norms) is on the vector unit.
#pragma once

#include "moru/chip/chip.h"
#include "moru/mapping/engine.h"
#include "moru/mapping/main_memory.h"
#include "moru/mapping/task.h"

#include <tl/expected.hpp>

#include <string>

namespace moru {

struct SystolicDevice {
  std::string id;
  double cores = 1;
  double arrays = 1;  // of one core
  double rows = 128;
  double columns = 128;
  double clock = 1e9;
  double array_clock = 1e9;  // of the arrays: what the stated peak takes
  double rate_16 = 0;        // operations/s of the chip in 16 bits
  double rate_fp8 = 0;       // 0: cannot
  double rate_int8 = 0;      // 0: cannot
  double lanes = 1024;       // of the vector unit of one core
  double scratchpad = 0;     // bytes, whole chip
  MainMemory memory;
  double launch = 0;
};

// What a scheme multiplies at, operations/s, and the bytes that a weight element is stored in.
struct SystolicFormat {
  double rate = 0;
  double weight_bytes = 2;
};
SystolicFormat systolic_format(const SystolicDevice& device, QuantScheme scheme);

// Cycles of one array for [m x k] x [k x n]: per weight tile the longer of streaming and loading,
// and once fill and drain. Exact for an array with double-buffered weights
// (systolic/tile_simulator.h).
double array_cycles(double m, double n, double k, double height, double width);

SystolicDevice systolic_device(const Chip& chip);

tl::expected<KernelTime, Infeasible> answer(const SystolicDevice& device, const Engine& engine,
                                            const Task& task);

}  // namespace moru
