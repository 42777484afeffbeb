#include "moru/base/units.h"

#include "moru/base/text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>
#include <vector>

namespace moru {
namespace {

struct Unit {
  std::string_view name;
  double scale;     // to SI base units
  bool is_printed;  // used by format_quantity
};

struct UnitFamily {
  Dimension dimension;
  std::span<const Unit> units;
};

constexpr Unit kTime[] = {{"ns", 1e-9, true}, {"us", 1e-6, true}, {"µs", 1e-6, false},
                          {"ms", 1e-3, true}, {"s", 1, true},     {"min", 60, false},
                          {"h", 3600, false}, {"d", 86400, false}};
constexpr Unit kData[] = {{"B", 1, true},         {"KB", 1e3, true},      {"kB", 1e3, false},
                          {"MB", 1e6, true},      {"GB", 1e9, true},      {"TB", 1e12, true},
                          {"PB", 1e15, true},     {"KiB", 0x1p10, false}, {"MiB", 0x1p20, false},
                          {"GiB", 0x1p30, false}, {"TiB", 0x1p40, false}};
constexpr Unit kDataRate[] = {
    {"B/s", 1, true},         {"KB/s", 1e3, true},      {"MB/s", 1e6, true},
    {"GB/s", 1e9, true},      {"TB/s", 1e12, true},     {"PB/s", 1e15, true},
    {"KiB/s", 0x1p10, false}, {"MiB/s", 0x1p20, false}, {"GiB/s", 0x1p30, false},
    {"TiB/s", 0x1p40, false}, {"Mbit/s", 125e3, false}, {"Gbit/s", 125e6, false},
    {"Tbit/s", 125e9, false}};
constexpr Unit kWork[] = {{"FLOP", 1, true},     {"KFLOP", 1e3, true},  {"MFLOP", 1e6, true},
                          {"GFLOP", 1e9, true},  {"TFLOP", 1e12, true}, {"PFLOP", 1e15, true},
                          {"EFLOP", 1e18, true}, {"OP", 1, false},      {"GOP", 1e9, false},
                          {"TOP", 1e12, false}};
constexpr Unit kWorkRate[] = {
    {"FLOPS", 1, true},       {"GFLOPS", 1e9, true},    {"TFLOPS", 1e12, true},
    {"PFLOPS", 1e15, true},   {"EFLOPS", 1e18, true},   {"GFLOP/s", 1e9, false},
    {"TFLOP/s", 1e12, false}, {"PFLOP/s", 1e15, false}, {"GOPS", 1e9, false},
    {"TOPS", 1e12, false},    {"POPS", 1e15, false}};
constexpr Unit kEnergy[] = {{"pJ", 1e-12, true}, {"nJ", 1e-9, true},  {"uJ", 1e-6, true},
                            {"mJ", 1e-3, true},  {"J", 1, true},      {"kJ", 1e3, true},
                            {"MJ", 1e6, true},   {"Wh", 3600, false}, {"kWh", 3.6e6, false}};
constexpr Unit kPower[] = {
    {"mW", 1e-3, true}, {"W", 1, true}, {"kW", 1e3, true}, {"MW", 1e6, true}, {"GW", 1e9, true}};
constexpr Unit kFrequency[] = {{"Hz", 1, true},    {"kHz", 1e3, true}, {"MHz", 1e6, true},
                               {"GHz", 1e9, true}, {"1/s", 1, false},  {"req/s", 1, false}};
constexpr Unit kMoney[] = {{"USD", 1, true}};
constexpr Unit kArea[] = {{"mm2", 1e-6, true},
                          {"mm^2", 1e-6, false},
                          {"um2", 1e-12, false},
                          {"cm2", 1e-4, false},
                          {"m2", 1, false}};
constexpr Unit kEnergyPerData[] = {
    {"J/B", 1, false}, {"pJ/B", 1e-12, true}, {"pJ/bit", 8e-12, false}};

constexpr std::array<UnitFamily, 11> kFamilies = {{{Seconds::dimension, kTime},
                                                   {Bytes::dimension, kData},
                                                   {BytesPerSecond::dimension, kDataRate},
                                                   {Flops::dimension, kWork},
                                                   {FlopsPerSecond::dimension, kWorkRate},
                                                   {Joules::dimension, kEnergy},
                                                   {Watts::dimension, kPower},
                                                   {Hertz::dimension, kFrequency},
                                                   {Dollars::dimension, kMoney},
                                                   {Area::dimension, kArea},
                                                   {JoulesPerByte::dimension, kEnergyPerData}}};

std::span<const Unit> units_of(Dimension dimension) {
  for (const UnitFamily& family : kFamilies) {
    if (family.dimension == dimension) {
      return family.units;
    }
  }
  return {};
}

const Unit* find_unit(std::span<const Unit> units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) {
      return &unit;
    }
  }
  return nullptr;
}

