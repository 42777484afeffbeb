#include "moru/serving/fleet.h"

#include "moru/base/fields_parse.h"
#include "moru/base/rng.h"

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

SimTime nanoseconds(Seconds time) { return static_cast<SimTime>(time.value * 1e9 + 0.5); }

}  // namespace

void FailurePolicy::validate(const FieldCheck& check) const {
  check.require(mtbf || !times.empty(), "mtbf", "say when replicas fail: mtbf, times or both");
  check.require(!mtbf || mtbf->value > 0, "mtbf", "must be above zero");
  check.require(restart.value >= 0, "restart", "must not be negative");
  check.require(retries >= 0, "retries", "must not be negative");
  for (const FailureTime& time : times) {
    check.require(time.replica >= 0 && time.at.value >= 0, "times", "must not be negative");
  }
}

void AutoscalePolicy::validate(const FieldCheck& check) const {
  check.require(min_replicas >= 1, "min_replicas", "must be at least 1");
  check.require(max_replicas >= min_replicas, "max_replicas", "must be at least min_replicas");
  check.require(target > 0, "target", "must be above zero");
  check.require(startup.value >= 0, "startup", "must not be negative");
  check.require(interval.value > 0, "interval", "must be above zero");
  check.require(stabilisation.value >= 0, "stabilisation", "must not be negative");
}

void AdmissionPolicy::validate(const FieldCheck& check) const {
  const bool is_negative =
      std::any_of(max_queue.begin(), max_queue.end(), [](std::int64_t most) { return most < 0; });
  check.require(!max_queue.empty() && !is_negative, "max_queue",
                "must be one or more numbers, none negative");
}

FleetRun::FleetRun(const EngineConfig& config, const ServiceInput& input,
                   std::span<const std::unique_ptr<Replica>> replicas, Router& router,
                   MetricsCollector& collector, std::uint32_t seed)
    : config_(config),
      input_(input),
      replicas_(replicas),
      router_(router),
      collector_(collector),
      seed_(seed),
      members_(replicas.size()) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(config.replicas); ++i) {
    become_up(i, 0);
  }
  totals_.most_replicas = config.replicas;
  if (config.fleet.failures) {
    for (const FailureTime& time : config.fleet.failures->times) {
      events_.push({nanoseconds(time.at), Kind::failure, static_cast<std::size_t>(time.replica)});
    }
  }
  if (config.fleet.autoscale) {
    events_.push({nanoseconds(config.fleet.autoscale->interval), Kind::check});
  }
}

const Request& FleetRun::request_of(std::int64_t id) const {
  return input_.trace->requests[static_cast<std::size_t>(id)];
}

void FleetRun::advance(SimTime time) {
  now_ = time;
  for (const auto& replica : replicas_) {
    replica->advance(time);
  }
}

void FleetRun::run_events(SimTime until) {
  while (!events_.empty() && events_.top().time <= until) {
    const Event event = events_.top();
    events_.pop();
    if (event.epoch < 0 || event.epoch == members_[event.replica].epoch) {
      advance(event.time);
      handle(event);
    }
  }
}

void FleetRun::handle(const Event& event) {
  switch (event.kind) {
    case Kind::ready:
      become_up(event.replica, event.time);
      break;
    case Kind::failure:
      fail(event.replica, event.time);
      break;
    case Kind::check:
      scale(event.time);
      events_.push({event.time + nanoseconds(config_.fleet.autoscale->interval), Kind::check});
      break;
  }
}

void FleetRun::arrive(std::int64_t id) {
  const Request& request = request_of(id);
  run_events(request.arrival);
  advance(request.arrival);
  if (is_refused(request)) {
    ++totals_.refused;
    collector_.reject(request.priority);
    return;
  }
  if (up_.empty()) {
    parked_.push_back({input_.state(id), request.arrival});
    return;
  }
  const std::size_t chosen = router_.choose({replicas_, up_, *input_.trace}, request);
  replicas_[chosen]->push(id, request.arrival);
}

void FleetRun::finish() {
  while (!is_done() && !needs_identity()) {
    if (events_.empty()) {
      advance(kForever);
      break;
    }
    run_events(events_.top().time);
  }
  SimTime end = 0;
  for (const auto& replica : replicas_) {
    end = std::max(end, replica->last_end());
  }
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].duty != Duty::off) {
      switch_off(i, std::max(end, members_[i].since));
    }
  }
}

bool FleetRun::is_done() const {
  return parked_.empty() && std::all_of(replicas_.begin(), replicas_.end(),
                                        [](const auto& replica) { return replica->is_idle(); });
}

bool FleetRun::needs_identity() const {
  return std::any_of(replicas_.begin(), replicas_.end(),
                     [](const auto& replica) { return replica->needs_identity(); });
}

std::int64_t FleetRun::waiting() const {
  auto sum = static_cast<std::int64_t>(parked_.size());
  for (const std::size_t i : up_) {
    sum += replicas_[i]->in_service() - replicas_[i]->running();
  }
  return sum;
}

bool FleetRun::is_refused(const Request& request) const {
  if (!config_.fleet.admission) {
    return false;
  }
  const std::vector<std::int64_t>& most = config_.fleet.admission->max_queue;
  const std::size_t place =
      std::min(static_cast<std::size_t>(std::max(request.priority, 0)), most.size() - 1);
  const auto replicas = static_cast<std::int64_t>(std::max<std::size_t>(up_.size(), 1));
  return waiting() >= most[place] * replicas;
}

void FleetRun::list_up() {
  up_.clear();
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].duty == Duty::up) {
      up_.push_back(i);
    }
  }
}

