// What must hold for every scenario: requests and tokens are conserved, blocks neither leak nor
// exceed the pool, time never runs back, and the fast path gives what single steps give.
#include "moru/serving/metrics.h"
#include "moru/serving/replica.h"

#include "serving_scenarios.h"
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace moru {
namespace {

using testing::LinearTimer;
using testing::random_scenario;
using testing::RandomScenario;

struct Finished {
  RequestState state;
  SimTime at = 0;
  int times = 0;
};

// Records everything and checks what can be checked as it happens.
class Witness : public ReplicaEvents {
 public:
  explicit Witness(bool wants) : wants_(wants) {}
  bool wants_steps() const override { return wants_; }
  void on_token(const RequestState& request, SimTime now) override {
    EXPECT_GE(now, request.arrival);
    EXPECT_GT(now, request.last_token);
    EXPECT_GE(now, last_);
    last_ = now;
    ++tokens_;
  }
  void on_tokens(std::int64_t count, SimTime now, SimTime interval) override {
    EXPECT_GT(interval, 0);
    EXPECT_GE(now, last_);
    last_ = now;
    tokens_ += count;
  }
  void on_finish(const RequestState& request, SimTime now) override {
    Finished& entry = finished_[request.id];
    entry = {request, now, entry.times + 1};
  }
  void on_step(const StepRecord& record, const Replica& replica) override {
    EXPECT_GE(record.start, last_start_);
    EXPECT_GE(record.end, record.start);
    if (at_once_ > 0) {
      EXPECT_LE(replica.waiting() + replica.running(), at_once_);
    }
    last_start_ = record.start;
    for (std::size_t i = 0; i < replica.ranks().size(); ++i) {
      std::int64_t tokens = 0;
      for (const ScheduledRequest& entry : (*record.plans)[i].scheduled) {
        EXPECT_GT(entry.tokens, 0);
        tokens += entry.tokens;
      }
      // SGLang bounds the tokens of prompts; decodes are bounded by their number.
      const EngineConfig& config = replica.config();
      EXPECT_LE(tokens, config.scheduler == "sglang"
                            ? std::max(config.max_num_batched_tokens, config.max_num_seqs)
                            : config.max_num_batched_tokens);
      EXPECT_LE(replica.ranks()[i].running_count(), replica.config().max_num_seqs);
      EXPECT_GE((*record.free_after_schedule)[i], 0);
      EXPECT_LE((*record.free_after_schedule)[i], replica.config().blocks);
      scheduled_ += tokens;
    }
  }

  bool wants_;
  std::int64_t at_once_ = 0;
  SimTime last_ = 0;
  SimTime last_start_ = 0;
  std::int64_t tokens_ = 0;
  std::int64_t scheduled_ = 0;
  std::map<std::int64_t, Finished> finished_;
};

void run(const RandomScenario& scenario, Witness& witness, ReplicaTotals* totals = nullptr) {
  ServiceInput input;
  input.trace = &scenario.trace;
  LinearTimer timer(scenario.rules);
  timer.stages_ = scenario.config.parallelism.pipeline;
  Replica replica(scenario.config, input, timer, witness, scenario.has_identity);
  for (std::size_t i = 0; i < scenario.trace.requests.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    if (scenario.at_once == 0 || id < scenario.at_once) {
      replica.push(id, scenario.trace.requests[i].arrival);
    } else {
      replica.hold(id, scenario.trace.requests[i].arrival);
    }
  }
  witness.at_once_ = scenario.at_once;
  replica.advance();
  EXPECT_FALSE(replica.has_unfinished());
  for (const Rank& rank : replica.ranks()) {
    EXPECT_EQ(rank.free_blocks(), scenario.config.blocks) << "blocks leaked";
  }
  if (totals != nullptr) {
    *totals = replica.totals();
  }
}

constexpr std::uint64_t kScenarios = 2'000;

TEST(ServingProperty, EveryRequestEndsExactlyOnceWithAllItsTokens) {
  for (std::uint64_t seed = 0; seed < kScenarios; ++seed) {
    const RandomScenario scenario = random_scenario(seed);
    Witness witness(true);
    run(scenario, witness);
    ASSERT_EQ(witness.finished_.size(), scenario.trace.requests.size()) << "seed " << seed;
    std::int64_t expected = 0;
    for (const auto& [id, finished] : witness.finished_) {
      const Request& request = scenario.trace.requests[static_cast<std::size_t>(id)];
      ASSERT_EQ(finished.times, 1) << "seed " << seed << " request " << id;
      ASSERT_EQ(finished.state.generated(), request.output_tokens);
      ASSERT_LE(finished.state.first_scheduled, finished.state.first_token);
      ASSERT_LE(finished.state.first_token, finished.at);
      expected += request.output_tokens;
    }
    ASSERT_EQ(witness.tokens_, expected) << "seed " << seed;
    if (HasFailure()) {
      FAIL() << "seed " << seed;
    }
  }
}

// Without preemption, prefix hits and wasted tokens every token is computed exactly once, the last
// one of each request excepted, which nothing follows.
TEST(ServingProperty, WithAmpleMemoryEveryTokenIsProcessedExactlyOnce) {
  for (std::uint64_t seed = 0; seed < kScenarios / 4; ++seed) {
    RandomScenario scenario = random_scenario(seed);
    scenario.config.enable_prefix_caching = false;
    scenario.has_identity = false;
    scenario.config.knows_output_length = true;
    scenario.config.blocks = 1'000'000;
    Witness witness(true);
    run(scenario, witness);
    std::int64_t expected = 0;
    for (const Request& request : scenario.trace.requests) {
      expected += request.prompt_tokens + request.output_tokens - 1;
    }
    ASSERT_EQ(witness.scheduled_, expected) << "seed " << seed;
  }
}

// The same scenario, once step by step and once with runs of decode steps in one loop.
TEST(ServingProperty, RunsOfDecodeStepsEqualSingleSteps) {
  std::int64_t preempting = 0;
  for (std::uint64_t seed = 0; seed < kScenarios; ++seed) {
    RandomScenario scenario = random_scenario(seed);
    scenario.has_identity = false;
    scenario.config.enable_prefix_caching = false;
    Witness slow(true);
    Witness fast(false);
    ReplicaTotals slow_totals;
    ReplicaTotals fast_totals;
    run(scenario, slow, &slow_totals);
    run(scenario, fast, &fast_totals);
    ASSERT_EQ(slow_totals.steps, fast_totals.steps) << "seed " << seed;
    ASSERT_EQ(slow_totals.scheduled_tokens, fast_totals.scheduled_tokens) << "seed " << seed;
    ASSERT_EQ(slow_totals.preemptions, fast_totals.preemptions) << "seed " << seed;
    ASSERT_EQ(slow_totals.busy, fast_totals.busy) << "seed " << seed;
    ASSERT_EQ(slow_totals.peak_used_blocks, fast_totals.peak_used_blocks) << "seed " << seed;
    ASSERT_DOUBLE_EQ(slow_totals.used_block_time, fast_totals.used_block_time) << "seed " << seed;
    for (const auto& [id, finished] : slow.finished_) {
      const Finished& other = fast.finished_.at(id);
      ASSERT_EQ(finished.at, other.at) << "seed " << seed << " request " << id;
      ASSERT_EQ(finished.state.first_token, other.state.first_token) << "seed " << seed;
      ASSERT_EQ(finished.state.preemptions, other.state.preemptions) << "seed " << seed;
    }
    preempting += slow_totals.preemptions > 0 ? 1 : 0;
  }
  EXPECT_GT(preempting, 20) << "the scenarios must reach preemption";
}

// Feeding a replica arrival by arrival, as a router does, changes nothing.
TEST(ServingProperty, AdvancingInPiecesEqualsAdvancingAtOnce) {
  for (std::uint64_t seed = 0; seed < kScenarios / 4; ++seed) {
    RandomScenario scenario = random_scenario(seed);
    scenario.at_once = 0;  // what is held is sent by the replica itself
    Witness whole(false);
    run(scenario, whole);
    Witness pieces(false);
    ServiceInput input;
    input.trace = &scenario.trace;
    LinearTimer timer(scenario.rules);
    timer.stages_ = scenario.config.parallelism.pipeline;
    Replica replica(scenario.config, input, timer, pieces, scenario.has_identity);
    for (std::size_t i = 0; i < scenario.trace.requests.size(); ++i) {
      const SimTime arrival = scenario.trace.requests[i].arrival;
      replica.advance(arrival / 2);
      replica.advance(arrival);
      replica.push(static_cast<std::int64_t>(i), arrival);
    }
    replica.advance();
    for (const auto& [id, finished] : whole.finished_) {
      ASSERT_EQ(finished.at, pieces.finished_.at(id).at) << "seed " << seed << " request " << id;
    }
  }
}

// What a router reads is the same whether a replica is advanced or may sleep through long runs.
TEST(ServingProperty, LoadsAreTheSameWhileAReplicaSleeps) {
  for (std::uint64_t seed = 0; seed < kScenarios / 2; ++seed) {
    const RandomScenario scenario = random_scenario(seed);
    ServiceInput input;
    input.trace = &scenario.trace;
    LinearTimer timer(scenario.rules);
    timer.stages_ = scenario.config.parallelism.pipeline;
    Witness awake_events(false);
    Witness asleep_events(false);
    Replica awake(scenario.config, input, timer, awake_events, scenario.has_identity);
    Replica asleep(scenario.config, input, timer, asleep_events, scenario.has_identity);
    SimTime now = 0;
    const auto compare = [&] {
      awake.advance(now);
      asleep.advance_loads(now);
      ASSERT_EQ(awake.waiting(), asleep.waiting()) << "seed " << seed;
      ASSERT_EQ(awake.running(), asleep.running()) << "seed " << seed;
      ASSERT_EQ(awake.in_service(), asleep.in_service()) << "seed " << seed;
      ASSERT_EQ(awake.unanswered_tokens(), asleep.unanswered_tokens()) << "seed " << seed;
    };
    for (std::size_t i = 0; i < scenario.trace.requests.size(); ++i) {
      const SimTime arrival = scenario.trace.requests[i].arrival;
      for (; now < arrival; now += 1'700'000) {
        compare();
      }
      now = arrival;
      compare();
      awake.push(static_cast<std::int64_t>(i), arrival);
      asleep.push(static_cast<std::int64_t>(i), arrival);
    }
    for (int i = 0; i < 200; ++i, now += 3'100'000) {
      compare();
    }
    awake.advance();
    asleep.advance();
    for (const auto& [id, finished] : awake_events.finished_) {
      ASSERT_EQ(finished.at, asleep_events.finished_.at(id).at) << "seed " << seed;
    }
  }
}

// Three requests of one prompt token and two output tokens, one at a time: each takes two steps of
// 1 ms + 7,001 ns per token + 13 ns sampled + 3 ns per key, and the next one arrives when the one
// before has ended, 3 ms of front end later.
TEST(ServingProperty, AClientWithOneRequestAtATimeSendsTheNextWhenTheLastEnded) {
  RandomScenario scenario;
  scenario.config.max_num_seqs = 4;
  scenario.config.max_num_batched_tokens = 100;
  scenario.config.blocks = 100;
  scenario.config.async_scheduling = false;
  scenario.config.enable_prefix_caching = false;
  scenario.config.front_end_seconds = 3e-3;
  scenario.trace.requests.assign(3, {0, 1, 2, 0, 0});
  scenario.at_once = 1;
  Witness witness(true);
  run(scenario, witness);
  constexpr SimTime kFirst = 1'000'000 + 7'001 + 13 + 3;
  constexpr SimTime kSecond = kFirst + 3;  // two keys
  constexpr SimTime kTurn = 3'000'000 + kFirst + kSecond;
  for (std::int64_t id = 0; id < 3; ++id) {
    const Finished& finished = witness.finished_.at(id);
    EXPECT_EQ(finished.state.arrival, id * kTurn);
    EXPECT_EQ(finished.state.first_token, id * kTurn + 3'000'000 + kFirst);
    EXPECT_EQ(finished.at, (id + 1) * kTurn);
  }
}

}  // namespace
}  // namespace moru
