// A DRAM as data: the constraint table of its standard and the timings of one part, from
// data/dram/standard/*.yaml and data/dram/part/*.yaml, evaluated to whole ticks.
//
// A tick is the controller's clock: half a CK for standards whose row commands use both edges
// (HBM3, HBM4), one CK otherwise. Nanosecond minima are rounded up to clocks, maxima down.
#pragma once

#include "moru/base/catalogue.h"
#include "moru/dram/command.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

inline constexpr CatalogueKind kDramParts = {"dram", "dram/part", ".yaml", ".yaml"};
inline constexpr CatalogueKind kDramStandards = {"DRAM standard", "dram/standard", ".yaml",
                                                 ".yaml"};

// Levels of the device tree. A rank of DDR and LPDDR is the same node as a stack id of HBM.
enum class DramLevel : std::uint8_t { channel, pseudo_channel, sid, bank_group, bank };
template <>
struct EnumNames<DramLevel> {
  static constexpr std::array<std::pair<std::string_view, DramLevel>, 6> values = {
      {{"channel", DramLevel::channel},
       {"pseudo_channel", DramLevel::pseudo_channel},
       {"sid", DramLevel::sid},
       {"rank", DramLevel::sid},
       {"bank_group", DramLevel::bank_group},
       {"bank", DramLevel::bank}}};
};

// How commands share the bus, which decides the controller's slots.
enum class ControllerKind : std::uint8_t {
  single_bus,      // one command a tick (DDR4, DDR5, GDDR6)
  two_bus,         // a column and a row command a tick (HBM2, GDDR7)
  two_bus_edges,   // the same on rising edges; precharges also on falling ones (HBM3, HBM4)
  split_activate,  // one command a tick, ACT in two halves, CAS before the data clock (LPDDR5)
};
template <>
struct EnumNames<ControllerKind> {
  static constexpr std::array<std::pair<std::string_view, ControllerKind>, 4> values = {
      {{"single_bus", ControllerKind::single_bus},
       {"two_bus", ControllerKind::two_bus},
       {"two_bus_edges", ControllerKind::two_bus_edges},
       {"split_activate", ControllerKind::split_activate}}};
};

enum class RefreshMode : std::uint8_t { all_bank, per_bank, same_bank, none };
template <>
struct EnumNames<RefreshMode> {
  static constexpr std::array<std::pair<std::string_view, RefreshMode>, 4> values = {
      {{"all_bank", RefreshMode::all_bank},
       {"per_bank", RefreshMode::per_bank},
       {"same_bank", RefreshMode::same_bank},
       {"none", RefreshMode::none}}};
};

// Where a number comes from. `extrapolated`: scaled from another bin, published nowhere.
enum class SpecStatus : std::uint8_t { spec, vendor, preset, extrapolated };
template <>
struct EnumNames<SpecStatus> {
  static constexpr std::array<std::pair<std::string_view, SpecStatus>, 4> values = {
      {{"spec", SpecStatus::spec},
       {"vendor", SpecStatus::vendor},
       {"preset", SpecStatus::preset},
       {"extrapolated", SpecStatus::extrapolated}}};
};

// `ramulator2` has exactly the rows of the reference simulator, `strict` also those it lacks.
enum class SpecMode : std::uint8_t { strict, ramulator2 };

// How many of everything one channel has. Flat bank = ((pc * sids + sid) * groups + group) * banks.
struct DramGeometry {
  int pseudo_channels = 1;
  int sids = 1;         // stack ids, or ranks
  int bank_groups = 1;  // per stack id
  int banks = 1;        // per bank group
  std::int64_t rows = 0;
  int columns = 0;  // of one row, counted singly
  int burst_length = 0;
  int width = 0;  // data bits of a pseudo-channel, or of the channel

  int ranks() const { return pseudo_channels * sids; }
  int groups() const { return ranks() * bank_groups; }
  int flat_banks() const { return groups() * banks; }
  int bursts() const { return columns / burst_length; }  // requests that fit one row
  int access_bytes() const { return width * burst_length / 8; }
  int banks_per_rank() const { return bank_groups * banks; }
};

// "After `from`, `to` not before `min` ticks" within one node of `level`, or between siblings.
struct DramConstraint {
  DramLevel level = DramLevel::channel;
  std::vector<DramCommand> from;
  std::vector<DramCommand> to;
  std::int64_t min = 0;   // ticks between the ticks at which the engine logs the two commands
  int window = 1;         // counts from the window-th most recent `from`, the present one included
  bool siblings = false;  // holds for the other children of the node's parent, not for the node
  std::string formula;    // as written, for messages
};

struct TimingValue {
  std::int64_t ticks = 0;
  std::string written;  // "45 ns", "2 nCK"
  std::string source;
  SpecStatus status = SpecStatus::preset;
};

struct DramSpec {
  std::string id;          // hbm3-6.4
  std::string name;        // for people
  std::string standard;    // HBM3
  std::string generation;  // HBM3E where the standard's file serves several
  std::string source;
  SpecMode mode = SpecMode::strict;
  ControllerKind controller = ControllerKind::single_bus;
  RefreshMode refresh = RefreshMode::all_bank;
  DramLevel refresh_scope = DramLevel::channel;
  DramGeometry geometry;
  int channels = 1;      // of one stack or device
  double data_rate = 0;  // million transfers a second and pin
  double tick_seconds = 0;
  int ticks_per_clock = 1;
  std::map<std::string, TimingValue, std::less<>> timing;
  std::array<int, kDramCommands> command_ticks{};  // 0: the standard has no such command
  std::vector<DramConstraint> constraints;
  std::int64_t read_latency = 0;   // from RD to the last data
  std::int64_t write_latency = 0;  // from WR to the first data
  std::int64_t burst = 0;          // ticks the data bus is taken
  std::string hash;                // of everything above that changes what the engine does

  // Ticks of a timing the spec must have. Throws Error naming the part.
  std::int64_t ticks(std::string_view timing_name) const;
  bool has(std::string_view timing_name) const { return timing.find(timing_name) != timing.end(); }
  bool has_command(DramCommand command) const { return command_ticks[index_of(command)] > 0; }
  // Of one channel.
  double peak_bytes_per_second() const;
  // The values that no source publishes, by name; a result that rests on them says so.
  std::vector<std::string> extrapolated() const;
};

struct DramSpecOptions {
  SpecMode mode = SpecMode::strict;
  double data_rate = 0;  // overrides the part's; nanoseconds are rounded to clocks again
};

// By id, alias or path of a part. Throws Error on unknown names and on files that do not add up.
DramSpec load_dram_spec(const std::string& part, const DramSpecOptions& options = {});
// From texts, for tests and for parts that do not exist yet.
DramSpec parse_dram_spec(const std::string& part_yaml, const std::string& standard_yaml,
                         const DramSpecOptions& options = {});

// The display name: the split activate is called ACT1.
std::string_view command_name(const DramSpec& spec, DramCommand command);

}  // namespace moru
