#include "moru/planning/die_price.h"

#include "moru/base/text.h"

#include <array>
#include <cmath>
#include <numbers>

namespace moru {
namespace {

constexpr double kWaferDiameter = 0.3;  // metre
constexpr double kClustering = 3;       // alpha of ttm-cas

// Defects: N7 0.09 (AnandTech 16028, 2019), N5 0.10-0.11 (TSMC symposium 2020-08), 0.06 as read off
// a projected curve; ttm-cas takes about twice as many (N5 0.20, N7 0.15, N14 0.10).
constexpr std::array<DieProcess, 5> kProcesses = {{
    {"N3",
     {19865, 22500, 27000},
     {0.10, 0.20, 0.30},
     "The Information Network 2024 (19,865); TrendForce 2025-09 (20,000); Investor.com via "
     "TrendForce 2025-10 (25-27k); chiplet-actuary's D0 0.20"},
    {"N5",
     {13495, 17000, 20000},
     {0.06, 0.10, 0.20},
     "CSET 2020 (13,495-16,988); 18-20k in 2026 (weak); AnandTech 16028 (D0 0.10)"},
    {"N7", {9346, 9346, 10300}, {0.09, 0.09, 0.15}, "CSET 2020 (9,346); AnandTech 16028 (D0 0.09)"},
    {"N16", {3984, 3984, 4400}, {0.08, 0.08, 0.10}, "CSET 2020 (3,984); chiplet-actuary (D0 0.08)"},
    // Samsung's discount of 30% on N5 in siliconanalysts.com's model; nothing is published.
    {"SF4",
     {9450, 13600, 20000},
     {0.06, 0.10, 0.20},
     "no public price: N5 less 0 to 30% (siliconanalysts.com 2026-03)"},
}};

struct Alias {
  std::string_view prefix;
  std::string_view family;
};
constexpr Alias kAliases[] = {{"n3", "N3"},   {"n5", "N5"},   {"n4", "N5"},   {"4n", "N5"},
                              {"n7", "N7"},   {"n6", "N7"},   {"n+", "N7"},   {"7", "N7"},
                              {"sf4", "SF4"}, {"sf5", "SF4"}, {"n16", "N16"}, {"16", "N16"},
                              {"14", "N16"},  {"12", "N16"},  {"n12", "N16"}};

}  // namespace

std::optional<DieProcess> die_process(std::string_view node) {
  const std::string lower = to_lower(node);
  const Alias* best = nullptr;
  for (const Alias& alias : kAliases) {
    const bool is_longer = best == nullptr || alias.prefix.size() > best->prefix.size();
    if (lower.starts_with(alias.prefix) && is_longer) {
      best = &alias;
    }
  }
  for (const DieProcess& process : kProcesses) {
    if (best != nullptr && process.family == best->family) {
      return process;
    }
  }
  return std::nullopt;
}

double classic_dies_per_wafer(Area die) {
  const double radius = kWaferDiameter / 2;
  const double whole = std::numbers::pi * radius * radius / die.value;
  const double edge = std::numbers::pi * kWaferDiameter / std::sqrt(2 * die.value);
  return std::max(whole - edge, 0.0);
}

double clustered_yield(Area die, double defects_per_cm2) {
  constexpr double kSquareCentimetre = 1e-4;
  const double defects = die.value / kSquareCentimetre * defects_per_cm2;
  return std::pow(1 + defects / kClustering, -kClustering);
}

DiePriceRange good_die_price(Area die, const DieProcess& process) {
  const double dies = classic_dies_per_wafer(die);
  const auto price = [&](double wafer, double defects) {
    return wafer / (dies * clustered_yield(die, defects));
  };
  return {price(process.wafer.low, process.defects_per_cm2.low),
          price(process.wafer.mid, process.defects_per_cm2.mid),
          price(process.wafer.high, process.defects_per_cm2.high)};
}

}  // namespace moru
