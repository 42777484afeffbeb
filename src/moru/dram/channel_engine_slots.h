// The command slots of a tick for each kind of controller. Part of channel_engine.h.
#pragma once

#include "moru/dram/channel_engine_select.h"

namespace moru {

template <ControllerKind kKind, class Refresh>
bool ChannelEngine<kKind, Refresh>::column_slot(Tick t) {
  if (active_count_ > 0 && t >= active_bound_) {
    const int i = pick_active(t);
    if (i != kNone) {
      issue_active(i, t);
      return true;
    }
  }
  if (blocks_queues()) {
    return false;
  }
  update_write_mode();
  const int kind = write_mode_ ? 1 : 0;
  RequestQueue& queue = queues_[kind];
  const SlotMask hits = free_of(queue, queue.hit);
  if (hits == 0 || t < queue.bound_hit) {
    return false;
  }
  const int p = pick<true, false>(queue, kind, {hits, 0, 0}, t);
  if (p == kNone) {
    return false;
  }
  issue_column(kind, p, t);
  return true;
}

template <ControllerKind kKind, class Refresh>
bool ChannelEngine<kKind, Refresh>::row_slot(Tick t) {
  if (!priority_.empty()) {
    if (t >= priority_bound_ && try_priority(t)) {
      return true;
    }
    if (!kStrict) {
      return false;
    }
  }
  update_write_mode();
  const int kind = write_mode_ ? 1 : 0;
  RequestQueue& queue = queues_[kind];
  Classes classes;
  if (is_rising(t) && t >= queue.bound_closed) {
    classes.closed = free_of(queue, queue.closed);
  }
  if (t >= queue.bound_conflict) {
    classes.conflict = free_of(queue, queue.conflict);
    if (kEdges && classes.conflict != 0 && t == paired_.edge) {
      // Barred only in this tick: the bound stays where it is.
      const SlotMask barred = barred_precharges(queue, t);
      if ((classes.conflict & barred) != 0) {
        const Tick bound = queue.bound_conflict;
        classes.conflict &= ~barred;
        const int p = pick<false, true>(queue, kind, classes, t);
        queue.bound_conflict = std::min(bound, t + 1);
        if (p != kNone) {
          issue_from_queue(kind, p, t);
        }
        return p != kNone;
      }
    }
  }
  if ((classes.closed | classes.conflict) == 0) {
    return false;
  }
  const int p = pick<false, true>(queue, kind, classes, t);
  if (p == kNone) {
    return false;
  }
  issue_from_queue(kind, p, t);
  return true;
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::tick_two_buses(Tick t) {
  if (is_rising(t)) {
    column_slot(t);
  }
  const bool issued = row_slot(t);
  if constexpr (kStrict) {
    if (!issued) {
      strict_idle_work(t);
    }
  }
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::tick_single_bus(Tick t) {
  if (active_count_ > 0 && t >= active_bound_) {
    const int i = pick_active(t);
    if (i != kNone) {
      issue_active(i, t);
      return;
    }
  }
  if (!priority_.empty()) {
    if (t >= priority_bound_ && try_priority(t)) {
      return;
    }
    if (!kStrict) {
      return;
    }
  }
  update_write_mode();
  const int kind = write_mode_ ? 1 : 0;
  RequestQueue& queue = queues_[kind];
  const Classes classes{t >= queue.bound_hit ? free_of(queue, queue.hit) : 0,
                        t >= queue.bound_closed ? free_of(queue, queue.closed) : 0,
                        t >= queue.bound_conflict ? free_of(queue, queue.conflict) : 0};
  if ((classes.hit | classes.closed | classes.conflict) != 0) {
    const int p = pick<true, true>(queue, kind, classes, t);
    if (p != kNone) {
      issue_from_queue(kind, p, t);
      return;
    }
  }
  if constexpr (kStrict) {
    strict_idle_work(t);
  }
}

// Strict mode: counts refreshes that fall due and starts those whose time has come.
template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::strict_refresh_work(Tick t) {
  if constexpr (kStrict) {
    if (t >= refresh_.next()) {
      refresh_.accrue(t);
    }
    if (!refresh_.owes() || sleep_ == Sleep::self_refresh) {
      return;
    }
    const auto waiting_for = [&](int bank) {
      const auto b = static_cast<std::size_t>(bank);
      return std::popcount(queues_[0].in_bank[b]) + std::popcount(queues_[1].in_bank[b]) +
             guarded_[b];
    };
    for (int u = 0; u < refresh_.units(); ++u) {
      const CommandScope scope = refresh_.unit_scope(u);
      SlotMask waiting = 0;
      for (int rank = scope.first_rank; rank < scope.end_rank; ++rank) {
        const auto r = static_cast<std::size_t>(rank);
        waiting |= queues_[0].in_rank[r] | queues_[1].in_rank[r];
      }
      if (refresh_.should_refresh(u, waiting == 0)) {
        priority_.push_back(refresh_.start(u, waiting_for));
        hold(priority_.back(), true);
        priority_bound_ = t;
      }
    }
  }
}

template <ControllerKind kKind, class Refresh>
inline void ChannelEngine<kKind, Refresh>::step(Tick t) {
  now_ = t;
  if (t >= arrival_tick_) {
    inject(t);
  }
  if constexpr (kStrict) {
    strict_refresh_work(t);
    if (sleep_ != Sleep::awake) {
      sleep_work(t);
      return;
    }
  } else if (t >= refresh_.next()) {
    const bool was_empty = priority_.empty();
    refresh_.poll(t, priority_);
    priority_bound_ = was_empty ? t : priority_bound_;
  }
  if constexpr (kTwoBuses) {
    tick_two_buses(t);
  } else if constexpr (kSplit) {
    tick_split(t);
  } else {
    tick_single_bus(t);
  }
}

// The mode is updated in every tick that looks at the queues; while sizes stand still a second
// update changes nothing. One that will change it in the next tick is made at once if nothing can
// come between; false if that tick has to be looked at.
template <ControllerKind kKind, class Refresh>
bool ChannelEngine<kKind, Refresh>::settle_write_mode(Tick t) {
  if (next_write_mode() != write_mode_) {
    const bool is_certain = arrival_tick_ > t + 1 && refresh_.next() > t + 1 &&
                            (kTwoBuses || active_count_ == 0 || active_bound_ > t + 1);
    if (!is_certain) {
      return false;
    }
    update_write_mode();
  }
  return true;
}

// The first tick after `t` in which something can happen.
template <ControllerKind kKind, class Refresh>
inline Tick ChannelEngine<kKind, Refresh>::wake_after(Tick t) {
  const Tick soonest = t + 1;
  Tick wake = std::min(arrival_tick_, refresh_.next());
  if constexpr (kSplit) {
    if (cas_.exists || pending_.exists) {
      return soonest;
    }
  }
  if (active_count_ > 0) {
    wake = std::min(wake, rising(std::max(active_bound_, soonest)));
  }
  if (!priority_.empty()) {
    wake = std::min(wake, std::max(priority_bound_, soonest));
  }
  if (!blocks_queues()) {
    if (!settle_write_mode(t)) {
      return soonest;
    }
    const RequestQueue& queue = queues_[write_mode_ ? 1 : 0];
    if (free_of(queue, queue.hit) != 0) {
      wake = std::min(wake, rising(std::max(queue.bound_hit, soonest)));
    }
    if (free_of(queue, queue.closed) != 0) {
      wake = std::min(wake, rising(std::max(queue.bound_closed, soonest)));
    }
    if (free_of(queue, queue.conflict) != 0) {
      wake = std::min(wake, std::max(queue.bound_conflict, soonest));
    }
  }
  if constexpr (kStrict) {
    wake = std::min(wake, strict_wake(t));
  }
  return std::max(wake, soonest);
}

template <ControllerKind kKind, class Refresh>
template <bool kUntilIdle>
void ChannelEngine<kKind, Refresh>::run(Tick end) {
  for (Tick t = wake_after(now_); t <= end; t = wake_after(t)) {
    if (kUntilIdle && is_idle()) {
      return;
    }
    step(t);
  }
  if (!kUntilIdle || !is_idle()) {
    now_ = std::max(now_, end);
  }
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::advance_until(Tick end) {
  run<false>(end);
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::drain(Tick limit) {
  run<true>(limit);
}

}  // namespace moru
