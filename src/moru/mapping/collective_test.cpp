#include "moru/mapping/collective.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace moru {
namespace {

constexpr const char* kChip = R"(
name: x
kind: gpu
clock: {boost: 1.5 GHz}
memory: [{name: hbm, kind: HBM3, capacity: 80 GB, bandwidth: 3 TB/s}]
links:
  - {name: L, scope: scale_up, bandwidth: 400 GB/s, domain: 8, topology: ring, latency: 1 us}
  - {name: H, scope: host, bandwidth: 64 GB/s}
)";
constexpr const char* kNetwork =
    "  - {name: NIC, scope: scale_out, bandwidth: 50 GB/s, latency: 5 us}\n";

Fabric fabric(const std::string& more = kNetwork) {
  return fabric_of(parse_chip(kChip + more, "x.yaml"));
}

GpuConstants constants() {
  GpuConstants c;
  c.link_efficiency = 0.82;
  c.fenced_steps = 5.7;
  c.overlap_norm = 4;
  c.collective_start = 15000;
  return c;
}

CollectiveTask task(CollectiveKind kind, int ranks, double bytes) {
  CollectiveTask task;
  task.kind = kind;
  task.ranks = ranks;
  task.bytes = bytes;
  return task;
}

double seconds(const Fabric& fabric, const CollectiveTask& task) {
  const auto time = time_collective(fabric, constants(), engine_named("nccl"), task);
  EXPECT_TRUE(time) << (time ? "" : time.error().reason);
  return time ? time->seconds : 0;
}

// 8 GB over two nodes of eight. Inside, scatter and gather alike: 7/8 of it at 0.82 x 400 GB/s are
// 21.3415 ms, all of it through the cores at 400 GB/s 20 ms, together (21.3415^4 + 20^4)^(1/4) =
// 24.6207 ms, and 7 steps of 5.7 us. Between: 1 GB of each chip, half of it twice, at 50 GB/s x
// 4096/4186 is 20.4395 ms, and 2 steps of 28.5 us. Start: 15,000 clocks, 10 us.
TEST(Collective, AllReduceOverTwoNodesIsThatOfAHandComputation) {
  const double expected = 2 * (24.6207e-3 + 7 * 5.7e-6) + 20.4395e-3 + 2 * 28.5e-6 + 10e-6;
  EXPECT_NEAR(seconds(fabric(), task(CollectiveKind::all_reduce, 16, 8e9)), expected, 2e-6);
}

TEST(Collective, RanksOnSeveralNodesNeedAScaleOutLink) {
  const auto time = time_collective(fabric(""), constants(), engine_named("nccl"),
                                    task(CollectiveKind::all_reduce, 16, 1e6));
  ASSERT_FALSE(time);
  EXPECT_EQ(time.error().reason,
            "16 ranks are on several nodes of 8; x states no scale-out link: add one to `links:` "
            "with `scope: scale_out`");
  EXPECT_TRUE(time_collective(fabric(""), constants(), engine_named("nccl"),
                              task(CollectiveKind::all_reduce, 8, 1e6)));
}

// What every chip must at least send over the network, at the raw bandwidth.
double network_bytes(CollectiveKind kind, double local, double nodes, double bytes) {
  const double share = (nodes - 1) / nodes;
  switch (kind) {
    case CollectiveKind::all_reduce:
      return 2 * share * bytes / local;
    case CollectiveKind::all_to_all:
      return share * bytes;
    default:
      return share * bytes / local;
  }
}

TEST(Collective, NoScheduleBeatsWhatTheNetworkMustCarry) {
  Fabric near = fabric();
  near.bandwidth = 1e15;  // nothing else counts
  for (const CollectiveKind kind : {CollectiveKind::all_reduce, CollectiveKind::all_gather,
                                    CollectiveKind::reduce_scatter, CollectiveKind::all_to_all}) {
    for (const int nodes : {2, 3, 4, 16}) {
      for (double bytes = 1024; bytes < 1e10; bytes *= 8) {
        const double least = network_bytes(kind, 8, nodes, bytes) / 50e9;
        EXPECT_GE(seconds(near, task(kind, 8 * nodes, bytes)), least) << nodes << " " << bytes;
      }
    }
  }
}

TEST(Collective, MoreBytesMoreNodesAndSlowerLinksNeverTakeLess) {
  Fabric slower = fabric();
  slower.network_bandwidth /= 2;
  Fabric farther = fabric();
  farther.network_latency *= 3;
  for (const CollectiveKind kind : {CollectiveKind::all_reduce, CollectiveKind::all_gather,
                                    CollectiveKind::reduce_scatter, CollectiveKind::all_to_all}) {
    for (const int ranks : {8, 16, 32, 64}) {
      double before = 0;
      for (double bytes = 1024; bytes < 1e10; bytes *= 2) {
        const double now = seconds(fabric(), task(kind, ranks, bytes));
        EXPECT_GE(now, before);
        EXPECT_GE(seconds(slower, task(kind, ranks, bytes)), now);
        EXPECT_GE(seconds(farther, task(kind, ranks, bytes)), now);
        if (ranks > 8) {
          EXPECT_GE(now, seconds(fabric(), task(kind, ranks / 2, bytes)));
        }
        before = now;
      }
    }
  }
}

TEST(Collective, OneNodeTakesTheSameWithAndWithoutANetwork) {
  for (double bytes = 1024; bytes < 1e10; bytes *= 8) {
    const CollectiveTask one = task(CollectiveKind::all_reduce, 8, bytes);
    EXPECT_DOUBLE_EQ(seconds(fabric(), one), seconds(fabric(""), one));
  }
}

// One token of 1,000 bytes to each of 8 ranks over 20 cores, 10 of which send: 8 KB by 10 x 40 GB/s
// are 20 ns, one look at a token per 3 warps of a channel 1000 clk / 1.5 GHz / 3 / 10 = 22.2 ns;
// the wire has 7 KB at 328 GB/s, 21.3 ns: (42.2^4 + 21.3^4)^(1/4) = 42.9 ns beside 30 us of start.
TEST(Collective, ExpertsAreDispatchedAtTheRateOfTheSendingCores) {
  GpuConstants c = constants();
  c.copy_per_core = 40e9;
  c.memory_latency = 1000;
  c.host_dispatch = 30e-6;
  CollectiveTask dispatch = task(CollectiveKind::all_to_all, 8, 8000);
  dispatch.is_expert_traffic = true;
  dispatch.cores = 20;
  dispatch.tokens = 1;
  dispatch.token_bytes = 1000;
  EXPECT_NEAR(time_expert_traffic(fabric(), c, dispatch).seconds, 30e-6 + 42.9e-9, 0.1e-9);
}

}  // namespace
}  // namespace moru
