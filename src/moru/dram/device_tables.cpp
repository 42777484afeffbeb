#include "moru/dram/device_tables.h"

#include "moru/base/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

constexpr std::int64_t kNoRow = INT64_MIN;

bool contains(const std::vector<DramCommand>& list, DramCommand command) {
  return std::find(list.begin(), list.end(), command) != list.end();
}

// Whether the row makes an eager target wait. A row for RDA alone binds RD as well: one earliest
// tick serves both, and being late is safe where being early is not.
bool targets(const DramConstraint& row, int target) {
  return contains(row.to, static_cast<DramCommand>(target)) ||
         (target == index_of(DramCommand::rd) && contains(row.to, DramCommand::rda)) ||
         (target == index_of(DramCommand::wr) && contains(row.to, DramCommand::wra));
}

bool covers_several_banks(DramCommand command) {
  switch (command) {
    case DramCommand::pre_all:
    case DramCommand::ref_all:
    case DramCommand::ref_same:
    case DramCommand::rfm_all:
    case DramCommand::pd_enter:
    case DramCommand::pd_exit:
    case DramCommand::sr_enter:
    case DramCommand::sr_exit:
      return true;
    default:
      return false;
  }
}

}  // namespace

DeviceTables::DeviceTables(const DramSpec& spec)
    : geometry_(spec.geometry),
      ranks_(spec.geometry.ranks()),
      groups_(spec.geometry.groups()),
      banks_(spec.geometry.flat_banks()),
      stride_(ranks_ + groups_ + banks_) {
  for (int bank = 0; bank < banks_; ++bank) {
    group_of_.push_back(static_cast<std::uint8_t>(bank / geometry_.banks));
    rank_of_.push_back(static_cast<std::uint8_t>(bank / geometry_.banks_per_rank()));
  }
  has_low_siblings_ = std::any_of(
      spec.constraints.begin(), spec.constraints.end(),
      [](const DramConstraint& row) { return row.siblings && row.level >= DramLevel::bank_group; });
  programs_.resize(static_cast<std::size_t>(kDramCommands * banks_));
  for (int c = 0; c < kDramCommands; ++c) {
    const auto from = static_cast<DramCommand>(c);
    if (covers_several_banks(from)) {
      for (const DramConstraint& row : spec.constraints) {
        if (contains(row.from, from) && !row.siblings) {
          scope_rows_[static_cast<std::size_t>(c)].push_back(row);
        }
      }
      continue;
    }
    const Minima minima = minima_of(spec, from);
    for (int bank = 0; bank < banks_; ++bank) {
      compile_program(spec, from, minima, bank);
    }
  }
  compile_windows(spec);
  compile_lazy(spec);
  for (const DramConstraint& row : spec.constraints) {
    longest_minimum_ = std::max(longest_minimum_, row.min);
  }
}

std::int64_t DeviceTables::rank_minimum(const DramSpec& spec, DramCommand from, int target,
                                        int from_rank, int to_rank) const {
  const bool same_pc = pseudo_channel_of_rank(from_rank) == pseudo_channel_of_rank(to_rank);
  std::int64_t min = kNoRow;
  for (const DramConstraint& row : spec.constraints) {
    if (row.window != 1 || !contains(row.from, from) || !targets(row, target)) {
      continue;
    }
    bool holds = false;
    switch (row.level) {
      case DramLevel::channel:
        holds = true;
        break;
      case DramLevel::pseudo_channel:
        holds = row.siblings ? !same_pc : same_pc;
        break;
      case DramLevel::sid:
        holds = row.siblings ? same_pc && from_rank != to_rank : from_rank == to_rank;
        break;
      default:
        break;
    }
    if (holds) {
      min = std::max(min, row.min);
    }
  }
  return min;
}

std::int64_t DeviceTables::low_minimum(const DramSpec& spec, DramCommand from, int target,
                                       DramLevel level) const {
  std::int64_t min = kNoRow;
  for (const DramConstraint& row : spec.constraints) {
    if (row.window == 1 && !row.siblings && row.level == level && contains(row.from, from) &&
        targets(row, target)) {
      min = std::max(min, row.min);
    }
  }
  return min;
}

// A minimum of zero or less never binds: the engine goes forward only.
void DeviceTables::add_op(Pending& ops, std::uint32_t slot, std::int64_t min) const {
  if (min <= 0) {
    return;
  }
  if (min > UINT16_MAX) {
    fail(
        fmt::format("a minimum of {} ticks between two commands is more than {}", min, UINT16_MAX));
  }
  ops.push_back({static_cast<std::uint16_t>(slot), static_cast<std::uint16_t>(min)});
}

