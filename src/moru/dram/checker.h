// Verifies a command trace against the rule table of a spec, without the engine.
//
// Written the other way round: the engine keeps earliest ticks, the checker keeps when commands
// happened and asks, for each new one, every row it is a target of. It shares with the engine only
// the rows themselves. Also checked: bank states, both command buses, the data buses, refresh
// rates.
#pragma once

#include "moru/dram/device_tables.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace moru {

struct CheckReport {
  std::uint64_t commands = 0;
  std::uint64_t violations = 0;
  std::vector<std::string> first;        // the first few, a line each
  std::vector<std::uint64_t> evaluated;  // by row of the spec: how often it was asked
  std::vector<std::uint64_t> tight;      // … and held with no tick to spare
  std::vector<std::uint64_t> row_violations;
};

class CommandChecker {
 public:
  // `refresh_mode` none switches the refresh-rate check off. The spec must outlive the checker.
  CommandChecker(const DramSpec& spec, RefreshMode refresh_mode);

  // Commands in bus order.
  void add(const CommandRecord& command);
  // At the end of a trace of so many ticks: were all banks refreshed often enough?
  void finish(Tick end);
  const CheckReport& report() const { return report_; }

 private:
  static constexpr int kRemembered = 8;  // the longest window
  struct History {
    std::array<Tick, kRemembered> ticks{};
    int count = 0;
  };
  struct Interval {
    Tick begin = 0;
    Tick end = 0;
  };

  std::vector<int> banks_of(const CommandRecord& command) const;
  std::vector<int> nodes_of(DramLevel level, const std::vector<int>& banks) const;
  int node(DramLevel level, int bank) const;
  History& history(DramLevel level, int at, DramCommand command);
  void check_rows(const CommandRecord& command, const std::vector<int>& banks);
  void check_row(std::size_t row, int at, const CommandRecord& command);
  void check_state(const CommandRecord& command, const std::vector<int>& banks);
  void check_buses(const CommandRecord& command, int pseudo_channel);
  void check_refresh(const CommandRecord& command, const std::vector<int>& banks);
  void violate(const CommandRecord& command, const std::string& what);

  const DramSpec& spec_;
  RefreshMode refresh_mode_;
  CheckReport report_;
  std::array<std::vector<std::size_t>, kDramCommands> rows_to_;  // rows a command is a target of
  std::array<std::vector<History>, 5> histories_;  // by level: node * kDramCommands + command
  std::vector<std::int64_t> open_row_;             // -1: closed
  std::array<Tick, 2> bus_free_{};                 // row (or single) bus, column bus
  std::vector<std::vector<Interval>> data_;        // by pseudo-channel, recent bursts
  std::vector<Tick> refreshed_at_;                 // by bank
  std::vector<std::uint64_t> refreshes_;           // by bank
  bool is_asleep_ = false;
};

// The whole trace at once.
CheckReport check_commands(const DramSpec& spec, const std::vector<CommandRecord>& commands,
                           RefreshMode refresh_mode, Tick end);

}  // namespace moru
