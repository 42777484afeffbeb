// Between chips: protocols and algorithms of NCCL and of the engines' own kernels.
#pragma once

#include "moru/chip/chip.h"
#include "moru/mapping/engine.h"
#include "moru/mapping/gpu/constants.h"
#include "moru/mapping/task.h"

#include <tl/expected.hpp>

namespace moru {

// The links of a chip as a collective sees them. Bandwidths in bytes/s, of one chip in one
// direction.
struct Fabric {
  std::string id;
  double bandwidth = 0;       // scale-up
  double host_bandwidth = 0;  // through the host's PCIe
  int domain = 1;             // chips that reach each other by scale-up links
  int node = 8;               // chips that need no network between them: a domain or a server's
  bool is_switched = false;
  bool reduces_in_switch = false;
  bool has_slow_host = false;    // Grace: Python takes longer than on x86
  double latency = 0;            // of scale-up, stated by the chip; 0: the constant
  double network_bandwidth = 0;  // scale-out; 0: none stated
  double network_latency = 0;    // stated by the chip; 0: the constant
  double memory_bandwidth = 0;   // of the main memory
  double clock = 0;              // of the cores, 1/s
};
Fabric fabric_of(const Chip& chip);

// A way between chips: what payload passes, what the cores that copy keep up with, one dependent
// step.
struct Path {
  double bandwidth = 0;
  double cores = 0;  // bytes/s handled, a rank's own part included; 0: more than enough
  double hop = 0;
};
Path scale_up_path(const Fabric& fabric, const GpuConstants& c);

// Seconds to start a collective's kernel on all ranks.
double collective_start(const Fabric& fabric, const GpuConstants& c);

// p-norm of resources that work at the same time.
double overlapped(const GpuConstants& c, double a, double b);

// Dispatch or combine of experts inside a node (collective_experts.cpp).
KernelTime time_expert_traffic(const Fabric& fabric, const GpuConstants& c,
                               const CollectiveTask& task);

tl::expected<KernelTime, Infeasible> time_collective(const Fabric& fabric, const GpuConstants& c,
                                                     const Engine& engine,
                                                     const CollectiveTask& task);

}  // namespace moru
