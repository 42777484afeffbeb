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

  // Earliest tick of an eager target (ACT, PRE, RD, WR) at a bank.
  Tick ready(DramCommand target, int bank) const {
    return std::max(rank_ready(target, nodes_[static_cast<std::size_t>(bank)].rank),
                    low_ready(target, bank));
  }
  Tick rank_ready(DramCommand target, int rank) const { return ready_[slot(target) + static_cast<std::size_t>(rank)]; }
  // The bank's and its group's part of ready().
  Tick low_ready(DramCommand target, int bank) const {
    const std::size_t base = slot(target);
    const Node node = nodes_[static_cast<std::size_t>(bank)];
    return std::max(ready_[base + node.group], ready_[base + node.bank]);
  }
  int rank_of(int bank) const { return nodes_[static_cast<std::size_t>(bank)].rank; }
  // Earliest tick of a rare command (PREab, REFab, REFpb, …) over its scope.
  Tick ready_rare(DramCommand command, const CommandScope& scope) const;

  // A command to one bank.
  void issue(DramCommand command, int bank, Tick tick) {
    const Program& program = programs_[static_cast<std::size_t>(index_of(command))];
    const Node node = nodes_[static_cast<std::size_t>(bank)];
    const TimingOp* op = program.rank_ops + node.rank * program.rank_count;
    raise_all(op, program.rank_count, ready_.data(), tick);
    raise_all(program.group_ops, program.group_count, ready_.data() + node.group, tick);
    raise_all(program.bank_ops, program.bank_count, ready_.data() + node.bank, tick);
    if (program.has_more) {
      issue_more(command, bank, tick);
    }
    program.last[bank] = tick;
  }
  // A command to several banks.
  void issue_scope(DramCommand command, const CommandScope& scope, Tick tick);

  // State that decides the future, relative to `now`: values that can no longer bind are equal.
  void append_state(std::vector<Tick>& state, Tick now) const;
  // Moves every remembered tick later by `shift`.
  void shift(Tick shift);

 private:
  // Offsets of a bank's nodes within the slots of one target.
  struct Node {
    std::uint16_t rank = 0;
    std::uint16_t group = 0;
    std::uint16_t bank = 0;
  };
  // What one command does to the earliest ticks, ready to run.
  struct Program {
    const TimingOp* rank_ops = nullptr;  // rank_count for every rank
    const TimingOp* group_ops = nullptr;
    const TimingOp* bank_ops = nullptr;
    Tick* last = nullptr;  // by bank
    std::uint32_t rank_count = 0;
    std::uint32_t group_count = 0;
    std::uint32_t bank_count = 0;
    bool has_more = false;  // windows, or siblings below the rank
  };

  std::size_t slot(DramCommand target) const { return static_cast<std::size_t>(index_of(target)) * stride_; }
  static void raise_all(const TimingOp* op, std::uint32_t count, Tick* base, Tick tick) {
    for (const TimingOp* const end = op + count; op != end; ++op) {
      base[op->slot] = std::max(base[op->slot], tick + op->delta);
    }
  }
  void issue_more(DramCommand command, int bank, Tick tick);
  void raise(DramCommand target, DramLevel level, int node, Tick tick);
  template <class F>
  void for_nodes(DramLevel level, const CommandScope& scope, F f) const;
  Tick last_at(const LazyRow& row, int node) const;

  const DeviceTables* tables_;
  std::size_t stride_ = 0;
  std::vector<Tick> ready_store_;
  std::span<Tick> ready_;
  std::array<Node, kMaxBanks> nodes_{};
  std::array<Program, kCommands> programs_{};
  std::vector<Tick> last_;   // by command and bank
  std::vector<Tick> rings_;  // of window rows: the last `window` ticks of each node, oldest first
};

}  // namespace moru
