// Serving with a fleet that changes: replicas fail and restart, come and go with the load, and
// requests are refused in overload.
#pragma once

#include "moru/serving/metrics.h"
#include "moru/serving/router.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <span>
#include <unordered_map>
#include <vector>

namespace moru {

struct FleetTotals {
  std::int64_t failures = 0;
  std::int64_t moved = 0;      // requests taken over from a failed replica
  std::int64_t given_up = 0;   // after too many failures
  std::int64_t refused = 0;    // by admission control
  double replica_seconds = 0;  // held, be it starting, serving, draining or restarting
  std::int64_t most_replicas = 0;
};

class FleetRun {
 public:
  // As many replicas as FleetPolicy::most_replicas(); everything must outlive the run. `seed`: of
  // random failures.
  FleetRun(const EngineConfig& config, const ServiceInput& input,
           std::span<const std::unique_ptr<Replica>> replicas, Router& router,
           MetricsCollector& collector, std::uint32_t seed);

  // A request that arrives; in order of arrival.
  void arrive(std::int64_t id);
  // Serves what is there to its end.
  void finish();
  const FleetTotals& totals() const { return totals_; }

 private:
  enum class Duty : std::uint8_t { off, starting, up, draining, down };
  enum class Kind : std::uint8_t { ready, failure, check };
  struct Event {
    SimTime time = 0;
    Kind kind = Kind::ready;
    std::size_t replica = 0;
    std::int64_t epoch = -1;  // of the replica when it was planned; -1: always valid
    friend auto operator<=>(const Event&, const Event&) = default;
  };
  struct Member {
    Duty duty = Duty::off;
    SimTime since = 0;  // held
    SimTime draining_since = 0;
    std::int64_t epoch = 0;  // grows whenever plans for it become void
  };
  // A request without a replica.
  struct Parked {
    RequestState state;
    SimTime sent = 0;  // if that is still to come: a turn of a conversation
  };

  void advance(SimTime time);
  void run_events(SimTime until);
  void handle(const Event& event);
  void fail(std::size_t replica, SimTime now);
  void become_up(std::size_t replica, SimTime now);
  void take_over(const RequestState& state, SimTime now);
  void place(Parked parked, SimTime now);
  bool is_refused(const Request& request) const;
  std::int64_t waiting() const;
  void scale(SimTime now);
  void grow(std::int64_t count, SimTime now);
  void shrink(std::int64_t count, SimTime now);
  void release_drained(SimTime now);
  void switch_off(std::size_t replica, SimTime now);
  void list_up();
  std::int64_t held() const;
  bool is_done() const;
  bool needs_identity() const;
  const Request& request_of(std::int64_t id) const;

  const EngineConfig& config_;
  const ServiceInput& input_;
  std::span<const std::unique_ptr<Replica>> replicas_;
  Router& router_;
  MetricsCollector& collector_;
  std::uint32_t seed_;
  FleetTotals totals_;
  SimTime now_ = 0;
  std::vector<Member> members_;
  std::vector<std::size_t> up_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::deque<Parked> parked_;
  std::unordered_map<std::int64_t, int> failed_times_;   // by request
  std::deque<std::pair<SimTime, std::int64_t>> wished_;  // replicas, over stabilisation
};

}  // namespace moru
