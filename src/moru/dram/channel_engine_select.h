// Which request issues: searches over the class masks, and what an issued command changes.
// Part of channel_engine.h.
#pragma once

#include "moru/dram/channel_engine.h"

namespace moru {

// The oldest active request whose column command is ready, or kNone. The bound becomes exact for
// those that remain.
template <ControllerKind kKind, class Refresh>
int ChannelEngine<kKind, Refresh>::pick_active(Tick t) {
  int best = kNone;
  Tick best_arrived = kNever;
  Tick next = kNever;
  for (int i = 0; i < active_count_; ++i) {
    const ActiveRequest& request = active_[static_cast<std::size_t>(i)];
    const Tick ready = device_.ready(column_of(request.is_write ? 1 : 0), request.bank);
    if (ready > t) {
      next = std::min(next, ready);
      continue;
    }
    next = best == kNone ? next : t;
    if (request.arrived < best_arrived) {
      best_arrived = request.arrived;
      best = i;
    }
  }
  active_bound_ = next;
  return best;
}

// pick() where one request at most is to be searched, as at low loads.
template <ControllerKind kKind, class Refresh>
template <bool kHits, bool kRows>
int ChannelEngine<kKind, Refresh>::pick_only(RequestQueue& queue, DramCommand column,
                                             Classes classes, Tick t) {
  const SlotMask all = classes.hit | classes.closed | classes.conflict;
  if (all == 0) {
    return kNone;
  }
  const int p = std::countr_zero(all);
  const bool is_hit = kHits && (!kRows || classes.hit != 0);
  const bool is_closed = kRows && classes.closed != 0;
  const DramCommand command = is_hit ? column : is_closed ? DramCommand::act : DramCommand::pre;
  const Tick ready = device_.ready(command, queue.bank[static_cast<std::size_t>(p)]);
  Tick& bound = is_hit ? queue.bound_hit : is_closed ? queue.bound_closed : queue.bound_conflict;
  bound = ready <= t ? kNever : ready;
  return ready <= t ? p : kNone;
}

// The oldest request of `classes` whose current command is ready, or kNone. The search goes on
// until it meets a second ready one; if there is none, the bounds of the classes searched become
// exact for the requests that remain (what the command itself changes lowers them again). All
// requests of a class at a bank are ready together, so a bank that is not ready removes them all.
template <ControllerKind kKind, class Refresh>
template <bool kHits, bool kRows>
int ChannelEngine<kKind, Refresh>::pick(RequestQueue& queue, int kind, Classes classes, Tick t) {
  const DramCommand column = column_of(kind);
  const SlotMask all = classes.hit | classes.closed | classes.conflict;
  if ((all & (all - 1)) == 0) [[unlikely]] {
    return pick_only<kHits, kRows>(queue, column, classes, t);
  }
  Tick next_hit = kNever;
  Tick next_closed = kNever;
  Tick next_conflict = kNever;
  const Classes searched = classes;
  const auto bar = [&](SlotMask& mask, SlotMask in_rank, DramCommand target, int rank, Tick& next) {
    const Tick ready = device_.rank_ready(target, rank);
    if ((mask & in_rank) != 0 && ready > t) {
      mask &= ~in_rank;
      next = std::min(next, ready);
    }
  };
  const int ranks = tables_->ranks();
  for (int rank = 0; rank < ranks; ++rank) {
    const SlotMask in_rank = queue.in_rank[static_cast<std::size_t>(rank)];
    if constexpr (kHits) {
      bar(classes.hit, in_rank, column, rank, next_hit);
    }
    if constexpr (kRows) {
      bar(classes.closed, in_rank, DramCommand::act, rank, next_closed);
      bar(classes.conflict, in_rank, DramCommand::pre, rank, next_conflict);
    }
  }
  int winner = kNone;
  SlotMask rest = classes.hit | classes.closed | classes.conflict;
  while (rest != 0) {
    const int p = queue.oldest(rest);
    const SlotMask bit = SlotMask{1} << p;
    const int bank = queue.bank[static_cast<std::size_t>(p)];
    const bool is_hit = kHits && (!kRows || (classes.hit & bit) != 0);
    const bool is_closed = kRows && (classes.closed & bit) != 0;
    const DramCommand command = is_hit ? column : is_closed ? DramCommand::act : DramCommand::pre;
    const Tick ready = device_.low_ready(command, bank);
    const SlotMask same = is_hit ? classes.hit : is_closed ? classes.closed : classes.conflict;
    const SlotMask others = queue.in_bank[static_cast<std::size_t>(bank)] & same;
    if (ready <= t) {
      // A second one that is ready: the next tick must look again, and finds the bounds as they
      // are.
      if (winner != kNone || (is_hit && others != bit)) {
        return winner == kNone ? p : winner;
      }
      winner = p;
    } else {
      Tick& next = is_hit ? next_hit : is_closed ? next_closed : next_conflict;
      next = std::min(next, ready);
    }
    rest &= ~others;
  }
  if (kHits && searched.hit != 0) {
    queue.bound_hit = next_hit;
  }
  if (kRows && searched.closed != 0) {
    queue.bound_closed = next_closed;
  }
  if (kRows && searched.conflict != 0) {
    queue.bound_conflict = next_conflict;
  }
  return winner;
}

// RD or WR, or its form with auto-precharge if the closed policy finds nobody waiting for the row.
template <ControllerKind kKind, class Refresh>
DramCommand ChannelEngine<kKind, Refresh>::with_autoprecharge(DramCommand column, int bank) {
  if constexpr (kStrict) {
    if (options_.row_policy == RowPolicy::closed) {
      const auto b = static_cast<std::size_t>(bank);
      const bool is_wanted = ((queues_[0].in_bank[b] & queues_[0].hit) |
                              (queues_[1].in_bank[b] & queues_[1].hit)) != 0;
      if (!is_wanted) {
        return column == DramCommand::rd ? DramCommand::rda : DramCommand::wra;
      }
    }
  }
  return column;
}

// What `command` has made every rank wait for, the bounds may say as well.
template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::raise_bounds(DramCommand command) {
  const auto raise = [](Tick& bound, Tick tick) { bound = std::max(bound, tick); };
  if (!has_work()) {
    return;
  }
  if (command == DramCommand::act) {
    const Tick soonest = device_.soonest(DramCommand::act);
    raise(queues_[0].bound_closed, soonest);
    raise(queues_[1].bound_closed, soonest);
    return;
  }
  if (kTwoBuses) {
    return;  // pseudo-channels take turns on the column bus: there is always one that can go on
  }
  const Tick read = device_.soonest(DramCommand::rd);
  const Tick write = device_.soonest(DramCommand::wr);
  raise(queues_[0].bound_hit, read);
  raise(queues_[1].bound_hit, write);
  raise(active_bound_, std::min(read, write));
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::after_column(DramCommand column, int bank, Tick t) {
  device_.issue(column, bank, t);
  raise_bounds(column);
  if constexpr (kStrict) {
    last_use_[static_cast<std::size_t>(bank)] = t;
    row_timeout_bound_ = std::min(row_timeout_bound_, t + options_.row_timeout);
    if (column == DramCommand::rda || column == DramCommand::wra) {
      closed(bank);
    }
  }
  if constexpr (kSplit) {
    extend_clock(column, t);
  }
  // The row slot of the same tick already sees what this command changed.
  priority_bound_ = t;
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::issue_active(int i, Tick t) {
  const ActiveRequest request = active_[static_cast<std::size_t>(i)];
  active_[static_cast<std::size_t>(i)] = active_[static_cast<std::size_t>(--active_count_)];
  const int kind = request.is_write ? 1 : 0;
  const DramCommand column = with_autoprecharge(column_of(kind), request.bank);
  record(column, t, request.bank, kind, request.row, request.burst);
  if constexpr (kStrict) {
    hits_served_[request.bank] = 0;
  }
  unguarded(request.bank);
  after_column(column, request.bank, t);
  if (request.is_write) {
    complete_write(request.id, t);
  } else {
    complete_read(request.id, request.arrived, t + spec_.read_latency);
  }
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::issue_column(int kind, int p, Tick t) {
  RequestQueue& queue = queues_[kind];
  const int bank = queue.bank[p];
  const std::uint32_t row = queue.row[p];
  const int burst = queue.burst[p];
  const std::uint32_t id = queue.id[p];
  const Tick arrived = queue.arrived[p];
  queue.remove(p);
  freed(kind, t);
  // An active request of the bank still needs the row.
  const DramCommand column = guarded_[static_cast<std::size_t>(bank)] != 0
                                 ? column_of(kind)
                                 : with_autoprecharge(column_of(kind), bank);
  record(column, t, bank, kind, row, burst);
  ++counters_.row_hits;
  after_column(column, bank, t);
  if (kind == 1) {
    complete_write(id, t);
  } else {
    complete_read(id, arrived, t + spec_.read_latency);
  }
  if constexpr (kStrict) {
    ++hits_served_[static_cast<std::size_t>(bank)];
    apply_row_hit_cap(kind, bank);
  }
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::issue_activate(int kind, int p, Tick t) {
  RequestQueue& queue = queues_[kind];
  const int bank = queue.bank[p];
  const ActiveRequest request{queue.arrived[p], queue.row[p],  queue.id[p],
                              queue.burst[p],   queue.bank[p], kind == 1};
  queue.remove(p);
  freed(kind, t);
  device_.issue(DramCommand::act, bank, t);
  raise_bounds(DramCommand::act);
  record(DramCommand::act, t, bank, kind, request.row, request.burst);
  priority_bound_ = t + 1;
  if constexpr (kStrict) {
    count_activate(bank, t);
  }
  if constexpr (kSplit) {
    open_row_[static_cast<std::size_t>(bank)] = kActivating;
    for (RequestQueue& q : queues_) {
      q.closed &= ~q.in_bank[static_cast<std::size_t>(bank)];
    }
    pending_ = {request, t + act2_within_, true};
  } else {
    opened(bank, request.row);
    active_[static_cast<std::size_t>(active_count_++)] = request;
    active_bound_ = std::min(active_bound_, device_.ready(column_of(kind), bank));
    remember_row_command(DramCommand::act, scope_of_bank(bank), t);
  }
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::issue_precharge(RequestQueue& queue, int kind, int p, Tick t) {
  const int bank = queue.bank[p];
  device_.issue(DramCommand::pre, bank, t);
  record(DramCommand::pre, t, bank, kind, queue.row[p], queue.burst[p]);
  closed(bank);
  if constexpr (kStrict) {
    capped_[static_cast<std::size_t>(bank)] = 0;
    capped_[static_cast<std::size_t>(tables_->banks() + bank)] = 0;
  }
  priority_bound_ = t + 1;
  remember_row_command(DramCommand::pre, scope_of_bank(bank), t);
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::issue_from_queue(int kind, int p, Tick t) {
  RequestQueue& queue = queues_[kind];
  const SlotMask bit = SlotMask{1} << p;
  if (!kTwoBuses && (queue.hit & bit) != 0) {
    issue_column(kind, p, t);
  } else if ((queue.closed & bit) != 0) {
    issue_activate(kind, p, t);
  } else {
    issue_precharge(queue, kind, p, t);
  }
}

}  // namespace moru
