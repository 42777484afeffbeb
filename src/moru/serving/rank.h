// One data rank of a replica: its waiting and running requests and its KV pool.
#pragma once

#include "moru/serving/deployment.h"
#include "moru/serving/kv_pool.h"
#include "moru/serving/prefix_content.h"
#include "moru/serving/request_state.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace moru {

struct ScheduledRequest {
  std::int32_t slot = 0;
  std::int32_t tokens = 0;
  std::int32_t computed_before = 0;
  bool samples = false;  // its last token is reached, so the step yields an output token
};

// What one step does on one rank.
struct StepPlan {
  std::vector<ScheduledRequest> scheduled;
  std::vector<std::int64_t> preempted;  // request ids, in order
  std::int64_t tokens = 0;

  void clear();
};

// Told about every token and every finished request.
class RankEvents {
 public:
  virtual ~RankEvents() = default;
  virtual void on_token(const RequestState& request, SimTime now) = 0;
  virtual void on_finish(const RequestState& request, SimTime now) = 0;
};

class Rank {
 public:
  // `has_identity`: requests may share prefixes, or may find their own blocks after a preemption.
  Rank(const EngineConfig& config, bool has_identity);

  // A request that arrived; `content` matters only with identity.
  void enqueue(const RequestState& request, const TokenContent& content);
  // Gives the step's output tokens to their requests at time `now`; frees what has finished.
  void process(const StepPlan& plan, SimTime now, RankEvents& events);

  // For schedulers.
  const EngineConfig& config() const { return config_; }
  bool uses_placeholders() const { return config_.async_scheduling; }
  KvPool& pool() { return *pool_; }
  const KvPool& pool() const { return *pool_; }
  RequestState& request(std::int32_t slot) { return slots_[static_cast<std::size_t>(slot)]; }
  const RequestState& request(std::int32_t slot) const {
    return slots_[static_cast<std::size_t>(slot)];
  }
  std::deque<std::int32_t>& waiting() { return waiting_; }
  const std::deque<std::int32_t>& waiting() const { return waiting_; }
  std::vector<std::int32_t>& running() { return running_; }
  const std::vector<std::int32_t>& running() const { return running_; }
  // A request leaves the waiting queue with what the cache has of it.
  void start(std::int32_t slot, const PrefixHit& hit, SimTime now);
  // Takes a running request back to the waiting queue, to its front or to its place by priority,
  // its KV cache dropped. It must not be in `plan`.
  void preempt(std::int32_t slot, StepPlan& plan);
  // The same, but to the back of the queue.
  void retract(std::int32_t slot, StepPlan& plan);
  // Undoes launch(): the tokens that the plan had for the request, 0 if it had none.
  std::int32_t withdraw(std::int32_t slot, StepPlan& plan);
  // Schedules `tokens` of a request whose blocks are allocated.
  void launch(std::int32_t slot, std::int32_t tokens, StepPlan& plan);

  std::int64_t free_blocks() const { return pool_->free_blocks(); }
  std::int64_t waiting_count() const { return static_cast<std::int64_t>(waiting_.size()); }
  std::int64_t running_count() const { return static_cast<std::int64_t>(running_.size()); }
  bool has_unfinished() const { return !waiting_.empty() || !running_.empty(); }
  // Requests that wait or run, in order of their ids.
  std::vector<RequestState> unfinished() const;
  // A request finished since the last schedule() call.
  bool take_finished_flag();

 private:
  void drop(std::int32_t slot, StepPlan& plan);
  void insert_by_priority(std::int32_t slot);
  void finish(std::int32_t slot, SimTime now, RankEvents& events);
  void free_slot_if_unused(std::int32_t slot);

  const EngineConfig& config_;
  PrefixContent content_;
  std::unique_ptr<KvPool> pool_;
  bool has_identity_;
  bool has_finished_ = false;
  std::vector<RequestState> slots_;
  std::vector<std::int32_t> free_slots_;
  std::deque<std::int32_t> waiting_;
  std::vector<std::int32_t> running_;
};

}  // namespace moru
