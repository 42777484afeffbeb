// What a good logic die costs, from wafer price, dies per wafer and yield, with the range that the
// sources leave open. Enough to price a change of area; repair, packages and tests are not in it.
#pragma once

#include "moru/base/units.h"

#include <optional>
#include <string>
#include <string_view>

namespace moru {

struct DiePriceRange {
  double low = 0;  // US dollars
  double mid = 0;
  double high = 0;
};

struct DieProcess {
  std::string_view family;
  DiePriceRange wafer;  // of 300 mm
  DiePriceRange defects_per_cm2;
  std::string_view source;
};

// The process family of a node as chip files name it ("N5", "4NP", "SF4X"); nothing if no wafer
// price is known for it.
std::optional<DieProcess> die_process(std::string_view node);

// pi (d/2)^2 / A - pi d / sqrt(2 A): the classic estimate, without edge exclusion and scribe lines.
double classic_dies_per_wafer(Area die);
// (1 + A D0 / alpha)^-alpha with alpha = 3: negative binomial, as in ttm-cas.
double clustered_yield(Area die, double defects_per_cm2);
// Low: cheap wafer and few defects; high: the reverse.
DiePriceRange good_die_price(Area die, const DieProcess& process);

}  // namespace moru
