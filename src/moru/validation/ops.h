// Predictions against measured operators: groups, errors, coverage.
#pragma once

#include "moru/mapping/gpu/constants.h"
#include "moru/validation/ops_intervals.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moru {

struct OpsQuestion {
  std::string folder;
  std::vector<std::string> chips;  // empty: all of the folder
  std::string op;
  std::string dtype;
  std::string backend;
  std::string mapper = "tiled";
  double min_us = 0;
  std::int64_t worst = 0;
  bool keep_rows = false;
  bool derive_widths = false;
  std::string stage;  // of the calibration, if only one is wanted
  GpuConstants constants;
};

// Errors in percent of the measured time; bias is the mean signed error of the median kind:
// exp(mean log(predicted / measured)) - 1.
struct OpsGroup {
  std::string chip;
  std::string op;
  std::string dtype;
  std::string backend;
  std::int64_t rows = 0;
  std::int64_t predicted = 0;
  std::int64_t refused = 0;
  double median_ape = 0;
  double mean_ape = 0;
  double p90_ape = 0;
  double bias = 0;
  double coverage90 = 0;
};

struct OpsRow {
  std::string chip;
  std::string op;
  std::string text;  // the row as the file has it
  double measured_us = 0;
  double predicted_us = 0;
};

struct OpsValidation {
  std::vector<OpsGroup> groups;  // chip x op x dtype x backend
  std::vector<OpsGroup> by_op;   // pooled over the selected chips
  std::vector<OpsGroup> by_chip_op;
  std::map<std::string, std::int64_t> refusals;  // reason -> rows
  std::vector<OpsRow> worst;
  std::vector<OpsRow> rows;          // if keep_rows
  std::vector<DerivedWidth> widths;  // if derive_widths, one per class that has rows
};

OpsValidation validate_ops(const OpsQuestion& question);

}  // namespace moru
