// Predictions of whole services against measured ones: single runs request by request, tables of
// mean TTFT and TPOT, power, and figures that makers published.
//
// Kinds of files are told by their columns. Everything is predicted from the chip's description;
// nothing is calibrated on the rows.
#pragma once

#include "moru/base/samples.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace moru {

struct ServingQuestion {
  std::string path;
  std::string chip;      // instead of the one that the folder or row names
  std::string op_times;  // runs: folder of measured operators that correct the model, or empty
  std::string mapper = "tiled";
  std::int64_t worst = 0;  // rows with the largest errors to list
};

// One figure of a run: measured and predicted statistics, in milliseconds.
struct FigureComparison {
  Samples measured;
  Samples predicted;
  // Signed, per cent; of the mean, or of a quantile.
  double mean_error() const;
  double error_at(double quantile) const;
};

// A run with a row per request.
struct RunComparison {
  std::string name;
  std::string refused;  // why it is not predicted; empty if it is
  std::string chip;
  std::int64_t requests = 0;
  std::int64_t skipped = 0;  // rows of requests that failed or make no sense
  FigureComparison ttft;
  FigureComparison tpot;
  FigureComparison e2e;
  double makespan_measured = 0;  // s
  double makespan_predicted = 0;
  std::int64_t kv_blocks_predicted = 0;
  std::optional<std::int64_t> kv_blocks_measured;
};

// A row of a table of means.
struct ServingRow {
  int line = 0;
  std::string id;
  std::string group;  // model and system
  std::string configuration;
  std::string refused;
  bool is_complete = false;
  bool is_repeated = false;  // another row has the same configuration and another value
  double ttft_measured = 0;  // ms
  double tpot_measured = 0;
  double ttft_predicted = 0;
  double tpot_predicted = 0;
  double tpot_low = 0;
  double tpot_high = 0;
};

struct AggregateComparison {
  std::string name;
  std::vector<ServingRow> rows;
};

// Request batches with prompt time, token time and power (Splitwise's table).
struct PowerComparison {
  std::string name;
  std::int64_t rows = 0;
  std::int64_t predicted = 0;
  std::map<std::string, std::int64_t> refused;
  Samples prompt_time;  // absolute errors, per cent
  Samples token_time;
  Samples average_power;  // empty where power is not modelled
};

// A published figure.
struct PublishedRow {
  int line = 0;
  std::string chip;
  std::string what;
  std::string refused;
  double measured = 0;
  double predicted = 0;
};

struct PublishedComparison {
  std::string name;
  std::vector<PublishedRow> rows;
};

struct ServingValidation {
  std::vector<RunComparison> runs;
  std::vector<AggregateComparison> aggregates;
  std::vector<PowerComparison> powers;
  std::vector<PublishedComparison> published;
};

// All that lies at or below `question.path`. Throws Error if nothing there is understood.
ServingValidation validate_serving(const ServingQuestion& question);

// moru/validate-serving/1.
std::string serving_validation_json(const ServingValidation& validation);
std::string serving_validation_text(const ServingValidation& validation, std::int64_t worst);

}  // namespace moru
