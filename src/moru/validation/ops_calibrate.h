// How the constants marked estimated are found from measured rows, repeatably.
#pragma once

#include "moru/mapping/gpu/constants.h"
#include "moru/validation/ops.h"

#include <string>
#include <vector>

namespace moru {

struct Calibration {
  GpuConstants constants;
  double loss_before = 0;
  double loss_after = 0;
  std::int64_t rows = 0;
};

// Coordinate descent over the constants marked estimated, from the middle of their ranges (so that
// nothing learnt before leaks in), in stages (gemm, attention, moe, collective, elementwise): each
// in turn is multiplied by 1 + s and 1 / (1 + s), the better kept, within its range, for s = 0.3,
// 0.15, 0.07, 0.03. The loss is the mean over chip x operator of the mean of min(|log(predicted /
// measured)|, 0.7), on at most `rows_per_group` rows of each, evenly spread over the file. Chips of
// an architecture in `without` are left out. Deterministic.
Calibration calibrate_ops(const OpsQuestion& question, const std::vector<std::string>& without,
                          std::int64_t rows_per_group);

}  // namespace moru
