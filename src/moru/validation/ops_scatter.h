// Predicted against measured times as a picture.
#pragma once

#include "moru/validation/ops.h"

#include <string>

namespace moru {

// One panel per operator, both axes logarithmic over the same decades, at most `points` rows of an
// operator, evenly spread; the diagonal and a factor of 1.5 to either side. SVG 1.1.
std::string ops_scatter_svg(const OpsValidation& result, std::size_t points);

}  // namespace moru
