// The timing state of one channel: when each command may next be issued where.
#pragma once

#include "moru/dram/device_tables.h"

#include <algorithm>
#include <array>
#include <span>
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
  Device(const Device&) = delete;  // programs point into the object
  Device& operator=(const Device&) = delete;

  // Earliest tick of an eager target (ACT, PRE, RD, WR) at a bank.
  Tick ready(DramCommand target, int bank) const {
    const Tick* const at = target_slots(target);
    const Node node = nodes_[static_cast<std::size_t>(bank)];
    return std::max(at[node.rank], std::max(at[node.group], at[node.bank]));
  }
  Tick rank_ready(DramCommand target, int rank) const { return target_slots(target)[rank]; }
  // The bank's and its group's part of ready().
  Tick low_ready(DramCommand target, int bank) const {
    const Tick* const at = target_slots(target);
    const Node node = nodes_[static_cast<std::size_t>(bank)];
    return std::max(at[node.group], at[node.bank]);
  }
  // No bank can take the command before this tick.
  Tick soonest(DramCommand target) const {
    const Tick* const at = target_slots(target);
    Tick tick = at[0];
    for (int rank = 1; rank < ranks_; ++rank) {
      tick = std::min(tick, at[rank]);
    }
    return tick;
  }
  int rank_of(int bank) const { return nodes_[static_cast<std::size_t>(bank)].rank; }
  // Earliest tick of a rare command (PREab, REFab, REFpb, …) over its scope.
  Tick ready_rare(DramCommand command, const CommandScope& scope) const;

  // A command to one bank.
  void issue(DramCommand command, int bank, Tick tick) {
    const Program& program = programs_[static_cast<std::size_t>(index_of(command))];
    const OpSpan ops = program.ops[bank];
    Tick* const ready = ready_.data();
    for (const TimingOp* op = ops.begin; op != ops.end; ++op) {
      ready[op->slot] = std::max(ready[op->slot], tick + op->delta);
    }
    if (program.has_windows) {
      push_windows(command, bank, tick);
    }
    program.last_in_rank[nodes_[static_cast<std::size_t>(bank)].rank] = tick;
    program.last_in_bank[bank] = tick;
  }
  // A command to several banks.
  void issue_scope(DramCommand command, const CommandScope& scope, Tick tick);

  // State that decides the future, relative to `now`: values that can no longer bind are equal.
  void append_state(std::vector<Tick>& state, Tick now) const;
  // Moves every remembered tick later by `shift`.
  void shift(Tick shift);

 private:
  // Offsets of a bank's nodes within the slots of one target.
  struct alignas(8) Node {
    std::uint16_t rank = 0;
    std::uint16_t group = 0;
    std::uint16_t bank = 0;
  };
  struct OpSpan {
    const TimingOp* begin = nullptr;
    const TimingOp* end = nullptr;
  };
  struct Program {
    const OpSpan* ops = nullptr;  // by bank
    Tick* last_in_rank = nullptr;
    Tick* last_in_bank = nullptr;
    bool has_windows = false;
  };

  const Tick* target_slots(DramCommand target) const { return targets_[static_cast<std::size_t>(index_of(target))]; }
  void push_windows(DramCommand command, int bank, Tick tick);
  void raise(DramCommand target, DramLevel level, int node, Tick tick);
  template <class F>
  void for_nodes(DramLevel level, const CommandScope& scope, F f) const;
  Tick last_at(const LazyRow& row, int node) const;

  const DeviceTables* tables_;
  int ranks_ = 0;
  std::array<const Tick*, kEagerTargets> targets_{};
  std::array<Node, kMaxBanks> nodes_{};
  std::array<Program, kCommands> programs_{};
  std::vector<Tick> ready_;
  std::vector<OpSpan> op_spans_;  // by command and bank
  std::vector<Tick> last_;        // by command: by rank, then by bank
  std::vector<Tick> rings_;  // of window rows: the last `window` ticks of each node, oldest first
};

}  // namespace moru
