// When refreshes fall due. The engine turns what is due into PRE and REF commands.
#pragma once

#include "moru/dram/channel_core.h"

#include <deque>
#include <vector>

namespace moru {

// As the reference does it: all scopes at once at every multiple of nREFI, or per bank in set
// order; never postponed.
class ReferenceRefresh {
 public:
  static constexpr bool kIsStrict = false;
  ReferenceRefresh(const DramSpec& spec, const ControllerOptions& options);

  // The next tick at which poll() does something.
  Tick next() const { return next_; }
  // Appends what falls due in tick `t` (== next()) to `queue`.
  void poll(Tick t, std::vector<RefreshRequest>& queue);
  void append_state(std::vector<Tick>& state, Tick now) const;
  void shift(Tick shift);

 private:
  void poll_per_bank(Tick t, std::vector<RefreshRequest>& queue);
  void move_front(Tick t, std::vector<RefreshRequest>& queue);

  RefreshMode mode_;
  DramGeometry geometry_;
  DramLevel scope_;
  Tick interval_ = 0;
  Tick bank_time_ = 0;
  Tick next_ = kNever;
  Tick next_set_ = 0;        // per bank: when the next pair of banks falls due
  std::deque<int> waiting_;  // flat banks on their way to the queue, one a tick
  int cursor_bank_ = 0;
  int cursor_sid_ = 0;
  std::vector<Tick> allowed_;  // by rank: when its set may begin again
  std::vector<int> moved_;     // by rank: banks of the set already moved
};

// Per refresh scope ("unit"), staggered, with up to `refresh_postpone` owed while requests wait.
class StrictRefresh {
 public:
  static constexpr bool kIsStrict = true;
  StrictRefresh(const DramSpec& spec, const ControllerOptions& options);

  Tick next() const { return next_; }
  // Counts what fell due by tick `t`.
  void accrue(Tick t);
  // Whether some unit owes refreshes and has none on its way.
  bool owes() const { return owing_ > 0; }
  int units() const { return static_cast<int>(units_.size()); }
  // Whether unit `u` should refresh now: too many owed, or owed and nobody waits for the unit.
  bool should_refresh(int u, bool is_unit_idle) const {
    const Unit& unit = units_[static_cast<std::size_t>(u)];
    return !unit.is_on_its_way && unit.owed > (is_unit_idle ? 0 : postpone_);
  }
  CommandScope unit_scope(int u) const;
  // The next refresh of the unit; `waiting(bank)` counts requests for a bank, so that a per-bank
  // refresh picks one that nobody waits for among those still to be refreshed in this round.
  template <class F>
  RefreshRequest start(int u, F waiting);
  void done(int u);
  // After self-refresh nothing is owed and the intervals start anew.
  void restart(Tick t);
  void append_state(std::vector<Tick>& state, Tick now) const;
  void shift(Tick shift);

 private:
  struct Unit {
    int first_rank = 0;
    int end_rank = 0;
    Tick due = 0;
    int owed = 0;
    bool is_on_its_way = false;
    std::vector<std::uint8_t> refreshed;  // per bank (or same-bank set) of the unit in this round
    int round = 0;                        // how many of them
  };
  Tick offset(int u) const;
  void update_next();

  RefreshMode mode_;
  DramGeometry geometry_;
  Tick interval_ = 0;
  int postpone_ = 0;
  Tick next_ = kNever;
  int owing_ = 0;
  std::vector<Unit> units_;
};

template <class F>
RefreshRequest StrictRefresh::start(int u, F waiting) {
  Unit& unit = units_[static_cast<std::size_t>(u)];
  unit.is_on_its_way = true;
  --owing_;
  RefreshRequest made{DramCommand::ref_all, {unit.first_rank, unit.end_rank, -1, -1}, u};
  if (mode_ == RefreshMode::all_bank) {
    return made;
  }
  const int first_bank = unit.first_rank * geometry_.banks_per_rank();
  int chosen = -1;
  int fewest = 0;
  for (int i = 0; i < static_cast<int>(unit.refreshed.size()); ++i) {
    if (unit.refreshed[static_cast<std::size_t>(i)] != 0) {
      continue;
    }
    const int load = waiting(mode_ == RefreshMode::per_bank ? first_bank + i : i);
    if (chosen < 0 || load < fewest) {
      chosen = i;
      fewest = load;
    }
  }
  unit.refreshed[static_cast<std::size_t>(chosen)] = 1;
  if (++unit.round == static_cast<int>(unit.refreshed.size())) {
    std::fill(unit.refreshed.begin(), unit.refreshed.end(), 0);
    unit.round = 0;
  }
  if (mode_ == RefreshMode::per_bank) {
    const int bank = first_bank + chosen;
    const int rank = bank / geometry_.banks_per_rank();
    made.command = DramCommand::ref_bank;
    made.scope = {rank, rank + 1, bank, -1};
  } else {
    made.command = DramCommand::ref_same;
    made.scope.same_bank = chosen;
  }
  return made;
}

}  // namespace moru
