#include "moru/mapping/collective.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

// InfiniBand and RoCE v2 carry 4,096 bytes behind 58 to 90 of headers (IBTA, annex A17).
constexpr double kNetworkPayload = 4096.0 / (4096 + 90);
// What NCCL credits reduction in the switch with: 0.85 of the links on Hopper, 0.74 on Blackwell
// (src/graph/tuning.cc, nvlsEfficiency).
constexpr double kInSwitchShare = 0.74;
// Steps of a PCIe path against NVLink, LL protocol (src/graph/tuning.cc, hwLat: 1.0 against 0.6).
constexpr double kHostSteps = 1.0 / 0.6;

struct Traffic {
  double bytes = 0;    // over the link of one rank
  double handled = 0;  // by its cores, its own part included
  double steps = 0;    // that depend on one another
};

// NCCL's protocols (NCCL source, src/graph/tuning.cc; Hu et al., "Demystifying NCCL", 2025): LL
// sends 4 bytes of data with 4 of flag and needs no fence; LL128 sends 120 of 128 on NVLink; Simple
// sends large chunks with a fence between them.
double best_protocol(const GpuConstants& c, const Path& path, const Traffic& traffic,
                     bool has_wide_flags) {
  const double wire = traffic.bytes / path.bandwidth;
  const double handling = path.cores > 0 ? traffic.handled / path.cores : 0;
  const double latency = traffic.steps * path.hop;
  const double simple = latency * c.fenced_steps + overlapped(c, wire, handling);
  double best = std::min(simple, latency + wire / c.flagged_bandwidth);
  if (has_wide_flags) {
    best = std::min(best, latency * 1.5 + overlapped(c, wire, handling) / (120.0 / 128 * 0.8));
  }
  return best;
}

// Rings inside a node: NCCL's trees are chains there, longer than a ring for what they send.
double all_reduce(const GpuConstants& c, const Fabric& fabric, const Path& path, double ranks,
                  double bytes, bool is_linked) {
  const Traffic ring{2 * (ranks - 1) / ranks * bytes, (2 * ranks - 1) / ranks * bytes,
                     2 * (ranks - 1)};
  double best = best_protocol(c, path, ring, is_linked);
  if (is_linked && fabric.reduces_in_switch && ranks > 2) {
    const double sent = bytes * (1 + 1 / ranks);
    const double in_switch =
        2 * path.hop * c.fenced_steps +
        overlapped(c, sent / (path.bandwidth * kInSwitchShare), sent / path.cores);
    best = std::min(best, in_switch);
  }
  return best;
}

// The engines' kernels read the peers' buffers directly: all of them (one shot) or each rank one
// part and then the results (two shots). vLLM csrc/custom_all_reduce.cuh.
double direct_all_reduce(const GpuConstants& c, const Path& path, double ranks, double bytes) {
  const double one = c.direct_latency + (ranks - 1) * bytes / path.bandwidth;
  const double two = 1.5 * c.direct_latency + 2 * (ranks - 1) / ranks * bytes / path.bandwidth;
  return std::min(one, two);
}

// Through the host: bridged pairs of which one reaches the next by PCIe fill it. Without any bridge
// what comes in and what goes out share the root complex.
Path host_path(const Fabric& fabric, const GpuConstants& c, bool is_bridged) {
  Path path;
  path.bandwidth = fabric.host_bandwidth * c.host_share * (is_bridged ? 1.0 : 0.5);
  path.hop = c.link_latency * kHostSteps;
  return path;
}

Path network_path(const Fabric& fabric, const GpuConstants& c) {
  Path path;
  path.bandwidth = fabric.network_bandwidth * kNetworkPayload;
  path.hop = fabric.network_latency > 0 ? fabric.network_latency : c.network_hop;
  return path;
}

double inside_node(const Fabric& fabric, const GpuConstants& c, const Path& path,
                   const CollectiveTask& task, bool is_linked) {
  const auto ranks = static_cast<double>(task.ranks);
  const double share = (ranks - 1) / ranks;
  switch (task.kind) {
    case CollectiveKind::all_reduce:
      return all_reduce(c, fabric, path, ranks, task.bytes, is_linked);
    case CollectiveKind::all_gather:
    case CollectiveKind::reduce_scatter:
      return best_protocol(c, path, {share * task.bytes, task.bytes, ranks - 1}, is_linked);
    case CollectiveKind::all_to_all:
      return best_protocol(c, path, {share * task.bytes, task.bytes, 2}, false);
    default:
      break;
  }
  // One stream through a link loses only packet headers (NVLink: 16 of 272 bytes).
  const double raw = is_linked ? fabric.bandwidth : fabric.host_bandwidth;
  return path.hop * c.fenced_steps + task.bytes / (raw * 256.0 / 272);
}