DeviceTables::Minima DeviceTables::minima_of(const DramSpec& spec, DramCommand from) const {
  Minima made;
  for (int target = 0; target < kEagerTargets; ++target) {
    for (int rank = 0; rank < ranks_; ++rank) {
      for (int other = 0; other < ranks_; ++other) {
        made.between_ranks.push_back(rank_minimum(spec, from, target, rank, other));
      }
    }
    const auto t = static_cast<std::size_t>(target);
    made.in_group[t] = low_minimum(spec, from, target, DramLevel::bank_group);
    made.in_bank[t] = low_minimum(spec, from, target, DramLevel::bank);
  }
  return made;
}

// A row of a group or bank that its own rank already implies is left out.
void DeviceTables::compile_program(const DramSpec& spec, DramCommand from, const Minima& minima,
                                   int bank) {
  Pending ops;
  const int rank = rank_of(bank);
  for (int target = 0; target < kEagerTargets; ++target) {
    const auto t = static_cast<std::size_t>(target);
    const std::int64_t* const between =
        minima.between_ranks.data() + (target * ranks_ + rank) * ranks_;
    for (int other = 0; other < ranks_; ++other) {
      add_op(ops, rank_slot(target, other), between[other]);
    }
    const std::int64_t in_rank = std::max<std::int64_t>(between[rank], 0);
    if (minima.in_group[t] > in_rank) {
      add_op(ops, group_slot(target, group_of(bank)), minima.in_group[t]);
    }
    if (minima.in_bank[t] > std::max(in_rank, minima.in_group[t])) {
      add_op(ops, bank_slot(target, bank), minima.in_bank[t]);
    }
  }
  add_siblings(spec, from, bank, ops);
  programs_[static_cast<std::size_t>(index_of(from) * banks_ + bank)] = {
      static_cast<std::uint32_t>(ops_.size()), static_cast<std::uint32_t>(ops.size())};
  ops_.insert(ops_.end(), ops.begin(), ops.end());
}

// Rows between sibling bank groups or banks; no known table has one.
void DeviceTables::add_siblings(const DramSpec& spec, DramCommand from, int bank,
                                Pending& ops) const {
  if (!has_low_siblings_) {
    return;
  }
  for (const DramConstraint& row : spec.constraints) {
    if (!row.siblings || row.level < DramLevel::bank_group || !contains(row.from, from)) {
      continue;
    }
    const int children = row.level == DramLevel::bank ? geometry_.banks : geometry_.bank_groups;
    const int own = node_of(row.level, bank);
    for (int node = own / children * children; node < (own / children + 1) * children; ++node) {
      for (int target = 0; node != own && target < kEagerTargets; ++target) {
        if (targets(row, target)) {
          add_op(ops,
                 row.level == DramLevel::bank ? bank_slot(target, node) : group_slot(target, node),
                 row.min);
        }
      }
    }
  }
}

void DeviceTables::compile_windows(const DramSpec& spec) {
  for (const DramConstraint& row : spec.constraints) {
    if (row.window == 1) {
      continue;
    }
    for (const DramCommand from : row.from) {
      windows_[index_of(from)].push_back(
          {row.level, from, row.to, static_cast<std::int32_t>(row.min), row.window, ring_slots_});
      ring_slots_ += static_cast<std::uint32_t>(nodes_of(row.level) * row.window);
    }
  }
}

void DeviceTables::compile_lazy(const DramSpec& spec) {
  for (const DramConstraint& row : spec.constraints) {
    for (const DramCommand to : row.to) {
      if (index_of(to) < kEagerTargets || to == DramCommand::rda || to == DramCommand::wra) {
        continue;
      }
      for (const DramCommand from : row.from) {
        LazyRow lazy{row.level, from, static_cast<std::int32_t>(row.min), row.siblings, -1};
        if (row.window != 1) {
          const std::vector<WindowRow>& windows = windows_[index_of(from)];
          const auto same = std::find_if(windows.begin(), windows.end(), [&](const WindowRow& w) {
            return w.level == row.level && w.delta == row.min && w.window == row.window &&
                   contains(w.to, to);
          });
          lazy.window_row = static_cast<int>(same - windows.begin());
        }
        lazy_[index_of(to)].push_back(lazy);
      }
    }
  }
}

int DeviceTables::nodes_of(DramLevel level) const {
  switch (level) {
    case DramLevel::channel:
      return 1;
    case DramLevel::pseudo_channel:
      return geometry_.pseudo_channels;
    case DramLevel::sid:
      return ranks_;
    case DramLevel::bank_group:
      return groups_;
    case DramLevel::bank:
      return banks_;
  }
  return 1;
}

int DeviceTables::node_of(DramLevel level, int bank) const {
  switch (level) {
    case DramLevel::channel:
      return 0;
    case DramLevel::pseudo_channel:
      return pseudo_channel_of_rank(rank_of(bank));
    case DramLevel::sid:
      return rank_of(bank);
    case DramLevel::bank_group:
      return group_of(bank);
    case DramLevel::bank:
      return bank;
  }
  return 0;
}

}  // namespace moru
