// A sweep as a table with the curve, and as JSON.
#pragma once

#include "moru/scenario/sweep.h"

#include <string>

namespace moru {

std::string sweep_text(const SweepResult& result);
// moru/sweep/1.
std::string sweep_json(const SweepResult& result);

}  // namespace moru
