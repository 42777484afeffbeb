// The requests that one replica will get, in order of arrival.
#pragma once

#include "moru/serving/prefix_content.h"
#include "moru/serving/request_state.h"
#include "moru/trace/request.h"

#include <cstdint>
#include <deque>
#include <queue>
#include <span>
#include <utility>
#include <vector>

namespace moru {

// A turn of a conversation that arrives only after the one before it has been answered.
struct FollowUp {
  std::int64_t next = -1;  // request that follows, -1 for none
  SimTime think = 0;       // from the end of this one to the arrival of the next
};

// What a service is asked to do: a trace, and what a trace file cannot say.
struct ServiceInput {
  const Trace* trace = nullptr;
  std::vector<FollowUp> follow_ups;  // by request; empty: all requests arrive by the clock
  // Stream and offset of each request's generated tokens; empty: private to the request.
  std::vector<std::pair<std::int64_t, std::int64_t>> outputs;
  // Longer requests are cut (output) or refused (prompt).
  std::int64_t max_model_len = 0;
  // Requests in the service at once; the next one is sent when one has finished (`vllm bench serve
  // --max-concurrency`). 0: no limit. Several replicas share it evenly.
  std::int64_t max_concurrency = 0;

  RequestState state(std::int64_t id) const;
  TokenContent content(std::int64_t id) const;
  // True if some prompts may share a prefix.
  bool shares_prefixes() const { return !trace->segments.empty() || !outputs.empty(); }
};

class Arrivals {
 public:
  explicit Arrivals(const ServiceInput& input) : input_(input) {}

  // Appends a request; times must not fall.
  void push(std::int64_t id, SimTime time) { queue_.emplace_back(time, id); }
  // A follow-up turn, at any later time.
  void release(std::int64_t id, SimTime time) { released_.emplace(time, id); }

  // A request that its client sends only once another has finished, and not before `time`.
  void hold(std::int64_t id, SimTime time) { held_.emplace_back(time, id); }
  // One request has finished: the next one held is sent, and arrives after `delay`.
  void send_held(SimTime now, SimTime delay);

  // Nothing will arrive by the clock.
  bool empty() const { return first_ == queue_.size() && released_.empty(); }
  SimTime next_time() const { return is_released_next() ? released_.top().first : front().first; }
  // The next one came through push().
  bool is_pushed_next() const { return !is_released_next(); }
  // How many of those that came through push() have not arrived yet.
  std::int64_t pushed_count() const { return static_cast<std::int64_t>(queue_.size() - first_); }
  // The next request and its time; simultaneous ones by id.
  std::pair<std::int64_t, SimTime> pop();

  const ServiceInput& input() const { return input_; }

 private:
  using Entry = std::pair<SimTime, std::int64_t>;
  const Entry& front() const { return queue_[first_]; }
  bool is_released_next() const {
    return !released_.empty() && (first_ == queue_.size() || released_.top() < front());
  }

  const ServiceInput& input_;
  std::vector<Entry> queue_;
  std::size_t first_ = 0;
  std::deque<Entry> held_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> released_;
};

}  // namespace moru
