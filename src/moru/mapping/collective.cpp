#include "moru/mapping/collective.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

struct Path {
  double bandwidth;
  double hop;  // one dependent step
};

// NCCL's protocols (NCCL source, src/graph/tuning.cc; Hu et al., "Demystifying NCCL", 2025): LL
// sends 4 bytes of data with 4 of flag and needs no fence; LL128 sends 120 of 128 on NVLink; Simple
// sends large chunks with a fence between them.
double best_protocol(const GpuConstants& c, const Path& path, double traffic, double steps,
                     bool has_wide_flags) {
  const double simple =
      steps * path.hop * c.fenced_steps + traffic / (path.bandwidth * c.link_efficiency);
  const double flagged =
      steps * path.hop + traffic / (path.bandwidth * c.link_efficiency * c.flagged_bandwidth);
  double best = std::min(simple, flagged);
  if (has_wide_flags) {
    const double wide =
        steps * path.hop * 1.5 + traffic / (path.bandwidth * c.link_efficiency * 120.0 / 128 * 0.8);
    best = std::min(best, wide);
  }
  return best;
}

double all_reduce(const GpuConstants& c, const Fabric& fabric, const Path& path, double ranks,
                  double bytes, bool is_linked) {
  const double ring =
      best_protocol(c, path, 2 * (ranks - 1) / ranks * bytes, 2 * (ranks - 1), is_linked);
  const double depth = std::ceil(std::log2(ranks));
  const double tree = best_protocol(c, path, 2 * bytes, 2 * depth, is_linked);
  double best = std::min(ring, tree);
  if (is_linked && fabric.reduces_in_switch && ranks > 2) {
    const double in_switch = 4 * path.hop * c.fenced_steps / 2 +
                             bytes * (1 + 1 / ranks) / (path.bandwidth * c.link_efficiency);
    best = std::min(best, in_switch);
  }
  return best;
}

// The engines' kernels read the peers' buffers directly: all of them (one shot) or each rank one
// part and then the results (two shots). vLLM csrc/custom_all_reduce.cuh.
double direct_all_reduce(const GpuConstants& c, const Path& path, double ranks, double bytes) {
  const double one = c.direct_latency + (ranks - 1) * bytes / (path.bandwidth * c.link_efficiency);
  const double two = 1.5 * c.direct_latency +
                     2 * (ranks - 1) / ranks * bytes / (path.bandwidth * c.link_efficiency);
  return std::min(one, two);
}

}  // namespace

Fabric fabric_of(const Chip& chip) {
  Fabric fabric;
  fabric.id = chip.id;
  if (const Link* link = chip.link(LinkScope::scale_up)) {
    fabric.bandwidth = link->bandwidth.value.value;
    fabric.domain = link->domain ? link->domain->value : 8;
    fabric.is_switched = link->topology && link->topology->value == "switch";
    // NVLink switches reduce since their third generation (Hopper), with links of 400 GB/s and
    // more.
    fabric.reduces_in_switch = fabric.is_switched && fabric.bandwidth >= 400e9;
    fabric.latency = link->latency ? link->latency->value.value : 0;
  }
  for (const Link& link : chip.links) {
    fabric.has_slow_host = fabric.has_slow_host || link.name.find("C2C") != std::string::npos;
  }
  if (const Link* host = chip.link(LinkScope::host)) {
    fabric.host_bandwidth = host->bandwidth.value.value;
  }
  return fabric;
}

tl::expected<KernelTime, Infeasible> time_collective(const Fabric& fabric, const GpuConstants& c,
                                                     const Engine& engine,
                                                     const CollectiveTask& task) {
  const auto ranks = static_cast<double>(task.ranks);
  const bool is_linked = fabric.bandwidth > 0 && task.ranks <= fabric.domain && !task.is_pairwise;
  // Through the host packets are lost on, not slots of a protocol: bridged pairs of which one
  // reaches the next by PCIe fill it. Without any bridge both directions share the root complex.
  const bool is_bridged = task.is_pairwise && fabric.bandwidth > 0;
  const double host = fabric.host_bandwidth * c.host_share / (is_bridged ? c.link_efficiency : 1.0);
  const double raw = is_linked ? fabric.bandwidth : host;
  if (raw <= 0) {
    return tl::unexpected(Infeasible{
        fmt::format("{} has no link to {} chips; add one to `links:`", fabric.id, task.ranks)});
  }
  const double hop =
      is_linked ? (fabric.latency > 0 ? fabric.latency : c.link_latency) : c.host_hop;
  const Path path{raw, hop};
  KernelTime time;
  time.launch = c.collective_start;
  if (task.is_expert_traffic) {
    // DeepEP: cores of the sender copy tokens into the peers' buffers; two phases of handshakes.
    const double by_cores = task.cores > 0 ? task.cores * c.copy_per_core : raw;
    time.link =
        (task.cores > 0 ? 4 : 2) * hop + task.bytes / std::min(raw * c.link_efficiency, by_cores);
    time.launch += task.cores > 0 ? c.collective_start : 0;
    time.seconds = time.launch + time.link;
    return time;
  }
  double body = 0;
  const double share = (ranks - 1) / ranks;
  switch (task.kind) {
    case CollectiveKind::all_reduce:
      body = all_reduce(c, fabric, path, ranks, task.bytes, is_linked);
      if (task.bytes <= engine.direct_allreduce_bytes && is_linked) {
        const double direct = direct_all_reduce(c, path, ranks, task.bytes);
        if (direct < body + c.collective_start - c.direct_start) {
          body = direct;
          time.launch = c.direct_start;
        }
      }
      break;
    case CollectiveKind::all_gather:
    case CollectiveKind::reduce_scatter:
      body = best_protocol(c, path, share * task.bytes, ranks - 1, is_linked);
      break;
    case CollectiveKind::all_to_all:
      body = best_protocol(c, path, share * task.bytes, 2, is_linked);
      break;
    default:
      // One stream through a link loses only packet headers (NVLink: 16 of 272 bytes).
      body = path.hop * c.fenced_steps + task.bytes / (path.bandwidth * 256.0 / 272);
      break;
  }
  if (task.is_eager) {
    time.launch =
        std::max(time.launch, c.host_dispatch * (fabric.has_slow_host ? c.grace_host : 1));
  }
  time.link = body;
  time.seconds = time.launch + body;
  return time;
}

}  // namespace moru
