#include "moru/dram/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace moru {

CommandChecker::CommandChecker(const DramSpec& spec, RefreshMode refresh_mode)
    : spec_(spec), refresh_mode_(refresh_mode) {
  const DramGeometry& g = spec.geometry;
  const auto banks = static_cast<std::size_t>(g.flat_banks());
  const std::array<std::size_t, 5> nodes = {1, static_cast<std::size_t>(g.pseudo_channels),
                                            static_cast<std::size_t>(g.ranks()),
                                            static_cast<std::size_t>(g.groups()), banks};
  for (std::size_t level = 0; level < nodes.size(); ++level) {
    histories_[level].resize(nodes[level] * kDramCommands);
  }
  for (std::size_t i = 0; i < spec.constraints.size(); ++i) {
    std::set<DramCommand> targets(spec.constraints[i].to.begin(), spec.constraints[i].to.end());
    for (const DramCommand to : targets) {
      rows_to_[static_cast<std::size_t>(index_of(to))].push_back(i);
    }
  }
  report_.evaluated.assign(spec.constraints.size(), 0);
  report_.tight.assign(spec.constraints.size(), 0);
  report_.row_violations.assign(spec.constraints.size(), 0);
  open_row_.assign(banks, -1);
  data_.resize(static_cast<std::size_t>(g.pseudo_channels));
  refreshed_at_.assign(banks, 0);
  refreshes_.assign(banks, 0);
}

int CommandChecker::node(DramLevel level, int bank) const {
  const DramGeometry& g = spec_.geometry;
  const int group = bank / g.banks;
  const int rank = group / g.bank_groups;
  const std::array<int, 5> at = {0, rank / g.sids, rank, group, bank};
  return at[static_cast<std::size_t>(level)];
}

// A field of -1 stands for all of that level.
std::vector<int> CommandChecker::banks_of(const CommandRecord& c) const {
  const DramGeometry& g = spec_.geometry;
  const auto is = [](int wanted, int value) { return wanted < 0 || wanted == value; };
  std::vector<int> banks;
  for (int bank = 0; bank < g.flat_banks(); ++bank) {
    const int group = bank / g.banks;
    const int rank = group / g.bank_groups;
    if (is(c.pseudo_channel, rank / g.sids) && is(c.sid, rank % g.sids) &&
        is(c.bank_group, group % g.bank_groups) && is(c.bank, bank % g.banks)) {
      banks.push_back(bank);
    }
  }
  return banks;
}

std::vector<int> CommandChecker::nodes_of(DramLevel level, const std::vector<int>& banks) const {
  std::vector<int> nodes;
  for (const int bank : banks) {
    const int at = node(level, bank);
    if (nodes.empty() || nodes.back() != at) {
      nodes.push_back(at);
    }
  }
  return nodes;
}

CommandChecker::History& CommandChecker::history(DramLevel level, int at, DramCommand command) {
  return histories_[static_cast<std::size_t>(level)]
                   [static_cast<std::size_t>(at * kDramCommands + index_of(command))];
}

void CommandChecker::violate(const CommandRecord& c, const std::string& what) {
  constexpr std::size_t kShown = 20;
  ++report_.violations;
  if (report_.first.size() < kShown) {
    report_.first.push_back(fmt::format("tick {}: {} pc {} sid {} bg {} bank {}: {}", c.tick,
                                        command_name(spec_, c.command), c.pseudo_channel, c.sid,
                                        c.bank_group, c.bank, what));
  }
}

void CommandChecker::check_row(std::size_t index, int at, const CommandRecord& c) {
  const DramConstraint& row = spec_.constraints[index];
  for (const DramCommand from : row.from) {
    const History& past = history(row.level, at, from);
    if (past.count < row.window) {
      continue;
    }
    const Tick since =
        past.ticks[static_cast<std::size_t>((past.count - row.window) % kRemembered)];
    const Tick passed = c.tick - since;
    ++report_.evaluated[index];
    report_.tight[index] += passed == row.min ? 1 : 0;
    if (passed < row.min) {
      ++report_.row_violations[index];
      violate(c, fmt::format("{} ticks after {} at tick {}, {} needed ({})", passed,
                             command_name(spec_, from), since, row.min, row.formula));
    }
  }
}

void CommandChecker::check_rows(const CommandRecord& c, const std::vector<int>& banks) {
  const DramGeometry& g = spec_.geometry;
  for (const std::size_t index : rows_to_[static_cast<std::size_t>(index_of(c.command))]) {
    const DramConstraint& row = spec_.constraints[index];
    for (const int at : nodes_of(row.level, banks)) {
      if (!row.siblings) {
        check_row(index, at, c);
        continue;
      }
      const int children = row.level == DramLevel::pseudo_channel ? g.pseudo_channels
                           : row.level == DramLevel::sid          ? g.sids
                           : row.level == DramLevel::bank_group   ? g.bank_groups
                                                                  : g.banks;
      const int first = at - at % children;
      for (int other = first; other < first + children; ++other) {
        if (other != at) {
          check_row(index, other, c);
        }
      }
    }
  }
}

