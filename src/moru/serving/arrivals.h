// The requests that one replica will get, in order of arrival.
#pragma once

#include "moru/serving/prefix_content.h"
#include "moru/serving/request_state.h"
#include "moru/trace/request.h"

#include <compare>
#include <cstdint>
#include <deque>
#include <optional>
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
  std::uint32_t seed = 0;  // of what happens at random while serving

  RequestState state(std::int64_t id) const;
  TokenContent content(std::int64_t id) const;
  // True if some prompts may share a prefix.
  bool shares_prefixes() const { return !trace->segments.empty() || !outputs.empty(); }
};

// A request on its way to the scheduler.
struct Arrival {
  SimTime time = 0;  // at the scheduler
  std::int64_t id = 0;
  SimTime sent = 0;  // by its client
  friend auto operator<=>(const Arrival&, const Arrival&) = default;
};

class Arrivals {
 public:
  explicit Arrivals(const ServiceInput& input) : input_(input) {}

  // Appends a request; times must not fall.
  void push(const Arrival& arrival) { queue_.push_back(arrival); }
  // At any later time.
  void release(const Arrival& arrival) { released_.push(arrival); }

  // A request that its client sends only once another has finished, and not before `time`.
  void hold(std::int64_t id, SimTime time) { held_.emplace_back(time, id); }
  // One request has finished: the next one held, and when its client sends it.
  std::optional<std::pair<SimTime, std::int64_t>> take_held(SimTime now);

  // Nothing will arrive by the clock.
  bool empty() const { return first_ == queue_.size() && released_.empty(); }
  SimTime next_time() const { return is_released_next() ? released_.top().time : front().time; }
  // The next one came through push().
  bool is_pushed_next() const { return !is_released_next(); }
  // How many of those that came through push() have not arrived yet.
  std::int64_t pushed_count() const { return static_cast<std::int64_t>(queue_.size() - first_); }
  // The next request; simultaneous ones by id.
  Arrival pop();
  // All that have not arrived.
  std::vector<Arrival> take_all();

  const ServiceInput& input() const { return input_; }

 private:
  const Arrival& front() const { return queue_[first_]; }
  bool is_released_next() const {
    return !released_.empty() && (first_ == queue_.size() || released_.top() < front());
  }

  const ServiceInput& input_;
  std::vector<Arrival> queue_;
  std::size_t first_ = 0;
  std::deque<std::pair<SimTime, std::int64_t>> held_;
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> released_;
};

}  // namespace moru