// The largest unit that format_quantity uses and that `magnitude` reaches, else the smallest.
const Unit* printed_unit(double magnitude, Dimension dimension) {
  const Unit* best = nullptr;
  for (const Unit& unit : units_of(dimension)) {
    if (unit.is_printed && (best == nullptr || magnitude >= unit.scale)) {
      best = &unit;
    }
  }
  return best;
}

std::string wrong_unit(std::string_view name, Dimension dimension) {
  for (const UnitFamily& family : kFamilies) {
    if (find_unit(family.units, name) != nullptr) {
      return fmt::format("'{}' measures something else; use one of {}", name,
                         unit_names(dimension));
    }
  }
  std::vector<std::string_view> names;
  for (const Unit& unit : units_of(dimension)) {
    names.push_back(unit.name);
  }
  return fmt::format("'{}' is not a unit{}; use one of {}", name, did_you_mean(name, names),
                     unit_names(dimension));
}

}  // namespace

std::optional<Dimension> dimension_of_unit(std::string_view unit) {
  for (const UnitFamily& family : kFamilies) {
    if (find_unit(family.units, unit) != nullptr) {
      return family.dimension;
    }
  }
  return std::nullopt;
}

ParsedQuantity parse_quantity(std::string_view text, Dimension dimension) {
  const std::string_view trimmed = trim(text);
  double number = 0;
  const std::size_t used = parse_number_prefix(trimmed, number);
  if (used == 0) {
    return {0, fmt::format("'{}' is not a number with a unit such as {}", trimmed,
                           unit_names(dimension))};
  }
  if (!std::isfinite(number)) {
    return {0, fmt::format("'{}' is not a finite number", trimmed)};
  }
  const std::string_view name = trim(trimmed.substr(used));
  if (name.empty()) {
    return {0, fmt::format("'{}' needs a unit: one of {}", trimmed, unit_names(dimension))};
  }
  const Unit* unit = find_unit(units_of(dimension), name);
  if (unit == nullptr) {
    return {0, wrong_unit(name, dimension)};
  }
  const double value = number * unit->scale;
  if (!std::isfinite(value)) {
    return {0, fmt::format("'{}' is out of range", trimmed)};
  }
  return {value, ""};
}

std::string format_quantity(double value, Dimension dimension) {
  // 999.97 GB prints as 1 TB: what four digits round up to a thousand takes the next prefix.
  constexpr double kRoundsUp = 0.99995;
  const Unit* best = printed_unit(std::abs(value) / kRoundsUp, dimension);
  if (best == nullptr) {
    return fmt::format("{:.4g}", value);
  }
  const double scaled = value / best->scale;
  // 1.0e+03 for a thousand of the largest prefix would be unreadable.
  if (std::abs(scaled) >= 1e4) {
    return fmt::format("{:.0f} {}", scaled, best->name);
  }
  return fmt::format("{:.4g} {}", scaled, best->name);
}

std::string format_stated(double value, Dimension dimension) {
  if (dimension == Bytes::dimension) {
    // 80 GB is a whole number of KiB too, but not a small one.
    constexpr double kMostOfOne = 10'000;
    for (const std::string_view name : {"TiB", "GiB", "MiB", "KiB"}) {
      const double count = value / find_unit(kData, name)->scale;
      if (count >= 1 && count < kMostOfOne && count == std::floor(count)) {
        return fmt::format("{:.0f} {}", count, name);
      }
    }
  }
  const Unit* unit = printed_unit(std::abs(value), dimension);
  return unit == nullptr ? fmt::format("{:.7g}", value)
                         : fmt::format("{:.7g} {}", value / unit->scale, unit->name);
}

std::string unit_names(Dimension dimension) {
  std::string names;
  for (const Unit& unit : units_of(dimension)) {
    names += names.empty() ? "" : ", ";
    names += unit.name;
  }
  return names;
}

std::string unit_pattern(Dimension dimension) {
  std::string alternatives;
  for (const Unit& unit : units_of(dimension)) {
    alternatives += alternatives.empty() ? "" : "|";
    for (const char c : unit.name) {
      if (c == '^') {
        alternatives += '\\';
      }
      alternatives += c;
    }
  }
  return fmt::format("^[-+]?[0-9.]+([eE][-+]?[0-9]+)? ?({})$", alternatives);
}

}  // namespace moru
