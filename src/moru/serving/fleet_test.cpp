#include "moru/serving/fleet.h"

#include "moru/base/registry.h"
#include "moru/serving/testing.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

constexpr SimTime kMillisecond = 1'000'000;

struct Outcome {
  FleetTotals totals;
  ServingMetrics metrics;
  std::map<std::int64_t, RequestState> finished;
};

Outcome serve(const EngineConfig& config, const Trace& trace, const std::string& router_name) {
  ServiceInput input;
  input.trace = &trace;
  const Slo slo;
  MetricsCollector collector(slo);
  Outcome outcome;
  collector.each_request = [&](const RequestState& request) {
    outcome.finished[request.id] = request;
  };
  testing::ConstantTimer timer;
  std::vector<std::unique_ptr<Replica>> replicas;
  for (int i = 0; i < config.fleet.most_replicas(config.replicas); ++i) {
    replicas.push_back(std::make_unique<Replica>(config, input, timer, collector, false));
  }
  const auto router = Registry<Router>::make(router_name, "router");
  FleetRun run(config, input, replicas, *router, collector, 0);
  for (std::size_t i = 0; i < trace.requests.size(); ++i) {
    run.arrive(static_cast<std::int64_t>(i));
  }
  run.finish();
  outcome.totals = run.totals();
  outcome.metrics = collector.metrics();
  return outcome;
}

// Steps of a millisecond. A has two tokens when replica 0 fails; replica 1 is in the middle of a
// step, takes it into the next with six tokens to compute, and A gets its third to fifth at 4, 5
// and 6 ms. B is not disturbed: five tokens by 5 ms.
class TwoReplicasOneFails : public ::testing::Test {
 protected:
  TwoReplicasOneFails() : config_(testing::small_engine(100)) {
    config_.replicas = 2;
    config_.fleet.failures.emplace();
    config_.fleet.failures->times = {{0, Seconds{2.5e-3}}};
    config_.fleet.failures->restart = Seconds{10e-3};
    trace_.requests = {{0, 4, 5}, {0, 4, 5}};
  }
  EngineConfig config_;
  Trace trace_;
};

TEST_F(TwoReplicasOneFails, ItsRequestGoesOnElsewhereWithItsTokens) {
  const Outcome outcome = serve(config_, trace_, "round_robin");
  EXPECT_EQ(outcome.metrics.completed, 2);
  EXPECT_EQ(outcome.metrics.output_tokens, 10);
  EXPECT_EQ(outcome.finished.at(0).first_token, 1 * kMillisecond);
  EXPECT_EQ(outcome.finished.at(0).last_token, 6 * kMillisecond);
  EXPECT_EQ(outcome.finished.at(1).last_token, 5 * kMillisecond);
  EXPECT_EQ(outcome.totals.failures, 1);
  EXPECT_EQ(outcome.totals.moved, 1);
  EXPECT_DOUBLE_EQ(outcome.totals.replica_seconds, 12e-3);
}

TEST_F(TwoReplicasOneFails, OrIsGivenUpIfItMayNotBeRetried) {
  config_.fleet.failures->retries = 0;
  const Outcome outcome = serve(config_, trace_, "round_robin");
  EXPECT_EQ(outcome.metrics.completed, 1);
  EXPECT_EQ(outcome.metrics.rejected, 1);
  EXPECT_EQ(outcome.totals.given_up, 1);
}

// With one replica A waits for the restart, 2.5 + 10 ms; its fifth token comes three steps later.
TEST_F(TwoReplicasOneFails, WithoutAnotherItWaitsForTheRestart) {
  config_.replicas = 1;
  trace_.requests = {{0, 4, 5}};
  const Outcome outcome = serve(config_, trace_, "round_robin");
  EXPECT_EQ(outcome.finished.at(0).last_token, 15'500'000);
}

// Two requests per replica are aimed at. At 1 ms there are four: a second replica starts and serves
// from 4 ms on; it gets the fifth request, which takes 20 steps from 5 ms. At 20 ms that one alone
// is left, so the second replica drains, until 25 ms: held for 24 ms, the first one for 25.
TEST(Autoscale, FollowsTheLoadWithADelay) {
  EngineConfig config = testing::small_engine(100);
  config.fleet.autoscale.emplace();
  config.fleet.autoscale->max_replicas = 2;
  config.fleet.autoscale->target = 2;
  config.fleet.autoscale->startup = Seconds{3e-3};
  config.fleet.autoscale->interval = Seconds{1e-3};
  config.fleet.autoscale->stabilisation = Seconds{0};
  Trace trace;
  trace.requests.assign(4, {0, 1, 20});
  trace.requests.push_back({5 * kMillisecond, 1, 20});
  const Outcome outcome = serve(config, trace, "least_loaded");
  EXPECT_EQ(outcome.metrics.completed, 5);
  EXPECT_EQ(outcome.finished.at(3).last_token, 20 * kMillisecond);
  EXPECT_EQ(outcome.finished.at(4).first_token, 6 * kMillisecond);
  EXPECT_EQ(outcome.finished.at(4).last_token, 25 * kMillisecond);
  EXPECT_EQ(outcome.totals.most_replicas, 2);
  EXPECT_DOUBLE_EQ(outcome.totals.replica_seconds, 49e-3);
}

// Queues of two for priority 0 and of one for all others: the second and the fourth are refused.
TEST(Admission, RefusesTheLessImportantFirst) {
  EngineConfig config = testing::small_engine(100);
  config.max_num_seqs = 1;
  config.fleet.admission.emplace();
  config.fleet.admission->max_queue = {2, 1};
  Trace trace;
  for (const std::int32_t priority : {0, 3, 0, 0}) {
    trace.requests.push_back({0, 4, 2, 0, 0, priority});
  }
  const Outcome outcome = serve(config, trace, "round_robin");
  EXPECT_EQ(outcome.totals.refused, 2);
  EXPECT_EQ(outcome.metrics.rejected, 2);
  EXPECT_TRUE(outcome.finished.contains(0));
  EXPECT_TRUE(outcome.finished.contains(2));
}

}  // namespace
}  // namespace moru
