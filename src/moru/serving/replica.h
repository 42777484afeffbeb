// One replica: data ranks that step together on one clock, driven by events.
//
// The loop is vLLM's EngineCore.step_with_batch_queue: deliver what has arrived, decide a step, and
// only when enough steps are in flight (two with asynchronous scheduling, one per pipeline stage,
// else one) wait for the oldest. Between events, decode steps of an unchanged set of requests
// advance in one tight loop over step times.
#pragma once

#include "moru/serving/arrivals.h"
#include "moru/serving/rank.h"
#include "moru/serving/scheduler.h"
#include "moru/serving/step_timer.h"

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <unordered_map>
#include <vector>

namespace moru {

inline constexpr SimTime kForever = std::numeric_limits<SimTime>::max();

// Sums over the life of a replica; times in nanoseconds.
struct ReplicaTotals {
  std::int64_t steps = 0;
  std::int64_t scheduled_tokens = 0;
  std::int64_t preemptions = 0;
  SimTime busy = 0;
  double used_block_time = 0;  // KV blocks in use x busy time
  std::int64_t peak_used_blocks = 0;
  double running_time = 0;  // requests in the running list x busy time
  std::int64_t peak_waiting = 0;
};

// What a step was, for logs and time lines.
struct StepRecord {
  std::int64_t index = 0;
  SimTime decided = 0;
  SimTime start = 0;
  SimTime end = 0;
  const std::vector<StepPlan>* plans = nullptr;  // per rank
  const std::vector<std::int64_t>* free_after_schedule = nullptr;
};

class Replica;

// Told what happens, in order of simulated time. All calls are made by one thread.
class ReplicaEvents : public RankEvents {
 public:
  // `count` requests got a token, each `interval` after its previous one.
  virtual void on_tokens(std::int64_t count, SimTime now, SimTime interval) = 0;
  // A step was decided; later, its outputs were processed.
  virtual void on_step(const StepRecord&, const Replica&) {}
  virtual void on_step_done(const StepRecord&, const Replica&) {}
  // Whether the two calls above are wanted; they cost the loop over unchanged batches.
  virtual bool wants_steps() const { return false; }
};

class Replica : private RankEvents {
 public:
  // All arguments must outlive the replica. `has_identity`: KV blocks are told apart by content;
  // without it a preempted request could not find its own blocks again.
  Replica(const EngineConfig& config, const ServiceInput& input, StepTimer& timer,
          ReplicaEvents& events, bool has_identity);

  // Appends a request; call in order of arrival.
  void push(std::int64_t id, SimTime arrival);
  // Appends a request that its client sends only once another has finished.
  void hold(std::int64_t id, SimTime arrival) { arrivals_.hold(id, arrival); }
  // Appends a request that another replica had begun with: its tokens are computed anew.
  void resume(RequestState state, SimTime now);
  // A turn of a conversation that will be sent at that time, later than what push() got.
  void expect(std::int64_t id, SimTime sent);
  // What a failure leaves: requests that were in service, without anything that a cache held, and
  // turns that are still to be sent.
  struct Lost {
    std::vector<RequestState> requests;
    std::vector<Arrival> later;
  };
  // Loses all requests and the KV cache at the time it was last advanced to.
  Lost fail();
  // Runs until every decision before `horizon` is made and every step that ends by it is processed.
  // Arrivals before the horizon must have been pushed.
  void advance(SimTime horizon = kForever);
  // The same as far as waiting(), running(), in_service() and unanswered_tokens() can tell: does
  // nothing while none of them can change, so that long runs of decode steps stay whole.
  void advance_loads(SimTime horizon);

  std::int64_t waiting() const;
  std::int64_t running() const;
  // Requests pushed, or arrived, that have not finished.
  std::int64_t in_service() const { return arrivals_.pushed_count() + waiting() + running(); }
  // Tokens of those prompts among them that have not got a token yet.
  std::int64_t unanswered_tokens() const { return unanswered_tokens_; }
  // KV blocks that requests hold.
  std::int64_t used_blocks() const;
  bool has_unfinished() const;
  // Nothing is there and nothing will come by itself.
  bool is_idle() const { return arrivals_.empty() && !has_unfinished(); }
  // Of the last step.
  SimTime last_end() const { return last_end_; }
  // It preempted, and the preempted request could find its own blocks again if blocks were told
  // apart, which this replica does not: what follows would be wrong, so it stopped.
  bool needs_identity() const { return needs_identity_; }
  SimTime now() const { return now_; }
  const ReplicaTotals& totals() const { return totals_; }
  const std::vector<Rank>& ranks() const { return ranks_; }
  const EngineConfig& config() const { return config_; }

 private:
  struct InFlight {
    StepRecord record;
    std::vector<StepPlan> plans;
    std::vector<std::int64_t> free_after_schedule;
  };
  struct Run;

  void on_token(const RequestState& request, SimTime now) override;
  void on_finish(const RequestState& request, SimTime now) override;

  SimTime front_end_time(std::int64_t id) const;
  SimTime pass_front_end(std::int64_t id, SimTime sent);
  void deliver(SimTime until, bool is_inclusive);
  // Whether the engine looks for new requests before this decision; counts the decision.
  bool is_polling();
  // Whether prompts wait for those of other ranks.
  void balance_prompts();
  bool only_decodes(const std::vector<StepPlan>& plans) const;
  std::size_t route();
  void decide();
  void launch(InFlight step);
  void enqueue(InFlight step);
  void complete();
  BatchWork work_of(const StepPlan& plan) const;
  SimTime quiet_until() const;
  void make_ranks();
  void account(SimTime start, SimTime end, std::int64_t tokens, std::int64_t used_blocks);
  InFlight take_spare();

  // Decode steps of an unchanged set of requests (run_ahead.cpp).
  bool run_ahead(SimTime horizon);
  bool is_steady() const;
  Run plan_run() const;
  void emit_first(SimTime now);
  void commit_run(std::int64_t steps, SimTime last_token);

  const EngineConfig& config_;
  Arrivals arrivals_;
  StepTimer& timer_;
  ReplicaEvents& events_;
  std::vector<Rank> ranks_;
  std::vector<std::unique_ptr<Scheduler>> schedulers_;  // by rank
  std::size_t depth_;
  SimTime front_end_free_ = 0;  // when the front end has nothing left to do
  SimTime now_ = 0;
  bool is_deciding_ = false;
  bool has_decoded_ = false;  // the last step decided had no prompts
  std::int64_t decodes_since_poll_ = 0;
  std::int64_t held_steps_ = 0;
  bool has_identity_;
  bool needs_identity_ = false;
  std::deque<InFlight> queue_;
  std::vector<InFlight> spare_;
  std::vector<SimTime> stage_free_;
  std::vector<BatchWork> works_;
  std::vector<SimTime> durations_;
  SimTime last_end_ = 0;
  std::int64_t step_index_ = 0;
  std::size_t next_rank_ = 0;
  std::int64_t unanswered_tokens_ = 0;
  SimTime quiet_until_ = 0;  // no request ends before, if none is pushed
  SimTime horizon_ = 0;      // advanced to
  std::unordered_map<std::int64_t, RequestState> resumed_;  // not delivered yet
  ReplicaTotals totals_;
};

}  // namespace moru
