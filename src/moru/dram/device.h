// The timing state of one channel: when each command may next be issued where.
#pragma once

#include "moru/dram/device_tables.h"

#include <algorithm>
#include <vector>

namespace moru {

// What a command covers: every bank of a range of ranks, one bank, or the same bank of every group
// of one rank.
struct CommandScope {
  int first_rank = 0;
  int end_rank = 0;
  int bank = -1;       // flat bank; -1: all banks of the ranks
  int same_bank = -1;  // index within the group, for REFsb
};

class Device {
 public:
  explicit Device(const DeviceTables& tables);

  // Earliest tick of an eager target (ACT, PRE, RD, WR) at a bank.
  Tick ready(DramCommand target, int bank) const {
    return std::max(rank_ready(target, tables_->rank_of(bank)), low_ready(target, bank));
  }
  Tick rank_ready(DramCommand target, int rank) const {
    return ready_[tables_->rank_slot(index_of(target), rank)];
  }
  // The bank's and its group's part of ready().
  Tick low_ready(DramCommand target, int bank) const {
    const int t = index_of(target);
    return std::max(ready_[tables_->group_slot(t, tables_->group_of(bank))],
                    ready_[tables_->bank_slot(t, bank)]);
  }
  // Earliest tick of a rare command (PREab, REFab, REFpb, …) over its scope.
  Tick ready_rare(DramCommand command, const CommandScope& scope) const;

  // A command to one bank.
  void issue(DramCommand command, int bank, Tick tick) {
    const int rank = tables_->rank_of(bank);
    Tick* const ready = ready_.data();
    for (const TimingOp& op : tables_->rank_ops(command, rank)) {
      ready[op.slot] = std::max(ready[op.slot], tick + op.delta);
    }
    Tick* const at_group = ready + tables_->ranks() + tables_->group_of(bank);
    for (const TimingOp& op : tables_->group_ops(command)) {
      at_group[op.slot] = std::max(at_group[op.slot], tick + op.delta);
    }
    Tick* const at_bank = ready + tables_->ranks() + tables_->groups() + bank;
    for (const TimingOp& op : tables_->bank_ops(command)) {
      at_bank[op.slot] = std::max(at_bank[op.slot], tick + op.delta);
    }
    for (const TimingOp& op : tables_->sibling_ops(command, bank)) {
      ready[op.slot] = std::max(ready[op.slot], tick + op.delta);
    }
    if (!tables_->window_rows(command).empty()) {
      push_windows(command, bank, tick);
    }
    Tick* const last = last_.data() + index_of(command) * stride_;
    last[rank] = tick;
    last[tables_->ranks() + tables_->group_of(bank)] = tick;
    last[tables_->ranks() + tables_->groups() + bank] = tick;
  }
  // A command to several banks.
  void issue_scope(DramCommand command, const CommandScope& scope, Tick tick);

  // State that decides the future, relative to `now`: values that can no longer bind are equal.
  void append_state(std::vector<Tick>& state, Tick now) const;
  // Moves every remembered tick later by `shift`.
  void shift(Tick shift);

 private:
  void push_windows(DramCommand command, int bank, Tick tick);
  void raise(DramCommand target, DramLevel level, int node, Tick tick);
  template <class F>
  void for_nodes(DramLevel level, const CommandScope& scope, F f) const;
  Tick last_at(const LazyRow& row, int node) const;
  Tick last_of_ranks(DramCommand from, int first, int end) const;

  const DeviceTables* tables_;
  std::size_t stride_ = 0;
  std::vector<Tick> ready_;
  std::vector<Tick> last_;   // by command, then rank, group, bank
  std::vector<Tick> rings_;  // of window rows: the last `window` ticks of each node, oldest first
};

}  // namespace moru
