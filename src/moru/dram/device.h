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
    for (const WindowProgram* window = program.windows; window != program.windows_end; ++window) {
      push_window(*window, bank, tick);
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
  // A window row, ready to run: its ring of ticks per node and what the oldest of them raises.
  struct WindowProgram {
    int window = 0;
    std::array<std::uint8_t, kMaxBanks> node{};  // by bank
    Tick* rings = nullptr;                       // `window` ticks a node, oldest first
    std::vector<TimingOp> ops;                   // of all nodes
    std::vector<std::uint32_t> first_op;         // by node, and the end
  };
  struct Program {
    const OpSpan* ops = nullptr;  // by bank
    Tick* last_in_rank = nullptr;
    Tick* last_in_bank = nullptr;
    const WindowProgram* windows = nullptr;
    const WindowProgram* windows_end = nullptr;
  };

  const Tick* target_slots(DramCommand target) const {
    return targets_[static_cast<std::size_t>(index_of(target))];
  }
  void push_window(const WindowProgram& program, int bank, Tick tick) {
    const std::size_t node = program.node[static_cast<std::size_t>(bank)];
    Tick* const ring = program.rings + node * static_cast<std::size_t>(program.window);
    for (int i = 1; i < program.window; ++i) {
      ring[i - 1] = ring[i];
    }
    ring[program.window - 1] = tick;
    const TimingOp* const end = program.ops.data() + program.first_op[node + 1];
    for (const TimingOp* op = program.ops.data() + program.first_op[node]; op != end; ++op) {
      ready_[op->slot] = std::max(ready_[op->slot], ring[0] + op->delta);
    }
  }
  void compile_windows();
  template <class F>
  void for_slots(DramCommand target, DramLevel level, int node, F f) const;
  template <class F>
  void for_nodes(DramLevel level, const CommandScope& scope, F f) const;
  Tick last_at(const LazyRow& row, int node) const;

  const DeviceTables* tables_;
  int ranks_ = 0;
  std::array<const Tick*, kEagerTargets> targets_{};
  std::array<Node, kMaxBanks> nodes_{};
  std::array<Program, kDramCommands> programs_{};
  std::vector<Tick> ready_;
  std::vector<OpSpan> op_spans_;  // by command and bank
  std::vector<Tick> last_;        // by command: by rank, then by bank
  std::vector<WindowProgram> windows_;
  std::vector<Tick> rings_;  // of window rows: the last `window` ticks of each node, oldest first
};

}  // namespace moru
