// Command sequences aimed at one row of a constraint table: bring the banks into position, let
// every other row expire, issue `from` and then `to` as soon as the device allows. Used to reach
// every row and to see whether the checker notices a device whose table was tampered with.
#pragma once

#include "moru/dram/checker.h"
#include "moru/dram/device.h"

#include <algorithm>
#include <vector>

namespace moru::testing {

class DirectedTrace {
 public:
  // `device_spec`: what the device obeys, possibly tampered with.
  explicit DirectedTrace(const DramSpec& device_spec)
      : spec_(device_spec),
        tables_(device_spec),
        device_(tables_),
        open_(static_cast<std::size_t>(tables_.banks()), false) {}

  // One sequence for a pair of a row, on banks that the row relates.
  void aim(const DramConstraint& row, DramCommand from, DramCommand to, std::uint64_t seed) {
    const int banks = tables_.banks();
    const int a = static_cast<int>(seed * 7919 % static_cast<std::uint64_t>(banks));
    const std::vector<int> related = related_banks(row, a);
    if (related.empty()) {
      return;
    }
    const int b = seed % 2 == 0 && !row.siblings ? a : related[seed * 104729 % related.size()];
    settle();
    prepare_for(to, b, from, a);
    prepare_for(from, a, to, b);
    settle();
    for (int i = 1; i < row.window; ++i) {
      // Fill the window with other banks of the node.
      const int c = related[(seed * 31 + static_cast<std::uint64_t>(i) * 7) % related.size()];
      if (c != a && c != b) {
        if (!needs_open(from) && open_[static_cast<std::size_t>(c)]) {
          continue;
        }
        issue(from, c);
      }
    }
    issue(from, a);
    prepare_for(to, b, to, b);
    issue(to, b);
    if (asleep_) {
      settle();
      issue(deep_ ? DramCommand::sr_exit : DramCommand::pd_exit, 0);
    }
  }

  std::vector<CommandRecord> commands;

