// What the YAML files of data/dram say, before it is evaluated to ticks.
#pragma once

#include "moru/base/fields.h"
#include "moru/dram/spec.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace moru {

class FieldCheck;

enum class OnlyIn { both, strict, reference };
template <>
struct EnumNames<OnlyIn> {
  static constexpr std::array<std::pair<std::string_view, OnlyIn>, 3> values = {
      {{"both", OnlyIn::both}, {"strict", OnlyIn::strict}, {"reference", OnlyIn::reference}}};
};

struct ConstraintRow {
  static constexpr std::string_view kTypeName = "constraint row";
  DramLevel level = DramLevel::channel;
  std::vector<DramCommand> from;
  std::vector<DramCommand> to;
  std::string min;
  int window = 1;
  bool siblings = false;
  bool occupancy = false;
  OnlyIn only = OnlyIn::both;
  std::string source;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("level", x.level, "channel, pseudo_channel, sid (or rank), bank_group or bank");
    v.required("from", x.from, "commands the time runs from");
    v.required("to", x.to, "commands that must wait");
    v.required("min", x.min, "formula over timings, in ticks");
    v.optional("window", x.window, "count from the window-th most recent `from`");
    v.optional("siblings", x.siblings, "holds for the other children of the same parent");
    v.optional("occupancy", x.occupancy, "command-bus occupancy: used as it stands");
    v.optional("only", x.only,
               "strict: the reference lacks it; reference: only the reference has it");
    v.optional("source", x.source, "a name in `sources`");
  }
  void validate(const FieldCheck& check) const;
};

struct StandardFile {
  static constexpr std::string_view kTypeName = "DRAM standard";
  std::string name;
  std::vector<std::string> generations;
  std::string source;
  std::map<std::string, std::string> sources;
  ControllerKind controller = ControllerKind::single_bus;
  int transfers_per_clock = 2;
  int ticks_per_clock = 1;
  DramLevel refresh_scope = DramLevel::channel;
  std::map<DramCommand, int> command_ticks;
  std::string read_latency;
  std::string write_latency;
  std::string burst;
  std::vector<ConstraintRow> constraints;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("name", x.name, "JEDEC's name");
    v.required("generations", x.generations, "what the file serves: HBM3, HBM3E");
    v.required("source", x.source, "of every row that names none");
    v.required("sources", x.sources, "short names of sources");
    v.required("controller", x.controller, "how commands share the bus");
    v.required("transfers_per_clock", x.transfers_per_clock, "data rate of a pin / command clock");
    v.required("ticks_per_clock", x.ticks_per_clock, "2 where row commands use both edges");
    v.required("refresh_scope", x.refresh_scope, "what one all-bank refresh covers");
    v.required("command_ticks", x.command_ticks, "how long each command takes its bus");
    v.required("read_latency", x.read_latency, "from RD to the last data, formula");
    v.required("write_latency", x.write_latency, "from WR to the first data, formula");
    v.required("burst", x.burst, "how long one access takes the data bus, formula");
    v.required("constraints", x.constraints, "the timing table");
  }
  void validate(const FieldCheck& check) const;
};

struct TimingEntry {
  static constexpr std::string_view kTypeName = "timing";
  std::string value;
  std::string source;
  SpecStatus status = SpecStatus::preset;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("value", x.value, "'45 ns' or '2 nCK'");
    v.required("source", x.source, "a name in `sources`");
    v.required("status", x.status, "spec, vendor, preset or extrapolated");
  }
};

struct Organisation {
  static constexpr std::string_view kTypeName = "organisation";
  int channels = 1;
  int pseudo_channels = 1;
  int sids = 1;
  int bank_groups = 1;
  int banks = 1;
  std::int64_t rows = 0;
  int columns = 0;
  int burst_length = 0;
  int width = 0;
  RefreshMode refresh = RefreshMode::all_bank;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("channels", x.channels, "of one stack or device");
    v.required("pseudo_channels", x.pseudo_channels, "of one channel");
    v.required("sids", x.sids, "stack ids or ranks");
    v.required("bank_groups", x.bank_groups, "of one stack id");
    v.required("banks", x.banks, "of one bank group");
    v.required("rows", x.rows, "of one bank");
    v.required("columns", x.columns, "of one row, counted singly");
    v.required("burst_length", x.burst_length, "columns of one access");
    v.required("width", x.width, "data bits of a pseudo-channel, or of the channel");
    v.required("refresh", x.refresh, "the mode used unless another is asked for");
  }
  void validate(const FieldCheck& check) const;
};

struct PartFile {
  static constexpr std::string_view kTypeName = "DRAM part";
  std::string name;
  std::vector<std::string> aliases;
  std::string standard;
  std::string generation;
  double data_rate = 0;
  SpecStatus status = SpecStatus::preset;
  std::string source;
  std::map<std::string, std::string> sources;
  Organisation organisation;
  std::map<std::string, TimingEntry> timing;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("name", x.name, "for people");
    v.optional("aliases", x.aliases, "other names");
    v.required("standard", x.standard, "file of data/dram/standard");
    v.required("generation", x.generation, "which of the standard's generations");
    v.required("data_rate", x.data_rate, "million transfers a second and pin");
    v.required("status", x.status, "of the part as a whole");
    v.required("source", x.source, "of the part as a whole");
    v.required("sources", x.sources, "short names of sources");
    v.required("organisation", x.organisation, "how many of everything");
    v.required("timing", x.timing, "name: {value, source, status}");
  }
  void validate(const FieldCheck& check) const;
};

}  // namespace moru
