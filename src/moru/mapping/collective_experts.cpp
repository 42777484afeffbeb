// DeepEP inside a node (csrc/kernels/intranode.cu, internode_ll.cu).
#include "moru/mapping/collective.h"

#include <algorithm>

namespace moru {
namespace {

// A block of threads moves 16 bytes per thread at a time.
constexpr double kThreads = 768;
constexpr double kBytesPerThread = 16;
constexpr double kWarps = kThreads / 32;

// Normal kernels give half of their cores to sending, half to receiving. A sender's warps are
// divided among the ranks and look at every token, one load each; a receiver of combine sums the
// copies of a token with one load in flight per thread.
double moved_by_cores(const Fabric& fabric, const GpuConstants& c, const CollectiveTask& task) {
  const double pairs = std::max(1.0, task.cores / 2);
  const double copying = task.bytes / (pairs * c.copy_per_core);
  const double latency = c.memory_latency / std::max(fabric.clock, 1.0);
  if (task.is_combine) {
    const double summed = task.token_bytes * task.tokens;
    return copying + summed * latency / (pairs * kThreads * kBytesPerThread);
  }
  const double warps = std::max(1.0, kWarps / static_cast<double>(task.ranks));
  return copying + task.tokens / pairs * latency / warps;
}

}  // namespace

KernelTime time_expert_traffic(const Fabric& fabric, const GpuConstants& c,
                               const CollectiveTask& task) {
  const auto ranks = static_cast<double>(task.ranks);
  const Path path = scale_up_path(fabric, c);
  const double wire = task.bytes * (ranks - 1) / ranks / path.bandwidth;
  KernelTime time;
  if (task.cores > 0) {
    // Two kernels from Python: the host reads how much is to come before the second one starts.
    time.launch = c.host_dispatch;
    time.link = overlapped(c, wire, moved_by_cores(fabric, c, task));
  } else {
    // Low latency: every message is sent, then all that arrived is packed or summed.
    time.launch = collective_start(fabric, c);
    time.memory = 2 * task.bytes / std::max(fabric.memory_bandwidth * c.memory_efficiency, 1.0);
    time.link = 4 * path.hop + wire;
  }
  time.seconds = time.launch + time.link + time.memory;
  return time;
}

}  // namespace moru
