// What must hold for every fleet, under every router and scheduler, overloaded, with failures at
// any time, replicas that come and go and pools of a few blocks: no request is lost or doubled,
// every run ends, time never runs back, and no block leaks.
#include "moru/base/registry.h"
#include "moru/serving/fleet.h"

#include "serving_scenarios.h"
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace moru {
namespace {

// Between replicas and their collector: checks what each request gets.
class Auditor final : public MetricsCollector {
 public:
  explicit Auditor(const Slo& slo) : MetricsCollector(slo) {}

  void on_token(const RequestState& request, SimTime now) override {
    EXPECT_GE(now, request.arrival);
    EXPECT_GT(now, request.last_token);
    EXPECT_GE(now, last_[request.id]);
    last_[request.id] = now;
    MetricsCollector::on_token(request, now);
  }
  void on_finish(const RequestState& request, SimTime now) override {
    EXPECT_TRUE(finished_.insert(request.id).second) << "request " << request.id << " ended twice";
    EXPECT_EQ(request.generated(), request.output);
    EXPECT_LE(request.first_scheduled, request.first_token);
    EXPECT_LE(request.first_token, now);
    tokens_ += request.output;
    MetricsCollector::on_finish(request, now);
  }

  std::set<std::int64_t> finished_;
  std::int64_t tokens_ = 0;

 private:
  std::map<std::int64_t, SimTime> last_;
};

FleetPolicy random_policy(Rng& rng, int replicas) {
  FleetPolicy policy;
  if (rng.below(4) > 0) {
    FailurePolicy& failures = policy.failures.emplace();
    if (rng.below(2) == 0) {
      failures.mtbf = Seconds{0.005 + rng.exponential(0.2)};
    }
    const std::uint32_t stated = rng.below(4);
    for (std::uint32_t i = 0; i < stated || (!failures.mtbf && failures.times.empty()); ++i) {
      failures.times.push_back({static_cast<int>(rng.below(static_cast<std::uint32_t>(replicas))),
                                Seconds{rng.uniform() * 0.4}});
    }
    failures.restart = Seconds{rng.uniform() * 0.05};
    failures.retries = static_cast<int>(rng.below(5));
  }
  if (rng.below(3) == 0) {
    AutoscalePolicy& autoscale = policy.autoscale.emplace();
    autoscale.max_replicas = replicas + static_cast<int>(rng.below(3));
    autoscale.target = 0.5 + rng.exponential(4);
    autoscale.startup = Seconds{rng.uniform() * 0.05};
    autoscale.interval = Seconds{0.002 + rng.uniform() * 0.03};
    autoscale.stabilisation = Seconds{rng.uniform() * 0.1};
  }
  if (!policy.is_set() || rng.below(4) == 0) {
    policy.admission.emplace().max_queue = {static_cast<std::int64_t>(rng.below(20)), 1};
  }
  return policy;
}

// One in three has everything arrive at once or nearly so; one in five has lengths of one token or
// of the whole pool.
void overload(Rng& rng, testing::RandomScenario& scenario) {
  if (rng.below(3) == 0) {
    for (Request& request : scenario.trace.requests) {
      request.arrival /= 10;
    }
  }
  if (rng.below(5) == 0) {
    EngineConfig& config = scenario.config;
    config.blocks = rng.below(2) == 0 ? 1 : config.blocks;
    const auto most = static_cast<std::int32_t>(config.blocks * config.block_size);
    for (Request& request : scenario.trace.requests) {
      const bool is_long = rng.below(2) == 0;
      request.prompt_tokens = is_long ? std::max(most / 2, 1) : 1;
      request.output_tokens = is_long ? std::max(most - request.prompt_tokens, 1) : 1;
      request.num_segments = 0;
    }
  }
}

// Whether everything ended; false if the run has to be repeated with blocks told apart.
bool serve(const testing::RandomScenario& scenario, const std::string& router_name,
           std::uint32_t seed, bool has_identity, FleetTotals& all) {
  ServiceInput input;
  input.trace = &scenario.trace;
  const Slo slo;
  Auditor auditor(slo);
  testing::LinearTimer timer(scenario.rules);
  timer.stages_ = scenario.config.parallelism.pipeline;
  std::vector<std::unique_ptr<Replica>> replicas;
  for (int i = 0; i < scenario.config.fleet.most_replicas(scenario.config.replicas); ++i) {
    replicas.push_back(
        std::make_unique<Replica>(scenario.config, input, timer, auditor, has_identity));
  }
  const auto router = Registry<Router>::make(router_name, "router");
  FleetRun run(scenario.config, input, replicas, *router, auditor, seed);
  for (std::size_t i = 0; i < scenario.trace.requests.size(); ++i) {
    run.arrive(static_cast<std::int64_t>(i));
  }
  run.finish();
  for (const auto& replica : replicas) {
    if (replica->needs_identity()) {
      return false;
    }
    EXPECT_TRUE(replica->is_idle());
    EXPECT_EQ(replica->in_service(), 0);
    EXPECT_EQ(replica->unanswered_tokens(), 0);
    EXPECT_EQ(replica->used_blocks(), 0) << "blocks leaked";
  }
  const ServingMetrics& metrics = auditor.metrics();
  const FleetTotals& totals = run.totals();
  EXPECT_EQ(metrics.completed + metrics.rejected,
            static_cast<std::int64_t>(scenario.trace.requests.size()));
  EXPECT_EQ(metrics.rejected, totals.refused + totals.given_up);
  EXPECT_EQ(auditor.finished_.size(), static_cast<std::size_t>(metrics.completed));
  if (totals.given_up == 0) {
    EXPECT_EQ(metrics.output_tokens, auditor.tokens_) << "tokens came twice or not at all";
  }
  EXPECT_GE(totals.replica_seconds, 0);
  all.failures += totals.failures;
  all.moved += totals.moved;
  all.given_up += totals.given_up;
  all.refused += totals.refused;
  return true;
}

TEST(ServingFleetProperty, NoRequestIsLostOrDoubledWhateverFails) {
  const std::vector<std::string> routers = Registry<Router>::names();
  constexpr std::uint64_t kFleets = 10'000;
  FleetTotals all;
  for (std::uint64_t seed = 0; seed < kFleets; ++seed) {
    testing::RandomScenario scenario = testing::random_scenario(seed);
    Rng rng(seed, 99);
    EngineConfig& config = scenario.config;
    config.replicas = 1 + static_cast<int>(rng.below(5));
    config.fleet = random_policy(rng, config.replicas);
    overload(rng, scenario);
    for (Request& request : scenario.trace.requests) {
      request.session = static_cast<std::int32_t>(rng.below(6)) - 1;
    }
    const std::string& router = routers[seed % routers.size()];
    const auto random_seed = static_cast<std::uint32_t>(seed);
    if (!serve(scenario, router, random_seed, scenario.has_identity, all)) {
      ASSERT_TRUE(serve(scenario, router, random_seed, true, all));
    }
    ASSERT_FALSE(HasFailure()) << "seed " << seed << ", router " << router << ", scheduler "
                               << config.scheduler;
  }
  EXPECT_GT(all.failures, 5'000) << "the scenarios must reach failures";
  EXPECT_GT(all.moved, 5'000);
  EXPECT_GT(all.given_up, 500);
  EXPECT_GT(all.refused, 500);
}

}  // namespace
}  // namespace moru
