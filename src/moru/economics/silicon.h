// How many good dies a wafer gives. Areas in mm2, defect densities per cm2, wafers of 300 mm.
#pragma once

#include "moru/base/fields.h"

#include <array>
#include <string_view>

namespace moru {

// The largest die that one exposure prints, 26 x 33 mm; high-NA EUV halves the field.
inline constexpr double kReticle = 858;
inline constexpr double kHighNaReticle = 429;

// pi (d/2)^2 / A - pi d / sqrt(2 A): no scribe lines, no edge exclusion (ttm-cas, ISCA 2023).
// Not below zero.
double dies_per_wafer_classic(double area);
// The same with scribe lines of `scribe` mm and an unused ring of `edge` mm (chiplet-actuary):
// A' = A + 2 s sqrt(A) + s^2; pi (d/2 - e)^2 / A' - pi (d - 2 e) / sqrt(2 A').
double dies_per_wafer(double area, double scribe = 0.2, double edge = 5);

enum class YieldModel { negative_binomial, poisson, murphy, seeds };
template <>
struct EnumNames<YieldModel> {
  static constexpr std::array<std::pair<std::string_view, YieldModel>, 4> values = {
      {{"negative_binomial", YieldModel::negative_binomial},
       {"poisson", YieldModel::poisson},
       {"murphy", YieldModel::murphy},
       {"seeds", YieldModel::seeds}}};
};

// Share of areas of this size without a defect. Poisson exp(-AD); Murphy ((1-exp(-AD))/(AD))^2;
// Seeds 1/(1+AD); negative binomial (1+AD/alpha)^-alpha (Stapper 1983).
double defect_free(YieldModel model, double area, double defect_density, double alpha = 3);

// P(at least k of n independent units work), each with probability p.
double at_least(int k, int n, double p);

// A die that may lose units: `units` equal ones cover `unit_share` of its area, `needed` of them
// are sold. Without spares: units == needed.
struct Harvest {
  int units = 0;
  int needed = 0;
  double unit_share = 0;
};
// Yield with repair: the area that cannot be repaired must be free of defects, and of the units
// enough. Units of 0 mean that nothing can be repaired.
double harvested_yield(YieldModel model, double area, double defect_density, double alpha,
                       const Harvest& harvest);

}  // namespace moru
