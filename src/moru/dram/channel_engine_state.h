// The engine's state as numbers, and jumping ahead by whole repetitions. Part of channel_engine.h.
#pragma once

#include "moru/dram/channel_engine_strict.h"

namespace moru {

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::append_state(std::vector<Tick>& state,
                                                 std::uint32_t row_origin) const {
  const auto rows = static_cast<std::uint32_t>(tables_->geometry().rows);
  const auto relative_row = [&](std::uint32_t row) {
    return Tick{(row + rows - row_origin) % rows};
  };
  // Lower bounds (bound_hit, …) are left out: they only say when it is useless to look.
  state.insert(state.end(), {now_ & 1, write_mode_, blocked_, arrival_tick_ - now_, active_count_,
                             std::max<Tick>(last_done_ - now_, 0)});
  device_.append_state(state, now_);
  refresh_.append_state(state, now_);
  for (const RequestQueue& queue : queues_) {
    state.push_back(queue.size());
    for (SlotMask rest = queue.live; rest != 0;) {
      const int p = queue.oldest(rest);
      const SlotMask bit = SlotMask{1} << p;
      rest &= ~bit;
      state.insert(state.end(),
                   {queue.bank[p], relative_row(queue.row[p]), queue.burst[p],
                    queue.arrived[p] - now_, (queue.hit & bit) != 0, (queue.conflict & bit) != 0});
    }
  }
  const auto append_active = [&](const ActiveRequest& request) {
    state.insert(state.end(), {request.bank, relative_row(request.row), request.burst,
                               request.arrived - now_, request.is_write});
  };
  for (int i = 0; i < active_count_; ++i) {
    append_active(active_[static_cast<std::size_t>(i)]);
  }
  for (int bank = 0; bank < tables_->banks(); ++bank) {
    const auto b = static_cast<std::size_t>(bank);
    state.push_back(open_row_[b] < 0 ? open_row_[b]
                                     : relative_row(static_cast<std::uint32_t>(open_row_[b])));
    state.push_back(guarded_[b] | is_held_[b] << 1 | capped_[b] << 2 |
                    capped_[static_cast<std::size_t>(tables_->banks() + bank)] << 3);
    if constexpr (kStrict) {
      state.push_back(options_.scheduler == DramScheduler::fr_fcfs_cap ? hits_served_[b] : 0);
      state.push_back(std::max(last_use_[b] - now_, -options_.row_timeout));
    }
  }
  for (const RefreshRequest& request : priority_) {
    state.insert(state.end(), {index_of(request.command), request.scope.first_rank,
                               request.scope.bank, request.scope.same_bank});
  }
  state.insert(state.end(), {std::max<Tick>(paired_.edge - now_, 0), paired_.pseudo_channel,
                             paired_.bank, pending_.exists, cas_.exists, cas_.active, cas_.kind,
                             std::max<Tick>(clock_expiry_ - now_, 0), static_cast<Tick>(sleep_)});
  if (pending_.exists) {
    append_active(pending_.request);
    state.push_back(pending_.deadline - now_);
  }
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::jump(const Jump& jump) {
  const auto rows = static_cast<std::uint64_t>(tables_->geometry().rows);
  const Tick shift = static_cast<Tick>(jump.times) * jump.ticks;
  const auto row_shift = jump.times % rows * (jump.rows % rows) % rows;
  const auto moved_row = [&](std::uint32_t row) {
    return static_cast<std::uint32_t>((row + row_shift) % rows);
  };
  const ChannelCounters stretch_end = counters_;
  counters_.extrapolate(*jump.before, stretch_end, jump.times);
  device_.shift(shift);
  refresh_.shift(shift);
  for (RequestQueue& queue : queues_) {
    for (SlotMask rest = queue.live; rest != 0; rest &= rest - 1) {
      const int p = std::countr_zero(rest);
      queue.row[p] = moved_row(queue.row[p]);
      queue.arrived[p] += shift;
    }
    for (Tick* bound : {&queue.bound_hit, &queue.bound_closed, &queue.bound_conflict}) {
      *bound = std::min(*bound + shift, kNever);
    }
  }
  const auto move = [&](ActiveRequest& request) {
    request.row = moved_row(request.row);
    request.arrived += shift;
  };
  for (int i = 0; i < active_count_; ++i) {
    move(active_[static_cast<std::size_t>(i)]);
  }
  move(pending_.request);
  for (std::int64_t& row : open_row_) {
    row = row < 0 ? row : moved_row(static_cast<std::uint32_t>(row));
  }
  for (Tick* tick : {&active_bound_, &priority_bound_, &row_timeout_bound_, &arrival_tick_}) {
    *tick = *tick >= kNever ? *tick : *tick + shift;
  }
  for (Tick* tick : {&now_, &last_done_, &paired_.edge, &pending_.deadline, &clock_expiry_,
                     &idle_since_, &asleep_since_}) {
    *tick += shift;
  }
  for (Tick& tick : last_use_) {
    tick += shift;
  }
}

}  // namespace moru