void FleetRun::become_up(std::size_t replica, SimTime now) {
  Member& member = members_[replica];
  member.since = member.duty == Duty::off ? now : member.since;
  member.duty = Duty::up;
  list_up();
  if (config_.fleet.failures && config_.fleet.failures->mtbf) {
    Rng rng(seed_,
            (static_cast<std::uint64_t>(replica) << 32) + static_cast<std::uint64_t>(member.epoch));
    const double seconds = rng.exponential(config_.fleet.failures->mtbf->value);
    events_.push({now + nanoseconds(Seconds{seconds}), Kind::failure, replica, member.epoch});
  }
  std::deque<Parked> parked = std::exchange(parked_, {});
  for (Parked& one : parked) {
    place(std::move(one), now);
  }
}

void FleetRun::fail(std::size_t replica, SimTime now) {
  Member& member = members_[replica];
  if (member.duty != Duty::up && member.duty != Duty::draining) {
    return;
  }
  ++totals_.failures;
  ++member.epoch;
  Replica::Lost lost = replicas_[replica]->fail();
  router_.forget(replica);
  if (member.duty == Duty::draining) {
    switch_off(replica, now);
  } else {
    member.duty = Duty::down;
    events_.push(
        {now + nanoseconds(config_.fleet.failures->restart), Kind::ready, replica, member.epoch});
  }
  list_up();
  for (const RequestState& state : lost.requests) {
    take_over(state, now);
  }
  for (const Arrival& later : lost.later) {
    place({input_.state(later.id), later.sent}, now);
  }
}

void FleetRun::take_over(const RequestState& state, SimTime now) {
  if (++failed_times_[state.id] > config_.fleet.failures->retries) {
    ++totals_.given_up;
    collector_.reject(state.priority);
    return;
  }
  ++totals_.moved;
  place({state, state.arrival}, now);
}

void FleetRun::place(Parked parked, SimTime now) {
  if (up_.empty()) {
    parked_.push_back(std::move(parked));
    return;
  }
  const std::int64_t id = parked.state.id;
  Replica& chosen = *replicas_[router_.choose({replicas_, up_, *input_.trace}, request_of(id))];
  if (parked.sent > now) {
    chosen.expect(id, parked.sent);
  } else {
    parked.state.arrival = parked.sent;
    chosen.resume(parked.state, now);
  }
}

std::int64_t FleetRun::held() const {
  return std::count_if(members_.begin(), members_.end(), [](const Member& member) {
    return member.duty != Duty::off && member.duty != Duty::draining;
  });
}

void FleetRun::scale(SimTime now) {
  const AutoscalePolicy& policy = *config_.fleet.autoscale;
  release_drained(now);
  auto load = static_cast<std::int64_t>(parked_.size());
  for (const std::size_t i : up_) {
    load += replicas_[i]->in_service();
  }
  constexpr double kTolerance = 0.1;  // --horizontal-pod-autoscaler-tolerance
  const std::int64_t current = held();
  const double wanted = static_cast<double>(load) / policy.target;
  std::int64_t wish = current;
  if (std::abs(wanted / static_cast<double>(current) - 1) > kTolerance) {
    wish = static_cast<std::int64_t>(std::ceil(wanted));
  }
  wish = std::clamp<std::int64_t>(wish, policy.min_replicas, policy.max_replicas);
  wished_.emplace_back(now, wish);
  while (wished_.front().first < now - nanoseconds(policy.stabilisation)) {
    wished_.pop_front();
  }
  std::int64_t most = wish;
  for (const auto& [time, replicas] : wished_) {
    most = std::max(most, replicas);
  }
  if (wish > current) {
    grow(wish - current, now);
  } else if (most < current) {
    shrink(current - most, now);
  }
}

// Replicas that drain are called back first.
void FleetRun::grow(std::int64_t count, SimTime now) {
  for (std::size_t i = 0; i < members_.size() && count > 0; ++i) {
    if (members_[i].duty == Duty::draining) {
      members_[i].duty = Duty::up;
      --count;
    }
  }
  for (std::size_t i = 0; i < members_.size() && count > 0; ++i) {
    Member& member = members_[i];
    if (member.duty == Duty::off) {
      member.duty = Duty::starting;
      member.since = now;
      events_.push(
          {now + nanoseconds(config_.fleet.autoscale->startup), Kind::ready, i, member.epoch});
      --count;
    }
  }
  list_up();
  totals_.most_replicas = std::max(totals_.most_replicas, held());
}

// Those still starting go first, then the ones that came last.
void FleetRun::shrink(std::int64_t count, SimTime now) {
  for (std::size_t i = members_.size(); i-- > 0 && count > 0;) {
    if (members_[i].duty == Duty::starting) {
      switch_off(i, now);
      --count;
    }
  }
  for (std::size_t i = members_.size(); i-- > 0 && count > 0 && up_.size() > 1;) {
    if (members_[i].duty == Duty::up) {
      members_[i].duty = Duty::draining;
      members_[i].draining_since = now;
      list_up();
      --count;
    }
  }
  release_drained(now);
}

void FleetRun::release_drained(SimTime now) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].duty == Duty::draining && replicas_[i]->is_idle()) {
      switch_off(i, std::min(now, std::max(members_[i].draining_since, replicas_[i]->last_end())));
    }
  }
}

void FleetRun::switch_off(std::size_t replica, SimTime now) {
  Member& member = members_[replica];
  totals_.replica_seconds += to_seconds(now - member.since);
  member.duty = Duty::off;
  ++member.epoch;
  if (replicas_[replica]->is_idle()) {
    replicas_[replica]->fail();  // an empty cache, if it ever comes back
  }
  router_.forget(replica);
}

}  // namespace moru
