// moru validate ops, as text, JSON and CSV.
#pragma once

#include "moru/validation/ops.h"
#include "moru/validation/ops_calibrate.h"

#include <string>

namespace moru {

std::string ops_text(const OpsValidation& result);
std::string ops_json(const OpsValidation& result);  // moru/validate-ops/1
std::string calibration_text(const Calibration& calibration);
std::string ops_rows_csv(const OpsValidation& result);

}  // namespace moru
