#include "moru/dram/device.h"

namespace moru {
namespace {

// Longer ago than any row can reach.
constexpr Tick kLongAgo = -(Tick{1} << 40);

}  // namespace

Device::Device(const DeviceTables& tables)
    : tables_(&tables),
      ranks_(tables.ranks()),
      ready_(tables.slots(), 0),
      last_(static_cast<std::size_t>((tables.ranks() + tables.banks()) * kDramCommands), kLongAgo),
      rings_(tables.ring_slots(), kLongAgo) {
  for (int target = 0; target < kEagerTargets; ++target) {
    targets_[static_cast<std::size_t>(target)] = ready_.data() + tables.rank_slot(target, 0);
  }
  for (int bank = 0; bank < tables.banks(); ++bank) {
    nodes_[static_cast<std::size_t>(bank)] = {
        static_cast<std::uint16_t>(tables.rank_of(bank)),
        static_cast<std::uint16_t>(tables.group_slot(0, tables.group_of(bank))),
        static_cast<std::uint16_t>(tables.bank_slot(0, bank))};
  }
  for (int c = 0; c < kDramCommands; ++c) {
    for (int bank = 0; bank < tables.banks(); ++bank) {
      const std::span<const TimingOp> ops = tables.ops(static_cast<DramCommand>(c), bank);
      op_spans_.push_back({ops.data(), ops.data() + ops.size()});
    }
  }
  compile_windows();
  const WindowProgram* window = windows_.data();
  for (int c = 0; c < kDramCommands; ++c) {
    Tick* const last = last_.data() + c * (tables.ranks() + tables.banks());
    const WindowProgram* const begin = window;
    window += tables.window_rows(static_cast<DramCommand>(c)).size();
    programs_[static_cast<std::size_t>(c)] = {op_spans_.data() + c * tables.banks(), last,
                                              last + tables.ranks(), begin, window};
  }
}

// In the order of commands and their window rows.
void Device::compile_windows() {
  for (int c = 0; c < kDramCommands; ++c) {
    for (const WindowRow& row : tables_->window_rows(static_cast<DramCommand>(c))) {
      WindowProgram& made = windows_.emplace_back();
      made.window = row.window;
      made.rings = rings_.data() + row.ring;
      for (int bank = 0; bank < tables_->banks(); ++bank) {
        made.node[static_cast<std::size_t>(bank)] =
            static_cast<std::uint8_t>(tables_->node_of(row.level, bank));
      }
      for (int node = 0; node < tables_->nodes_of(row.level); ++node) {
        made.first_op.push_back(static_cast<std::uint32_t>(made.ops.size()));
        for (const DramCommand to : row.to) {
          if (index_of(to) < kEagerTargets && row.delta > 0) {
            for_slots(to, row.level, node, [&](std::uint32_t slot) {
              made.ops.push_back(
                  {static_cast<std::uint16_t>(slot), static_cast<std::uint16_t>(row.delta)});
            });
          }
        }
      }
      made.first_op.push_back(static_cast<std::uint32_t>(made.ops.size()));
    }
  }
}

// Calls f(node) for the nodes of `level` on the scope's path and below it.
template <class F>
void Device::for_nodes(DramLevel level, const CommandScope& scope, F f) const {
  const DramGeometry& g = tables_->geometry();
  switch (level) {
    case DramLevel::channel:
      f(0);
      return;
    case DramLevel::pseudo_channel:
      for (int pc = scope.first_rank / g.sids; pc <= (scope.end_rank - 1) / g.sids; ++pc) {
        f(pc);
      }
      return;
    case DramLevel::sid:
      for (int rank = scope.first_rank; rank < scope.end_rank; ++rank) {
        f(rank);
      }
      return;
    case DramLevel::bank_group:
      if (scope.bank >= 0) {
        f(tables_->group_of(scope.bank));
        return;
      }
      for (int group = scope.first_rank * g.bank_groups; group < scope.end_rank * g.bank_groups;
           ++group) {
        f(group);
      }
      return;
    case DramLevel::bank:
      if (scope.bank >= 0) {
        f(scope.bank);
        return;
      }
      for (int bank = scope.first_rank * g.banks_per_rank();
           bank < scope.end_rank * g.banks_per_rank(); ++bank) {
        if (scope.same_bank < 0 || bank % g.banks == scope.same_bank) {
          f(bank);
        }
      }
      return;
  }
}

// When `row.from` last happened at the node (for windows: the tick the row counts from). The banks
// of a node stand side by side, whatever its level.
Tick Device::last_at(const LazyRow& row, int node) const {
  if (row.window_row >= 0) {
    const WindowRow& window =
        tables_->window_rows(row.from)[static_cast<std::size_t>(row.window_row)];
    return rings_[window.ring + static_cast<std::size_t>(node * window.window)];
  }
  const Program& program = programs_[static_cast<std::size_t>(index_of(row.from))];
  const bool is_high = row.level <= DramLevel::sid;
  const int leaves = (is_high ? ranks_ : tables_->banks()) / tables_->nodes_of(row.level);
  const Tick* const last = (is_high ? program.last_in_rank : program.last_in_bank) + node * leaves;
  return *std::max_element(last, last + leaves);
}

Tick Device::ready_rare(DramCommand command, const CommandScope& scope) const {
  const DramGeometry& g = tables_->geometry();
  Tick ready = 0;
  for (const LazyRow& row : tables_->lazy_rows(command)) {
    for_nodes(row.level, scope, [&](int node) {
      if (!row.siblings) {
        ready = std::max(ready, last_at(row, node) + row.delta);
        return;
      }
      const int children = row.level == DramLevel::pseudo_channel ? g.pseudo_channels
                           : row.level == DramLevel::sid          ? g.sids
                           : row.level == DramLevel::bank_group   ? g.bank_groups
                                                                  : g.banks;
      const int first = node / children * children;
      for (int other = first; other < first + children; ++other) {
        if (other != node) {
          ready = std::max(ready, last_at(row, other) + row.delta);
        }
      }
    });
  }
  return ready;
}

// Calls f(slot) for the slots that stand for a node of `level`.
template <class F>
void Device::for_slots(DramCommand target, DramLevel level, int node, F f) const {
  const int t = index_of(target);
  if (level == DramLevel::bank) {
    f(tables_->bank_slot(t, node));
  } else if (level == DramLevel::bank_group) {
    f(tables_->group_slot(t, node));
  } else {
    const int ranks = ranks_ / tables_->nodes_of(level);
    for (int rank = node * ranks; rank < (node + 1) * ranks; ++rank) {
      f(tables_->rank_slot(t, rank));
    }
  }
}

void Device::issue_scope(DramCommand command, const CommandScope& scope, Tick tick) {
  for (const DramConstraint& row : tables_->scope_rows(command)) {
    for (const DramCommand to : row.to) {
      if (index_of(to) < kEagerTargets) {
        for_nodes(row.level, scope, [&](int node) {
          for_slots(to, row.level, node, [&](std::uint32_t slot) {
            ready_[slot] = std::max(ready_[slot], tick + row.min);
          });
        });
      }
    }
  }
  const Program& program = programs_[static_cast<std::size_t>(index_of(command))];
  for_nodes(DramLevel::sid, scope, [&](int rank) { program.last_in_rank[rank] = tick; });
  for_nodes(DramLevel::bank, scope, [&](int bank) { program.last_in_bank[bank] = tick; });
}

void Device::append_state(std::vector<Tick>& state, Tick now) const {
  for (const Tick tick : ready_) {
    state.push_back(std::max<Tick>(tick - now, 0));
  }
  // Lazy rows and rings count from the past; what lies longer ago than the longest row is the same.
  const Tick reach = tables_->longest_minimum();
  for (const Tick tick : last_) {
    state.push_back(std::max(tick - now, -reach));
  }
  for (const Tick tick : rings_) {
    state.push_back(std::max(tick - now, -reach));
  }
}

void Device::shift(Tick shift) {
  for (auto* ticks : {&ready_, &last_, &rings_}) {
    for (Tick& tick : *ticks) {
      tick += shift;
    }
  }
}

}  // namespace moru