// Between nodes, each chip with the chips of the same place on the other nodes (a rail): a ring, or
// NCCL's double binary tree, which sends everything up and down once.
double between_nodes(const GpuConstants& c, const Path& network, CollectiveKind kind, double nodes,
                     double bytes) {
  const double share = (nodes - 1) / nodes;
  switch (kind) {
    case CollectiveKind::all_reduce: {
      const double ring = best_protocol(c, network, {2 * share * bytes, 0, 2 * (nodes - 1)}, false);
      const double depth = std::ceil(std::log2(nodes));
      return std::min(ring, best_protocol(c, network, {2 * bytes, 0, 2 * depth}, false));
    }
    case CollectiveKind::all_gather:
    case CollectiveKind::reduce_scatter:
      return best_protocol(c, network, {share * bytes, 0, nodes - 1}, false);
    case CollectiveKind::all_to_all:
      return best_protocol(c, network, {share * bytes, 0, 2}, false);
    default:
      return network.hop * c.fenced_steps + bytes / network.bandwidth;
  }
}

// Over several nodes: all-reduce as a reduce-scatter inside, an all-reduce of each chip's part
// between and an all-gather inside; a gather or scatter as its two levels; an all-to-all sends to
// both at once.
double hierarchical(const Fabric& fabric, const GpuConstants& c, const CollectiveTask& task,
                    double local, double nodes) {
  const Path network = network_path(fabric, c);
  const bool is_linked = fabric.bandwidth > 0 && local <= fabric.domain;
  const Path inner = is_linked ? scale_up_path(fabric, c) : host_path(fabric, c, false);
  const auto inside = [&](CollectiveKind kind, double bytes) {
    CollectiveTask part;
    part.kind = kind;
    part.ranks = static_cast<std::int64_t>(local);
    part.bytes = bytes;
    return local > 1 ? inside_node(fabric, c, inner, part, is_linked) : 0;
  };
  switch (task.kind) {
    case CollectiveKind::all_reduce:
      return inside(CollectiveKind::reduce_scatter, task.bytes) +
             between_nodes(c, network, task.kind, nodes, task.bytes / local) +
             inside(CollectiveKind::all_gather, task.bytes);
    case CollectiveKind::all_gather:
    case CollectiveKind::reduce_scatter:
      return between_nodes(c, network, task.kind, nodes, task.bytes / local) +
             inside(task.kind, task.bytes);
    case CollectiveKind::all_to_all: {
      // DeepEP's normal kernels send a token once to a node and forward it there (README).
      const bool forwards = task.is_expert_traffic && task.cores > 0;
      const double once = task.tokens * task.token_bytes * nodes;
      const double sent = forwards ? std::min(task.bytes, once) : task.bytes;
      return std::max(between_nodes(c, network, task.kind, nodes, sent),
                      inside(task.kind, task.bytes / (forwards ? 1 : nodes)));
    }
    default:
      return between_nodes(c, network, task.kind, nodes, task.bytes);
  }
}

// How the call is started and what its clock sees.
void start(const Fabric& fabric, const GpuConstants& c, const Engine& engine,
           const CollectiveTask& task, KernelTime& time) {
  time.seconds = time.launch + time.link;
  double at_least = 0;
  if (task.is_eager) {
    time.memory = 2 * task.bytes / std::max(fabric.memory_bandwidth * c.memory_efficiency, 1.0);
    time.seconds += time.memory;
    at_least = c.host_dispatch * (fabric.has_slow_host ? c.grace_host : 1);
  } else if (engine.is_kernel_time && task.kind != CollectiveKind::send_receive) {
    // The kernel of a rank waits for that of the rank whose host is the last to start it. What is
    // sent to one other rank fits the buffers and waits for nobody.
    at_least = c.host_dispatch;
  }
  if (time.seconds < at_least) {
    time.launch += at_least - time.seconds;
    time.seconds = at_least;
  }
}

}  // namespace

double overlapped(const GpuConstants& c, double a, double b) {
  const double more = std::max(a, b);
  if (more <= 0) {
    return 0;
  }
  return more * std::pow(1 + std::pow(std::min(a, b) / more, c.overlap_norm), 1 / c.overlap_norm);
}

