// The commands a memory controller can put on the bus, under JEDEC's names.
#pragma once

#include "moru/base/fields.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace moru {

// The first six are what requests need; their earliest ticks are kept up to date at every command.
enum class DramCommand : std::uint8_t {
  act,       // ACT, or ACT1 where the activate is split
  pre,       // PREpb: one bank
  rd,        // RD
  wr,        // WR
  rda,       // RDA: with auto-precharge
  wra,       // WRA
  act2,      // ACT2: second half of a split activate, has no timing of its own
  cas_rd,    // CAS_RD: starts the data clock (LPDDR5)
  cas_wr,    // CAS_WR
  pre_all,   // PREab: every bank of the scope
  ref_all,   // REFab
  ref_bank,  // REFpb: one bank
  ref_same,  // REFsb: the same bank of every bank group
  rfm_all,   // RFMab
  rfm_bank,  // RFMpb
  pd_enter,  // PDE: power-down
  pd_exit,   // PDX
  sr_enter,  // SRE: self-refresh
  sr_exit,   // SRX
};
inline constexpr int kDramCommands = 19;

template <>
struct EnumNames<DramCommand> {
  static constexpr std::array<std::pair<std::string_view, DramCommand>, kDramCommands + 1> values =
      {{{"ACT", DramCommand::act},        {"PREpb", DramCommand::pre},
        {"RD", DramCommand::rd},          {"WR", DramCommand::wr},
        {"RDA", DramCommand::rda},        {"WRA", DramCommand::wra},
        {"ACT2", DramCommand::act2},      {"CAS_RD", DramCommand::cas_rd},
        {"CAS_WR", DramCommand::cas_wr},  {"PREab", DramCommand::pre_all},
        {"REFab", DramCommand::ref_all},  {"REFpb", DramCommand::ref_bank},
        {"REFsb", DramCommand::ref_same}, {"RFMab", DramCommand::rfm_all},
        {"RFMpb", DramCommand::rfm_bank}, {"PDE", DramCommand::pd_enter},
        {"PDX", DramCommand::pd_exit},    {"SRE", DramCommand::sr_enter},
        {"SRX", DramCommand::sr_exit},    {"ACT1", DramCommand::act}}};
};

constexpr int index_of(DramCommand command) { return static_cast<int>(command); }
constexpr bool is_read(DramCommand command) {
  return command == DramCommand::rd || command == DramCommand::rda;
}
constexpr bool is_write(DramCommand command) {
  return command == DramCommand::wr || command == DramCommand::wra;
}

// One command as it appeared on the bus. A level below the command's scope is -1, and so are the
// row and column of a refresh and of a precharge made for one.
struct CommandRecord {
  std::int64_t tick = 0;
  DramCommand command = DramCommand::act;
  std::int8_t type = -1;  // 0 for a read request, 1 for a write request, -1 for refresh and power
  std::int16_t pseudo_channel = -1;
  std::int16_t sid = -1;  // stack id or rank
  std::int16_t bank_group = -1;
  std::int16_t bank = -1;
  std::int32_t row = -1;
  std::int32_t column = -1;  // in columns, a multiple of the burst
  friend bool operator==(const CommandRecord&, const CommandRecord&) = default;
};

}  // namespace moru
