// Between chips: protocols and algorithms of NCCL and of the engines' own kernels.
#pragma once

#include "moru/chip/chip.h"
#include "moru/mapping/engine.h"
#include "moru/mapping/gpu/constants.h"
#include "moru/mapping/task.h"

#include <tl/expected.hpp>

namespace moru {

// The links of a chip as a collective sees them.
struct Fabric {
  std::string id;
  double bandwidth = 0;       // scale-up, one direction
  double host_bandwidth = 0;  // through the host's PCIe
  int domain = 1;             // chips that reach each other by scale-up links
  bool is_switched = false;
  bool reduces_in_switch = false;
  bool has_slow_host = false;  // Grace: Python takes longer than on x86
  double latency = 0;          // stated by the chip; 0: the constant
};
Fabric fabric_of(const Chip& chip);

tl::expected<KernelTime, Infeasible> time_collective(const Fabric& fabric, const GpuConstants& c,
                                                     const Engine& engine,
                                                     const CollectiveTask& task);

}  // namespace moru
