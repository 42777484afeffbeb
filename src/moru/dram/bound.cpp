#include "moru/dram/bound.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace moru {
namespace {

class Explainer {
 public:
  Explainer(const DramSpec& spec, const std::vector<CommandRecord>& commands)
      : spec_(spec), commands_(commands) {}

  std::vector<BoundShare> run() {
    const int pcs = spec_.geometry.pseudo_channels;
    std::vector<std::int64_t> bus_free(static_cast<std::size_t>(pcs), 0);
    std::int64_t end = 0;
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      const CommandRecord& c = commands_[i];
      end = std::max(end, c.tick);
      if (!is_read(c.command) && !is_write(c.command)) {
        continue;
      }
      std::int64_t& free = bus_free[static_cast<std::size_t>(std::max<int>(c.pseudo_channel, 0))];
      if (c.tick > free) {
        ticks_[reason(i)] += static_cast<double>(c.tick - free);
      }
      ticks_["data bus"] += static_cast<double>(spec_.burst);
      free = std::max(free, c.tick) + spec_.burst;
    }
    std::vector<BoundShare> shares;
    for (const auto& [what, ticks] : ticks_) {
      shares.push_back({what, ticks / (static_cast<double>(std::max<std::int64_t>(end, 1)) * pcs)});
    }
    std::stable_sort(shares.begin(), shares.end(),
                     [](const BoundShare& a, const BoundShare& b) { return a.share > b.share; });
    return shares;
  }

 private:
  // The command before commands_[i] that made it wait last, and the row; none if it could have gone
  // a clock earlier.
  struct Cause {
    std::size_t command = 0;
    const DramConstraint* row = nullptr;
  };

  static bool same(int a, int b) { return a < 0 || b < 0 || a == b; }
  bool relates(const DramConstraint& row, const CommandRecord& a, const CommandRecord& b) const {
    const bool pc = same(a.pseudo_channel, b.pseudo_channel);
    const bool sid = pc && same(a.sid, b.sid);
    const bool group = sid && same(a.bank_group, b.bank_group);
    const bool bank = group && same(a.bank, b.bank);
    switch (row.level) {
      case DramLevel::channel:
        return true;
      case DramLevel::pseudo_channel:
        return row.siblings ? !pc : pc;
      case DramLevel::sid:
        return row.siblings ? pc && !sid : sid;
      case DramLevel::bank_group:
        return row.siblings ? sid && !group : group;
      case DramLevel::bank:
        return row.siblings ? group && !bank : bank;
    }
    return false;
  }

  Cause cause_of(std::size_t i) const {
    const CommandRecord& c = commands_[i];
    Cause cause;
    for (std::size_t r = 0; r < spec_.constraints.size(); ++r) {
      const DramConstraint& row = spec_.constraints[r];
      if (std::find(row.to.begin(), row.to.end(), c.command) == row.to.end()) {
        continue;
      }
      int seen = 0;
      for (std::size_t j = i;
           j-- > 0 && c.tick - commands_[j].tick < row.min + spec_.ticks_per_clock;) {
        const CommandRecord& before = commands_[j];
        if (std::find(row.from.begin(), row.from.end(), before.command) == row.from.end() ||
            !relates(row, before, c) || ++seen < row.window) {
          continue;
        }
        if (c.tick - before.tick >= row.min) {
          cause = {j, &row};
        }
        break;
      }
    }
    return cause;
  }

  // Rows of one bank (tRCD, tRP) delay a command but not the flow of commands: what limits that is
  // found behind them.
  std::string reason(std::size_t i) const {
    const DramConstraint* row = nullptr;
    constexpr int kLongestChain = 6;
    for (int step = 0; step < kLongestChain; ++step) {
      const Cause cause = cause_of(i);
      if (cause.row == nullptr) {
        break;
      }
      row = cause.row;
      i = cause.command;
      const DramCommand from = commands_[i].command;
      if (row->level != DramLevel::bank || index_of(from) >= index_of(DramCommand::ref_all)) {
        break;
      }
    }
    if (row == nullptr) {
      return "no request ready";
    }
    return fmt::format("{} {} -> {} ({})", enum_name(row->level),
                       command_name(spec_, row->from.front()), command_name(spec_, row->to.front()),
                       row->formula);
  }

  const DramSpec& spec_;
  const std::vector<CommandRecord>& commands_;
  std::map<std::string, double> ticks_;
};

}  // namespace

std::vector<BoundShare> explain_bound(const DramSpec& spec,
                                      const std::vector<CommandRecord>& commands) {
  return Explainer(spec, commands).run();
}

}  // namespace moru
