// A DramSpec turned into flat programs: what issuing a command does to the earliest ticks.
//
// The five levels of the tree fold into three tiers, because every channel, pseudo-channel and
// stack-id node is a set of ranks: rank (pseudo-channel x stack id), bank group, bank. The earliest
// tick of a request's command at a bank is then the maximum of three numbers, whatever the
// standard.
#pragma once

#include "moru/dram/spec.h"

#include <cstdint>
#include <span>
#include <vector>

namespace moru {

using Tick = std::int64_t;
inline constexpr Tick kNever = INT64_MAX / 4;
// Of one channel; the files' limits (spec_load.cpp).
inline constexpr std::size_t kMaxBanks = 256;
inline constexpr std::size_t kMaxRanks = 16;

// The commands requests wait for; RDA waits as RD does, WRA as WR.
inline constexpr int kEagerTargets = 4;  // act, pre, rd, wr: the first values of DramCommand

// ready[slot] = max(ready[slot], tick + delta). Small, so that the programs of all banks stay in
// the first-level cache.
struct TimingOp {
  std::uint16_t slot = 0;
  std::uint16_t delta = 0;
};

// A contiguous piece of an array of TimingOp.
struct OpRange {
  std::uint32_t begin = 0;
  std::uint32_t count = 0;
};

// A row that counts from the window-th most recent command, e.g. the four-activate window.
struct WindowRow {
  DramLevel level = DramLevel::channel;
  DramCommand from = DramCommand::act;
  std::vector<DramCommand> to;
  std::int32_t delta = 0;
  int window = 4;
  std::uint32_t ring = 0;  // first slot of node 0 in the array of rings; `window` slots a node
};

// A row whose target is rare (refresh, precharge-all, power-down): evaluated when it is asked for.
struct LazyRow {
  DramLevel level = DramLevel::channel;
  DramCommand from = DramCommand::act;
  std::int32_t delta = 0;
  bool siblings = false;
  int window_row = -1;  // index of the WindowRow it counts from
};

class DeviceTables {
 public:
  explicit DeviceTables(const DramSpec& spec);

  int ranks() const { return ranks_; }
  int groups() const { return groups_; }
  int banks() const { return banks_; }
  int rank_of(int bank) const { return rank_of_[static_cast<std::size_t>(bank)]; }
  int group_of(int bank) const { return group_of_[static_cast<std::size_t>(bank)]; }
  int pseudo_channel_of_rank(int rank) const { return rank / geometry_.sids; }
  const DramGeometry& geometry() const { return geometry_; }

  // Slots of the array of earliest ticks: for each eager target its ranks, groups, banks.
  std::uint32_t slots() const { return static_cast<std::uint32_t>(kEagerTargets * stride_); }
  std::uint32_t rank_slot(int target, int rank) const {
    return static_cast<std::uint32_t>(target * stride_ + rank);
  }
  std::uint32_t group_slot(int target, int group) const {
    return static_cast<std::uint32_t>(target * stride_ + ranks_ + group);
  }
  std::uint32_t bank_slot(int target, int bank) const {
    return static_cast<std::uint32_t>(target * stride_ + ranks_ + groups_ + bank);
  }

  // What a command to one bank does.
  std::span<const TimingOp> ops(DramCommand c, int bank) const {
    const OpRange range = programs_[static_cast<std::size_t>(index_of(c) * banks_ + bank)];
    return {ops_.data() + range.begin, range.count};
  }
  const std::vector<WindowRow>& window_rows(DramCommand c) const { return windows_[index_of(c)]; }
  const std::vector<LazyRow>& lazy_rows(DramCommand c) const { return lazy_[index_of(c)]; }
  // Rows of a command that covers several banks (PREab, REFab, REFsb, power): applied node by node.
  const std::vector<DramConstraint>& scope_rows(DramCommand c) const {
    return scope_rows_[index_of(c)];
  }
  // No row reaches further into the past than this many ticks.
  Tick longest_minimum() const { return longest_minimum_; }
  std::uint32_t ring_slots() const { return ring_slots_; }
  int nodes_of(DramLevel level) const;
  // The node of `level` that holds the bank.
  int node_of(DramLevel level, int bank) const;

 private:
  using Pending = std::vector<TimingOp>;

  // What one command asks of every target: between ranks, within its group, within its bank.
  struct Minima {
    std::vector<std::int64_t> between_ranks;  // by target, own rank, other rank
    std::array<std::int64_t, kEagerTargets> in_group{};
    std::array<std::int64_t, kEagerTargets> in_bank{};
  };
  Minima minima_of(const DramSpec& spec, DramCommand from) const;
  void compile_program(const DramSpec& spec, DramCommand from, const Minima& minima, int bank);
  void add_op(Pending& ops, std::uint32_t slot, std::int64_t min) const;
  void add_siblings(const DramSpec& spec, DramCommand from, int bank, Pending& ops) const;
  void compile_windows(const DramSpec& spec);
  void compile_lazy(const DramSpec& spec);
  // The largest minimum of the rows from `from` to `target` that hold between the two ranks.
  std::int64_t rank_minimum(const DramSpec& spec, DramCommand from, int target, int from_rank,
                            int to_rank) const;
  std::int64_t low_minimum(const DramSpec& spec, DramCommand from, int target,
                           DramLevel level) const;

  DramGeometry geometry_;
  int ranks_ = 0;
  int groups_ = 0;
  int banks_ = 0;
  int stride_ = 0;
  bool has_low_siblings_ = false;
  std::vector<std::uint8_t> rank_of_;
  std::vector<std::uint8_t> group_of_;
  std::vector<TimingOp> ops_;
  std::vector<OpRange> programs_;  // by command and bank
  std::array<std::vector<WindowRow>, kDramCommands> windows_;
  std::array<std::vector<LazyRow>, kDramCommands> lazy_;
  std::array<std::vector<DramConstraint>, kDramCommands> scope_rows_;
  std::uint32_t ring_slots_ = 0;
  Tick longest_minimum_ = 0;
};

}  // namespace moru
