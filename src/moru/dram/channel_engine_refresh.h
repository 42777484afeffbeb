// Refreshes on the bus, and the pairing rule of falling-edge precharges. Part of channel_engine.h.
#pragma once

#include "moru/dram/channel_engine_slots.h"

namespace moru {

// The reference serves the head of the queue only and lets nothing else into the row slot; strict
// mode serves whichever refresh is ready and goes on with other banks.
template <ControllerKind kKind, class Refresh>
bool ChannelEngine<kKind, Refresh>::try_priority(Tick t) {
  Tick bound = kNever;
  const std::size_t count = kStrict ? priority_.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    if (try_refresh(i, t)) {
      return true;
    }
    bound = std::min(bound, priority_bound_);
  }
  priority_bound_ = bound;
  return false;
}

// On failure priority_bound_ is the first tick at which trying again makes sense; what waits for an
// active request is tried again after any command.
template <ControllerKind kKind, class Refresh>
bool ChannelEngine<kKind, Refresh>::try_refresh(std::size_t i, Tick t) {
  const RefreshRequest request = priority_[i];
  int open_bank = kNone;
  bool is_guarded = false;
  for_banks(request.scope, [&](int bank) {
    const auto b = static_cast<std::size_t>(bank);
    if (open_row_[b] != kClosed) {
      open_bank = bank;
      is_guarded = is_guarded || guarded_[b] != 0 || open_row_[b] == kActivating;
    }
  });
  if (open_bank == kNone) {
    const Tick ready = rising(std::max(t, device_.ready_rare(request.command, request.scope)));
    if (ready > t) {
      priority_bound_ = ready;
      return false;
    }
    issue_refresh(i, request.command, t);
    return true;
  }
  if (is_guarded) {
    priority_bound_ = kNever;
    return false;
  }
  const bool is_all =
      request.command == DramCommand::ref_all || request.command == DramCommand::rfm_all;
  const CommandScope scope = is_all ? request.scope : scope_of_bank(open_bank);
  const Tick ready = is_all ? device_.ready_rare(DramCommand::pre_all, scope)
                            : device_.ready(DramCommand::pre, open_bank);
  if (ready > t) {
    priority_bound_ = ready;
    return false;
  }
  if (!may_precharge(scope, t)) {
    priority_bound_ = t + 1;
    return false;
  }
  issue_scope_precharge({is_all ? DramCommand::pre_all : DramCommand::pre, scope, -1}, t);
  return true;
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::issue_scope_precharge(const RefreshRequest& request, Tick t) {
  if (request.command == DramCommand::pre_all) {
    device_.issue_scope(DramCommand::pre_all, request.scope, t);
    record_scope(DramCommand::pre_all, t, request.scope);
  } else {
    device_.issue(DramCommand::pre, request.scope.bank, t);
    record(DramCommand::pre, t, request.scope.bank, -1, -1, -1);
  }
  for_banks(request.scope, [&](int bank) {
    if (open_row_[static_cast<std::size_t>(bank)] != kClosed) {
      closed(bank);
    }
    capped_[static_cast<std::size_t>(bank)] = 0;
    capped_[static_cast<std::size_t>(tables_->banks() + bank)] = 0;
  });
  priority_bound_ = t + 1;
  remember_row_command(request.command, request.scope, t);
}

template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::issue_refresh(std::size_t i, DramCommand command, Tick t) {
  const RefreshRequest request = priority_[i];
  if (command == DramCommand::ref_bank || command == DramCommand::rfm_bank) {
    device_.issue(command, request.scope.bank, t);
    record(command, t, request.scope.bank, -1, -1, -1);
  } else {
    device_.issue_scope(command, request.scope, t);
    record_scope(command, t, request.scope);
  }
  remember_row_command(command, request.scope, t);
  priority_.erase(priority_.begin() + static_cast<std::ptrdiff_t>(i));
  priority_bound_ = t + 1;
  if constexpr (kStrict) {
    hold(request, false);
    if (request.unit >= 0) {
      refresh_.done(request.unit);
    }
  }
}

// Only commands of a rising edge are remembered, each replacing the one before.
template <ControllerKind kKind, class Refresh>
void ChannelEngine<kKind, Refresh>::remember_row_command(DramCommand command,
                                                         const CommandScope& scope, Tick t) {
  if constexpr (kEdges) {
    if (is_rising(t)) {
      paired_ = {t + (command == DramCommand::act ? 3 : 1),
                 tables_->pseudo_channel_of_rank(scope.first_rank), scope.bank};
    }
  }
}

template <ControllerKind kKind, class Refresh>
bool ChannelEngine<kKind, Refresh>::may_precharge(const CommandScope& scope, Tick t) const {
  if (is_rising(t) || t != paired_.edge ||
      tables_->pseudo_channel_of_rank(scope.first_rank) != paired_.pseudo_channel) {
    return true;
  }
  return paired_.bank != kNone && scope.bank != kNone && scope.bank != paired_.bank;
}

template <ControllerKind kKind, class Refresh>
SlotMask ChannelEngine<kKind, Refresh>::barred_precharges(const RequestQueue& queue, Tick t) const {
  if (is_rising(t)) {
    return 0;
  }
  if (paired_.bank != kNone) {
    return queue.in_bank[static_cast<std::size_t>(paired_.bank)];
  }
  SlotMask barred = 0;
  const int sids = tables_->geometry().sids;
  for (int sid = 0; sid < sids; ++sid) {
    barred |= queue.in_rank[static_cast<std::size_t>(paired_.pseudo_channel * sids + sid)];
  }
  return barred;
}

}  // namespace moru
