// What the reference does not do: row policies, row-hit cap, holding banks for a refresh,
// power-down and self-refresh. Part of channel_engine.h.
#pragma once

#include "moru/dram/channel_engine_split.h"

namespace moru {

// Keeps new commands from the banks of a refresh on its way, or lets them go again.
template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::hold(const RefreshRequest& request, bool is_starting) {
  for_banks(request.scope, [&](int bank) {
    const auto b = static_cast<std::size_t>(bank);
    // Two refreshes may wait for one bank: it is free when the last has passed.
    is_held_[b] = static_cast<std::uint8_t>(is_held_[b] + (is_starting ? 1 : -1));
    const bool held = is_held_[b] != 0;
    for (RequestQueue& queue : queues_) {
      queue.held = held ? queue.held | queue.in_bank[b] : queue.held & ~queue.in_bank[b];
      if (!held) {
        // Searches did not see these requests: their classes must be searched again.
        lower(queue.bound_hit, now_ + 1);
        lower(queue.bound_closed, now_ + 1);
        lower(queue.bound_conflict, now_ + 1);
      }
    }
  });
}

// Refresh management (RFM): a bank, or its whole refresh scope, after so many activates.
template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::count_activate(int bank, Tick t) {
  int& activates = activates_[static_cast<std::size_t>(bank)];
  if (options_.rfm_every == 0 || ++activates < options_.rfm_every ||
      is_held_[static_cast<std::size_t>(bank)] != 0) {
    return;
  }
  RefreshRequest request{DramCommand::rfm_bank, scope_of_bank(bank), -1};
  if (options_.rfm_all_banks) {
    const int rank = device_.rank_of(bank);
    const int sids = tables_->geometry().sids;
    const int first = spec_.refresh_scope == DramLevel::channel ? 0 : rank / sids * sids;
    const int count = spec_.refresh_scope == DramLevel::channel ? tables_->ranks() : sids;
    request = {DramCommand::rfm_all, {first, first + count, -1, -1}, -1};
    bool is_taken = false;
    for_banks(request.scope,
              [&](int b) { is_taken = is_taken || is_held_[static_cast<std::size_t>(b)] != 0; });
    if (is_taken) {
      return;
    }
  }
  for_banks(request.scope, [&](int b) { activates_[static_cast<std::size_t>(b)] = 0; });
  priority_.push_back(request);
  hold(request, true);
  priority_bound_ = t + 1;
}

// After `row_hit_cap` hits on a row that an older-or-younger request of the same queue wants
// closed, further hits wait until it has been.
template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::apply_row_hit_cap(int kind, int bank) {
  const auto b = static_cast<std::size_t>(bank);
  if (options_.scheduler != DramScheduler::fr_fcfs_cap || open_row_[b] < 0 ||
      hits_served_[b] < static_cast<std::uint32_t>(options_.row_hit_cap)) {
    return;
  }
  RequestQueue& queue = queues_[kind];
  if ((queue.in_bank[b] & queue.conflict) != 0) {
    queue.hit &= ~queue.in_bank[b];
    capped_[static_cast<std::size_t>(kind * tables_->banks() + bank)] = 1;
  }
}

// Closes one open row that nobody wants and whose timeout has passed.
template <ControllerKind kKind, class Refresh>
bool ChannelEngine<kKind, Refresh>::close_idle_rows(Tick t) {
  Tick next = kNever;
  bool issued = false;
  for (int bank = 0; bank < tables_->banks(); ++bank) {
    const auto b = static_cast<std::size_t>(bank);
    const SlotMask wanted =
        (queues_[0].in_bank[b] & queues_[0].hit) | (queues_[1].in_bank[b] & queues_[1].hit);
    if (open_row_[b] < 0 || guarded_[b] != 0 || wanted != 0 || is_held_[b] != 0) {
      continue;
    }
    const Tick ready = rising(
        std::max(last_use_[b] + options_.row_timeout, device_.ready(DramCommand::pre, bank)));
    if (ready > t || issued) {
      next = std::min(next, std::max(ready, t + 1));
    } else {
      issue_scope_precharge({DramCommand::pre, scope_of_bank(bank), -1}, t);
      issued = true;
    }
  }
  row_timeout_bound_ = next;
  return issued;
}

template <ControllerKind kKind, class Refresh>
bool ChannelEngine<kKind, Refresh>::strict_idle_work(Tick t) {
  if (has_work() || !priority_.empty()) {
    idle_since_ = t;
  }
  if (!is_rising(t)) {
    return false;
  }
  if (options_.row_policy == RowPolicy::timeout && t >= row_timeout_bound_ && close_idle_rows(t)) {
    return true;
  }
  if (has_work() || !priority_.empty() || refresh_.owes() || pending_.exists) {
    return false;
  }
  if (options_.self_refresh_after > 0 && t >= idle_since_ + options_.self_refresh_after) {
    for (int bank = 0; bank < tables_->banks(); ++bank) {
      if (open_row_[static_cast<std::size_t>(bank)] != kClosed) {
        if (device_.ready(DramCommand::pre, bank) <= t) {
          issue_scope_precharge({DramCommand::pre, scope_of_bank(bank), -1}, t);
        }
        return true;
      }
    }
    if (device_.ready_rare(DramCommand::sr_enter, whole_channel()) <= t) {
      device_.issue_scope(DramCommand::sr_enter, whole_channel(), t);
      record_scope(DramCommand::sr_enter, t, whole_channel());
      sleep_ = Sleep::self_refresh;
      asleep_since_ = t;
    }
    return true;
  }
  if (options_.power_down_after > 0 && t >= idle_since_ + options_.power_down_after &&
      device_.ready_rare(DramCommand::pd_enter, whole_channel()) <= t) {
    device_.issue_scope(DramCommand::pd_enter, whole_channel(), t);
    record_scope(DramCommand::pd_enter, t, whole_channel());
    sleep_ = Sleep::power_down;
    asleep_since_ = t;
    return true;
  }
  return false;
}

// While asleep nothing but the exit can happen.
template <ControllerKind kKind, class Refresh>
bool ChannelEngine<kKind, Refresh>::sleep_work(Tick t) {
  const bool is_deep = sleep_ == Sleep::self_refresh;
  const bool goes_deeper =
      !is_deep && options_.self_refresh_after > 0 && t >= idle_since_ + options_.self_refresh_after;
  const DramCommand exit = is_deep ? DramCommand::sr_exit : DramCommand::pd_exit;
  const bool must_wake = has_work() || (!is_deep && !priority_.empty()) || goes_deeper;
  if (!must_wake || !is_rising(t) || device_.ready_rare(exit, whole_channel()) > t) {
    return false;
  }
  device_.issue_scope(exit, whole_channel(), t);
  record_scope(exit, t, whole_channel());
  (is_deep ? counters_.self_refresh : counters_.powered_down) += t - asleep_since_;
  if (is_deep) {
    refresh_.restart(t);
  }
  sleep_ = Sleep::awake;
  if (!goes_deeper) {
    idle_since_ = t;
  }
  for (RequestQueue& queue : queues_) {
    lower(queue.bound_hit, t + 1);
    lower(queue.bound_closed, t + 1);
  }
  priority_bound_ = t + 1;
  return true;
}

template <ControllerKind kKind, class Refresh>
Tick ChannelEngine<kKind, Refresh>::strict_wake(Tick t) const {
  const bool is_idle_now = !has_work() && priority_.empty();
  if (sleep_ != Sleep::awake) {
    const bool is_deep = sleep_ == Sleep::self_refresh;
    if (has_work() || (!is_deep && !priority_.empty())) {
      return rising(
          std::max(t + 1, device_.ready_rare(is_deep ? DramCommand::sr_exit : DramCommand::pd_exit,
                                             whole_channel())));
    }
    return is_deep || options_.self_refresh_after == 0
               ? kNever
               : rising(std::max(t + 1, idle_since_ + options_.self_refresh_after));
  }
  Tick wake = kNever;
  if (refresh_.owes()) {
    wake = is_idle_now ? t + 1 : wake;
  }
  if (options_.row_policy == RowPolicy::timeout) {
    wake = std::min(wake, rising(std::max(t + 1, row_timeout_bound_)));
  }
  if (is_idle_now && !pending_.exists) {
    const Tick idle_since = std::max(idle_since_, Tick{0});
    if (options_.power_down_after > 0) {
      wake = std::min(wake, rising(std::max(t + 1, idle_since + options_.power_down_after)));
    }
    if (options_.self_refresh_after > 0) {
      wake = std::min(wake, rising(std::max(t + 1, idle_since + options_.self_refresh_after)));
    }
  }
  return wake;
}

}  // namespace moru