double collective_start(const Fabric& fabric, const GpuConstants& c) {
  constexpr double kUnstatedClock = 1.5e9;
  return c.collective_start / (fabric.clock > 0 ? fabric.clock : kUnstatedClock);
}

Path scale_up_path(const Fabric& fabric, const GpuConstants& c) {
  Path path;
  path.bandwidth = fabric.bandwidth * c.link_efficiency;
  // NCCL takes as many channels as the links need: their cores keep up with the raw rate.
  path.cores = fabric.bandwidth;
  path.hop = fabric.latency > 0 ? fabric.latency : c.link_latency;
  return path;
}

Fabric fabric_of(const Chip& chip) {
  constexpr int kServer = 8;  // accelerators of a server without larger domains
  Fabric fabric;
  fabric.id = chip.id;
  if (const Link* link = chip.link(LinkScope::scale_up)) {
    fabric.bandwidth = link->bandwidth.value.value;
    fabric.domain = link->domain ? link->domain->value : kServer;
    fabric.is_switched = link->topology && link->topology->value == "switch";
    // NVLink switches reduce since their third generation (Hopper), with links of 400 GB/s and
    // more.
    fabric.reduces_in_switch = fabric.is_switched && fabric.bandwidth >= 400e9;
    fabric.latency = link->latency ? link->latency->value.value : 0;
  }
  fabric.node = std::max(fabric.domain, kServer);
  for (const Link& link : chip.links) {
    fabric.has_slow_host = fabric.has_slow_host || link.name.find("C2C") != std::string::npos;
  }
  if (const Link* host = chip.link(LinkScope::host)) {
    fabric.host_bandwidth = host->bandwidth.value.value;
  }
  if (const Link* network = chip.link(LinkScope::scale_out)) {
    fabric.network_bandwidth = network->bandwidth.value.value;
    fabric.network_latency = network->latency ? network->latency->value.value : 0;
  }
  if (!chip.memory.empty() && chip.memory.front().bandwidth) {
    fabric.memory_bandwidth = chip.memory.front().bandwidth->value.value;
  }
  fabric.clock = chip.clock.boost ? chip.clock.boost->value.value : 0;
  return fabric;
}

tl::expected<KernelTime, Infeasible> time_collective(const Fabric& fabric, const GpuConstants& c,
                                                     const Engine& engine,
                                                     const CollectiveTask& task) {
  const std::int64_t node = task.node_ranks > 0 ? task.node_ranks : fabric.node;
  const std::int64_t local = std::min(task.ranks, node);
  KernelTime time;
  time.launch = collective_start(fabric, c);
  if (local < task.ranks) {
    if (fabric.network_bandwidth <= 0) {
      return tl::unexpected(Infeasible{
          fmt::format("{} ranks are on several nodes of {}; {} states no scale-out link: add one "
                      "to `links:` with `scope: scale_out`",
                      task.ranks, local, fabric.id)});
    }
    const double nodes = std::ceil(static_cast<double>(task.ranks) / static_cast<double>(local));
    time.link = hierarchical(fabric, c, task, static_cast<double>(local), nodes);
    start(fabric, c, engine, task, time);
    return time;
  }
  const bool is_linked = fabric.bandwidth > 0 && task.ranks <= fabric.domain && !task.is_pairwise;
  const Path path = is_linked ? scale_up_path(fabric, c)
                              : host_path(fabric, c, task.is_pairwise && fabric.bandwidth > 0);
  if (path.bandwidth <= 0) {
    return tl::unexpected(Infeasible{
        fmt::format("{} has no link to {} chips; add one to `links:`", fabric.id, task.ranks)});
  }
  if (task.is_expert_traffic && is_linked) {
    return time_expert_traffic(fabric, c, task);
  }
  time.link = inside_node(fabric, c, path, task, is_linked);
  // Two boards behind one host read each other's memory too (vLLM, should_custom_ar).
  const bool is_near = is_linked || task.ranks == 2;
  const double up_to = task.ranks == 2 && engine.direct_pair_bytes > 0
                           ? engine.direct_pair_bytes
                           : engine.direct_allreduce_bytes;
  const bool is_direct = task.kind == CollectiveKind::all_reduce && is_near && task.bytes <= up_to;
  if (is_direct) {
    const double direct = direct_all_reduce(c, path, static_cast<double>(task.ranks), task.bytes);
    if (direct + c.direct_start < time.link + time.launch) {
      time.link = direct;
      time.launch = c.direct_start;
    }
  }
  start(fabric, c, engine, task, time);
  return time;
}

}  // namespace moru
