// Energy of a memory from what its channels did.
//
// Per-command and background figures come from data/dram/energy/GENERATION.yaml, each as low, mid
// and high with its source; no public figure exists for HBM3 and later, so the ranges are wide and
// say so.
#pragma once

#include "moru/base/fields.h"
#include "moru/dram/channel.h"

#include <map>
#include <string>

namespace moru {

class FieldCheck;

// In the unit its field says.
struct EnergyFigure {
  static constexpr std::string_view kTypeName = "energy figure";
  double low = 0;
  double mid = 0;
  double high = 0;
  std::string source;
  SpecStatus status = SpecStatus::preset;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("low", x.low, "lowest figure a source supports");
    v.required("mid", x.mid, "the one to use");
    v.required("high", x.high, "highest figure a source supports");
    v.required("source", x.source, "a name in `sources`");
    v.required("status", x.status, "spec, vendor, preset or extrapolated");
  }
  void validate(const FieldCheck& check) const;
};

struct EnergyTable {
  static constexpr std::string_view kTypeName = "DRAM energy table";
  std::string generation;
  std::map<std::string, std::string> sources;
  EnergyFigure activate;    // picojoules of one ACT with its PRE
  EnergyFigure read;        // picojoules a bit inside the device
  EnergyFigure write;       // picojoules a bit inside the device
  EnergyFigure io;          // picojoules a bit on the pins
  EnergyFigure refresh;     // picojoules of refreshing one bank once
  EnergyFigure background;  // milliwatts of one channel that is awake
  EnergyFigure asleep;      // milliwatts of one channel in power-down or self-refresh

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("generation", x.generation, "HBM3E, GDDR7, …");
    v.required("sources", x.sources, "short names of sources");
    v.required("activate", x.activate, "pJ of one ACT with its PRE");
    v.required("read", x.read, "pJ a bit inside the device");
    v.required("write", x.write, "pJ a bit inside the device");
    v.required("io", x.io, "pJ a bit on the pins");
    v.required("refresh", x.refresh, "pJ of refreshing one bank once");
    v.required("background", x.background, "mW of one channel that is awake");
    v.required("asleep", x.asleep, "mW of one channel in power-down or self-refresh");
  }
};

inline constexpr CatalogueKind kDramEnergy = {"DRAM energy table", "dram/energy", ".yaml", ".yaml"};

// By generation, ignoring case. Throws Error.
EnergyTable load_energy_table(const std::string& generation);

// Joules at one of the three levels.
struct EnergySplit {
  double activate = 0;
  double read = 0;
  double write = 0;
  double io = 0;
  double refresh = 0;
  double background = 0;
  double total() const { return activate + read + write + io + refresh + background; }
};

struct EnergyReport {
  EnergySplit low;
  EnergySplit mid;
  EnergySplit high;
};

// `counters` of `channels` channels together, over `ticks` of each.
EnergyReport energy_of(const DramSpec& spec, const EnergyTable& table,
                       const ChannelCounters& counters, std::uint64_t channels, Tick ticks);

}  // namespace moru
