#include "moru/dram/refresh.h"

#include <algorithm>

namespace moru {
namespace {

// Ranks that one all-bank refresh covers.
int ranks_per_scope(const DramGeometry& geometry, DramLevel scope) {
  switch (scope) {
    case DramLevel::channel:
      return geometry.ranks();
    case DramLevel::pseudo_channel:
      return geometry.sids;
    default:
      return 1;
  }
}

}  // namespace

ReferenceRefresh::ReferenceRefresh(const DramSpec& spec, const ControllerOptions& options)
    : mode_(options.refresh), geometry_(spec.geometry), scope_(spec.refresh_scope) {
  if (mode_ == RefreshMode::none) {
    return;
  }
  if (mode_ == RefreshMode::all_bank) {
    interval_ = spec.ticks("nREFI");
  } else {
    interval_ = spec.ticks("nREFIpb");
    bank_time_ = spec.ticks("nRFCpb");
    allowed_.assign(static_cast<std::size_t>(geometry_.ranks()), 0);
    moved_.assign(static_cast<std::size_t>(geometry_.ranks()), 0);
    next_set_ = interval_;
  }
  next_ = interval_;
}

void ReferenceRefresh::poll(Tick t, std::vector<RefreshRequest>& queue) {
  if (mode_ == RefreshMode::per_bank) {
    poll_per_bank(t, queue);
    return;
  }
  const int ranks = ranks_per_scope(geometry_, scope_);
  for (int rank = 0; rank < geometry_.ranks(); rank += ranks) {
    queue.push_back({DramCommand::ref_all, {rank, rank + ranks, -1, -1}, -1});
  }
  next_ = t + interval_;
}

void ReferenceRefresh::move_front(Tick t, std::vector<RefreshRequest>& queue) {
  const int bank = waiting_.front();
  waiting_.pop_front();
  const int rank = bank / geometry_.banks_per_rank();
  queue.push_back({DramCommand::ref_bank, {rank, rank + 1, bank, -1}, -1});
  int& moved = moved_[static_cast<std::size_t>(rank)];
  if (++moved == geometry_.banks_per_rank()) {
    moved = 0;
    allowed_[static_cast<std::size_t>(rank)] = t + bank_time_;
  }
}

// One bank of each pseudo-channel every interval, through all banks of a stack id before the next;
// a set begins only when the last bank of the set before has had its time.
void ReferenceRefresh::poll_per_bank(Tick t, std::vector<RefreshRequest>& queue) {
  if (waiting_.empty()) {
    for (int pc = 0; pc < geometry_.pseudo_channels; ++pc) {
      const Tick allowed = allowed_[static_cast<std::size_t>(pc * geometry_.sids + cursor_sid_)];
      if (allowed > t) {
        next_set_ = t + 1;
        next_ = next_set_;
        return;
      }
    }
    for (int pc = 0; pc < geometry_.pseudo_channels; ++pc) {
      waiting_.push_back((pc * geometry_.sids + cursor_sid_) * geometry_.banks_per_rank() +
                         cursor_bank_);
    }
    if (++cursor_bank_ == geometry_.banks_per_rank()) {
      cursor_bank_ = 0;
      cursor_sid_ = (cursor_sid_ + 1) % geometry_.sids;
    }
    next_set_ += interval_;
  }
  move_front(t, queue);
  next_ = waiting_.empty() ? std::max(next_set_, t + 1) : t + 1;
}

void ReferenceRefresh::append_state(std::vector<Tick>& state, Tick now) const {
  state.insert(state.end(), {next_ - now, next_set_ - now, cursor_bank_, cursor_sid_});
  state.insert(state.end(), waiting_.begin(), waiting_.end());
  for (std::size_t i = 0; i < allowed_.size(); ++i) {
    state.insert(state.end(), {std::max<Tick>(allowed_[i] - now, 0), moved_[i]});
  }
}

void ReferenceRefresh::shift(Tick shift) {
  next_ += mode_ == RefreshMode::none ? 0 : shift;
  next_set_ += shift;
  for (Tick& tick : allowed_) {
    tick += shift;
  }
}

StrictRefresh::StrictRefresh(const DramSpec& spec, const ControllerOptions& options)
    : mode_(options.refresh), geometry_(spec.geometry), postpone_(options.refresh_postpone) {
  if (mode_ == RefreshMode::none) {
    return;
  }
  const int ranks =
      mode_ == RefreshMode::same_bank ? 1 : ranks_per_scope(geometry_, spec.refresh_scope);
  const int banks = ranks * geometry_.banks_per_rank();
  const Tick refresh_interval = spec.ticks("nREFI");
  if (mode_ == RefreshMode::all_bank) {
    interval_ = refresh_interval;
  } else if (mode_ == RefreshMode::per_bank) {
    // Each bank once every nREFI, whatever interval the part states (the reference divides HBM2's
    // by the pseudo-channels too, and LPDDR5's counts pairs of banks).
    interval_ = refresh_interval / banks;
  } else {
    // JESD79-5: same-bank refresh goes with fine granularity, tREFI2 = tREFI / 2 over the banks of
    // a group.
    interval_ = refresh_interval / (2 * geometry_.banks);
  }
  interval_ = std::max<Tick>(interval_, 1);
  units_.resize(static_cast<std::size_t>(geometry_.ranks() / ranks));
  for (int u = 0; u < units(); ++u) {
    Unit& unit = units_[static_cast<std::size_t>(u)];
    unit.first_rank = u * ranks;
    unit.end_rank = unit.first_rank + ranks;
    unit.due = interval_ + offset(u);
    unit.refreshed.assign(
        static_cast<std::size_t>(mode_ == RefreshMode::same_bank ? geometry_.banks : banks), 0);
  }
  update_next();
}

// Whole scopes refresh together (one that waits would stall the other through the shared queue);
// single banks take turns.
Tick StrictRefresh::offset(int u) const {
  return mode_ == RefreshMode::all_bank ? 0 : u * interval_ / static_cast<int>(units_.size());
}

void StrictRefresh::update_next() {
  next_ = kNever;
  for (const Unit& unit : units_) {
    next_ = std::min(next_, unit.due);
  }
}

void StrictRefresh::accrue(Tick t) {
  for (Unit& unit : units_) {
    while (unit.due <= t) {
      owing_ += unit.owed++ == 0 && !unit.is_on_its_way ? 1 : 0;
      unit.due += interval_;
    }
  }
  update_next();
}

CommandScope StrictRefresh::unit_scope(int u) const {
  const Unit& unit = units_[static_cast<std::size_t>(u)];
  return {unit.first_rank, unit.end_rank, -1, -1};
}

void StrictRefresh::done(int u) {
  Unit& unit = units_[static_cast<std::size_t>(u)];
  unit.is_on_its_way = false;
  --unit.owed;
  owing_ += unit.owed > 0 ? 1 : 0;
}

void StrictRefresh::restart(Tick t) {
  owing_ = 0;
  for (int u = 0; u < units(); ++u) {
    Unit& unit = units_[static_cast<std::size_t>(u)];
    unit.owed = 0;
    unit.is_on_its_way = false;
    unit.due = t + interval_ + offset(u);
  }
  update_next();
}

void StrictRefresh::append_state(std::vector<Tick>& state, Tick now) const {
  for (const Unit& unit : units_) {
    state.insert(state.end(), {unit.due - now, unit.owed, unit.is_on_its_way ? 1 : 0});
    state.insert(state.end(), unit.refreshed.begin(), unit.refreshed.end());
  }
}

void StrictRefresh::shift(Tick shift) {
  for (Unit& unit : units_) {
    unit.due += shift;
  }
  update_next();
}

}  // namespace moru