 private:
  using C = DramCommand;
  std::vector<int> related_banks(const DramConstraint& row, int a) const {
    std::vector<int> result;
    const auto children = [&] {
      const DramGeometry& g = tables_.geometry();
      switch (row.level) {
        case DramLevel::pseudo_channel:
          return g.pseudo_channels;
        case DramLevel::sid:
          return g.sids;
        case DramLevel::bank_group:
          return g.bank_groups;
        default:
          return g.banks;
      }
    }();
    const int own = tables_.node_of(row.level, a);
    for (int b = 0; b < tables_.banks(); ++b) {
      const int node = tables_.node_of(row.level, b);
      if (row.siblings ? node != own && node / children == own / children : node == own) {
        result.push_back(b);
      }
    }
    return result;
  }
  bool needs_open(C c) const {
    return is_read(c) || is_write(c) || c == C::cas_rd || c == C::cas_wr;
  }
  bool covers_many(C c) const {
    return c == C::pre_all || c == C::ref_all || c == C::rfm_all || c == C::ref_same || is_power(c);
  }
  static bool is_power(C c) { return index_of(c) >= index_of(C::pd_enter); }
  CommandScope scope_of(C c, int bank) const {
    const int rank = tables_.rank_of(bank);
    if (is_power(c)) {
      return {0, tables_.ranks(), -1, -1};
    }
    if (c == C::ref_same) {
      return {rank, rank + 1, -1, bank % tables_.geometry().banks};
    }
    if (!covers_many(c)) {
      return {rank, rank + 1, bank, -1};
    }
    const int sids = tables_.geometry().sids;
    switch (spec_.refresh_scope) {
      case DramLevel::channel:
        return {0, tables_.ranks(), -1, -1};
      case DramLevel::pseudo_channel:
        return {rank / sids * sids, rank / sids * sids + sids, -1, -1};
      default:
        return {rank, rank + 1, -1, -1};
    }
  }
  template <class F>
  void for_banks(const CommandScope& scope, F f) const {
    for (int b = 0; b < tables_.banks(); ++b) {
      const bool in =
          scope.bank >= 0
              ? b == scope.bank
              : tables_.rank_of(b) >= scope.first_rank && tables_.rank_of(b) < scope.end_rank &&
                    (scope.same_bank < 0 || b % tables_.geometry().banks == scope.same_bank);
      if (in) {
        f(b);
      }
    }
  }
  // Brings the banks of a command into the state it needs, without touching `keep`'s if avoidable.
  void prepare_for(C c, int bank, C, int) {
    if (asleep_ && c != C::pd_exit && c != C::sr_exit) {
      issue(deep_ ? C::sr_exit : C::pd_exit, 0);
    }
    if (c == C::pd_exit && !asleep_) {
      issue(C::pd_enter, 0);
      return;
    }
    if (c == C::sr_exit && !asleep_) {
      close(scope_of(C::sr_enter, 0));
      issue(C::sr_enter, 0);
      return;
    }
    const auto b = static_cast<std::size_t>(bank);
    if (needs_open(c) && !open_[b]) {
      issue(C::act, bank);
      if (spec_.controller == ControllerKind::split_activate) {
        issue(C::act2, bank);
      }
    } else if (c == C::act && open_[b]) {
      issue(C::pre, bank);
    } else if (c == C::pre && !open_[b]) {
      issue(C::act, bank);
    } else if (c == C::ref_all || c == C::ref_bank || c == C::ref_same || c == C::rfm_all ||
               c == C::rfm_bank || c == C::sr_enter) {
      close(scope_of(c, bank));
    }
  }
  void close(const CommandScope& scope) {
    for_banks(scope, [&](int b) {
      if (open_[static_cast<std::size_t>(b)]) {
        issue(C::pre, b);
      }
    });
  }
  void settle() { now_ += 20'000 + (now_ % 2); }

  void issue(C c, int bank) {
    const CommandScope scope = scope_of(c, bank);
    Tick ready = now_ + 1;
    const C eager = c == C::rda ? C::rd : c == C::wra ? C::wr : c;
    if (c != C::act2 && c != C::cas_rd && c != C::cas_wr) {
      ready = std::max(ready, index_of(eager) < kEagerTargets ? device_.ready(eager, bank)
                                                              : device_.ready_rare(c, scope));
    }
    if (spec_.controller == ControllerKind::two_bus_edges && c != C::pre && c != C::pre_all) {
      ready |= 1;
    }
    now_ = ready;
    if (covers_many(c)) {
      device_.issue_scope(c, scope, now_);
    } else {
      device_.issue(c, bank, now_);
    }
    log(c, bank, scope);
    for_banks(scope, [&](int b) {
      bool now_open = open_[static_cast<std::size_t>(b)];
      now_open = c == C::act                                                    ? true
                 : c == C::pre || c == C::pre_all || c == C::rda || c == C::wra ? false
                                                                                : now_open;
      open_[static_cast<std::size_t>(b)] = now_open;
    });
    if (is_power(c)) {
      asleep_ = c == C::pd_enter || c == C::sr_enter;
      deep_ = c == C::sr_enter;
    }
  }
  void log(C c, int bank, const CommandScope& scope) {
    const DramGeometry& g = tables_.geometry();
    const int rank = tables_.rank_of(bank);
    CommandRecord r;
    r.tick = now_;
    r.command = c;
    if (is_power(c)) {
      // the whole channel
    } else if (c == C::ref_same) {
      r.pseudo_channel = static_cast<std::int16_t>(rank / g.sids);
      r.sid = static_cast<std::int16_t>(rank % g.sids);
      r.bank = static_cast<std::int16_t>(scope.same_bank);
    } else if (covers_many(c)) {
      if (spec_.refresh_scope != DramLevel::channel) {
        r.pseudo_channel = static_cast<std::int16_t>(rank / g.sids);
      }
      if (spec_.refresh_scope == DramLevel::sid) {
        r.sid = static_cast<std::int16_t>(rank % g.sids);
      }
    } else {
      r.pseudo_channel = static_cast<std::int16_t>(rank / g.sids);
      r.sid = static_cast<std::int16_t>(rank % g.sids);
      r.bank_group = static_cast<std::int16_t>(bank / g.banks % g.bank_groups);
      r.bank = static_cast<std::int16_t>(bank % g.banks);
      r.row = 7;
      r.column = 0;
    }
    commands.push_back(r);
  }

  const DramSpec& spec_;
  DeviceTables tables_;
  Device device_;
  std::vector<bool> open_;
  Tick now_ = 1;
  bool asleep_ = false;
  bool deep_ = false;
};

}  // namespace moru::testing