void CommandChecker::check_state(const CommandRecord& c, const std::vector<int>& banks) {
  const bool is_column = is_read(c.command) || is_write(c.command);
  for (const int bank : banks) {
    std::int64_t& open = open_row_[static_cast<std::size_t>(bank)];
    switch (c.command) {
      case DramCommand::act:
        if (open >= 0) {
          violate(c, "the bank is open");
        }
        open = c.row;
        break;
      case DramCommand::pre:
      case DramCommand::pre_all:
        open = -1;
        break;
      case DramCommand::ref_all:
      case DramCommand::ref_bank:
      case DramCommand::ref_same:
      case DramCommand::rfm_all:
      case DramCommand::rfm_bank:
      case DramCommand::sr_enter:
        if (open >= 0) {
          violate(c, fmt::format("bank {} is open", bank));
        }
        break;
      default:
        break;
    }
    if (is_column && open != c.row) {
      violate(c, fmt::format("row {} wanted, row {} is open", c.row, open));
    }
    if (c.command == DramCommand::rda || c.command == DramCommand::wra) {
      open = -1;
    }
  }
  if (is_asleep_ && c.command != DramCommand::pd_exit && c.command != DramCommand::sr_exit) {
    violate(c, "the device sleeps");
  }
  if (c.command == DramCommand::pd_enter || c.command == DramCommand::sr_enter) {
    is_asleep_ = true;
  } else if (c.command == DramCommand::pd_exit || c.command == DramCommand::sr_exit) {
    is_asleep_ = false;
  }
}

void CommandChecker::check_buses(const CommandRecord& c, int pseudo_channel) {
  const bool is_column = is_read(c.command) || is_write(c.command);
  const bool has_two = spec_.controller == ControllerKind::two_bus ||
                       spec_.controller == ControllerKind::two_bus_edges;
  Tick& free = bus_free_[has_two && is_column ? 1 : 0];
  if (c.tick < free) {
    violate(c, fmt::format("the command bus is taken until tick {}", free - 1));
  }
  if (spec_.controller == ControllerKind::two_bus_edges && c.tick % 2 == 0 &&
      c.command != DramCommand::pre && c.command != DramCommand::pre_all) {
    violate(c, "only precharges may use a falling edge");
  }
  free = c.tick + spec_.command_ticks[static_cast<std::size_t>(index_of(c.command))];
  if (!is_column) {
    return;
  }
  const Tick begin =
      is_read(c.command) ? c.tick + spec_.read_latency - spec_.burst : c.tick + spec_.write_latency;
  const Interval burst{begin, begin + spec_.burst};
  std::vector<Interval>& taken = data_[static_cast<std::size_t>(pseudo_channel)];
  std::erase_if(taken, [&](const Interval& old) { return old.end <= c.tick; });
  for (const Interval& old : taken) {
    if (burst.begin < old.end && old.begin < burst.end) {
      violate(c, fmt::format("its data meet those of ticks {} to {}", old.begin, old.end - 1));
    }
  }
  taken.push_back(burst);
}

// JEDEC: at most 8 refreshes postponed, so two of a bank lie at most 9 intervals apart; one more
// for the refresh on its way and the bank's place in its round.
void CommandChecker::check_refresh(const CommandRecord& c, const std::vector<int>& banks) {
  if (refresh_mode_ == RefreshMode::none) {
    return;
  }
  const Tick longest = 10 * spec_.ticks("nREFI");
  const bool is_refresh = c.command == DramCommand::ref_all || c.command == DramCommand::ref_bank ||
                          c.command == DramCommand::ref_same;
  const bool is_self = c.command == DramCommand::sr_enter || c.command == DramCommand::sr_exit;
  if (!is_refresh && !is_self) {
    return;
  }
  for (const int bank : banks) {
    Tick& last = refreshed_at_[static_cast<std::size_t>(bank)];
    if (c.tick - last > longest && c.command != DramCommand::sr_exit) {
      violate(c, fmt::format("bank {} was last refreshed at tick {}", bank, last));
    }
    last = c.tick;
    refreshes_[static_cast<std::size_t>(bank)] += is_refresh ? 1 : 0;
  }
}

void CommandChecker::add(const CommandRecord& c) {
  ++report_.commands;
  const std::vector<int> banks = banks_of(c);
  check_state(c, banks);
  check_rows(c, banks);
  check_buses(c, std::max<int>(c.pseudo_channel, 0));
  check_refresh(c, banks);
  for (int level = 0; level < 5; ++level) {
    for (const int at : nodes_of(static_cast<DramLevel>(level), banks)) {
      History& past = history(static_cast<DramLevel>(level), at, c.command);
      past.ticks[static_cast<std::size_t>(past.count % kRemembered)] = c.tick;
      ++past.count;
    }
  }
}

void CommandChecker::finish(Tick end) {
  if (refresh_mode_ == RefreshMode::none || is_asleep_) {
    return;
  }
  const Tick longest = 10 * spec_.ticks("nREFI");
  for (std::size_t bank = 0; bank < refreshed_at_.size(); ++bank) {
    if (end - refreshed_at_[bank] > longest) {
      CommandRecord last;
      last.tick = end;
      violate(last,
              fmt::format("bank {} was last refreshed at tick {}", bank, refreshed_at_[bank]));
    }
  }
}

CheckReport check_commands(const DramSpec& spec, const std::vector<CommandRecord>& commands,
                           RefreshMode refresh_mode, Tick end) {
  CommandChecker checker(spec, refresh_mode);
  for (const CommandRecord& command : commands) {
    checker.add(command);
  }
  checker.finish(end);
  return checker.report();
}

}  // namespace moru
