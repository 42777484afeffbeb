// The split-activate controller: ACT in two halves, CAS to start the data clock. Part of
// channel_engine.h.
#pragma once

#include "moru/dram/channel_engine_refresh.h"

namespace moru {

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::finish_activation(Tick t) {
  const ActiveRequest request = pending_.request;
  const int kind = request.is_write ? 1 : 0;
  record(DramCommand::act2, t, request.bank, kind, request.row, request.burst);
  pending_.exists = false;
  opened(request.bank, request.row);
  active_[static_cast<std::size_t>(active_count_++)] = request;
  active_bound_ = std::min(active_bound_, device_.ready(column_of(kind), request.bank));
  priority_bound_ = t + 1;
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::extend_clock(DramCommand column, Tick t) {
  clock_expiry_ =
      std::max(clock_expiry_, t + (is_read(column) ? clock_after_read_ : clock_after_write_));
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::continue_cas(Tick t) {
  cas_.exists = false;
  if (cas_.active != kNone) {
    issue_active(cas_.active, t);
  } else {
    RequestQueue& queue = queues_[cas_.kind];
    const int p = queue.watched;
    queue.watched = kNone;
    issue_column(cas_.kind, p, t);
  }
}

// True if the data clock does not run, so that this tick goes to the pending activation or to a
// CAS.
template <ControllerKind kKind, class Refresh>
bool ChannelEngine<kKind, Refresh>::start_clock(DramCommand column, Tick t) {
  if (t < clock_expiry_) {
    return false;
  }
  if (pending_.exists && pending_.deadline <= t + 1) {
    // The candidate stays, although the search has raised the bounds past it.
    active_bound_ = std::min(active_bound_, t + 1);
    if (cas_.active == kNone) {
      lower(queues_[cas_.kind].bound_hit, t + 1);
    }
    finish_activation(t);
    return true;
  }
  int bank = 0;
  std::uint32_t row = 0;
  int burst = 0;
  if (cas_.active != kNone) {
    const ActiveRequest& request = active_[static_cast<std::size_t>(cas_.active)];
    bank = request.bank;
    row = request.row;
    burst = request.burst;
  } else {
    const RequestQueue& queue = queues_[cas_.kind];
    bank = queue.bank[queue.watched];
    row = queue.row[queue.watched];
    burst = queue.burst[queue.watched];
  }
  const DramCommand cas = column == DramCommand::rd ? DramCommand::cas_rd : DramCommand::cas_wr;
  device_.issue(cas, bank, t);
  record(cas, t, bank, column == DramCommand::rd ? 0 : 1, row, burst);
  cas_.exists = true;
  priority_bound_ = t + 1;
  return true;
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::tick_split(Tick t) {
  if (cas_.exists) {
    continue_cas(t);
    return;
  }
  if (pending_.exists && t >= pending_.deadline) {
    finish_activation(t);
    return;
  }
  if (active_count_ > 0 && t >= active_bound_) {
    const int i = pick_active(t);
    if (i != kNone) {
      cas_ = {false, i, kNone};
      const bool is_write = active_[static_cast<std::size_t>(i)].is_write;
      if (!start_clock(is_write ? DramCommand::wr : DramCommand::rd, t)) {
        issue_active(i, t);
      }
      return;
    }
  }
  if (!priority_.empty() && t >= priority_bound_ && try_priority(t)) {
    return;
  }
  if (kStrict || priority_.empty()) {
    update_write_mode();
    const int kind = write_mode_ ? 1 : 0;
    RequestQueue& queue = queues_[kind];
    const Classes classes{
        t >= queue.bound_hit ? free_of(queue, queue.hit) : 0,
        !pending_.exists && t >= queue.bound_closed ? free_of(queue, queue.closed) : 0,
        t >= queue.bound_conflict ? free_of(queue, queue.conflict) : 0};
    const int p = (classes.hit | classes.closed | classes.conflict) != 0
                      ? pick<true, true>(queue, kind, classes, t)
                      : kNone;
    if (p != kNone) {
      if ((queue.hit >> p & 1) != 0) {
        queue.watched = p;
        cas_ = {false, kNone, kind};
        if (!start_clock(column_of(kind), t)) {
          queue.watched = kNone;
          issue_column(kind, p, t);
        }
      } else {
        issue_from_queue(kind, p, t);
      }
      return;
    }
  }
  if (pending_.exists) {
    finish_activation(t);
    return;
  }
  if constexpr (kStrict) {
    strict_idle_work(t);
  }
}

}  // namespace moru
