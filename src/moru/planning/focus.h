// Which resource of a chip buys the most for a service: by changing the chip and serving the load
// again, not by a model of the model.
#pragma once

#include "moru/base/facts.h"
#include "moru/planning/resource.h"
#include "moru/scenario/evaluate.h"

#include <optional>
#include <string>
#include <vector>

namespace moru {

// What a service gets from a chip: goodput and latencies under the load as it arrives; capacity,
// money and energy with all requests there at once, so that a faster chip is a cheaper token.
struct FocusMetrics {
  double goodput = 0;   // requests per second that met the objective
  double capacity = 0;  // requests per second, at full load
  double ttft_ms = 0;   // means
  double tpot_ms = 0;
  double e2el_ms = 0;
  double usd_per_million_tokens = 0;
  double joules_per_token = 0;
};

// One resource, with `step` more of it. Changes are relative: 0.004 is 0.4%.
struct Sensitivity {
  std::string resource;
  std::string meaning;
  double step = 0;
  FocusMetrics with;      // the metrics of the changed chip
  FocusMetrics relative;  // with / base - 1
  // Of the changed chip over the base, from its parts.
  double area = 0;     // mm2
  double watts = 0;    // TDP as estimated
  double dollars = 0;  // bill of materials
  // Capacity gained per percent of the resource, mm2, W and USD, in percent; nothing where the
  // resource costs none.
  double per_percent = 0;
  std::optional<double> per_area;
  std::optional<double> per_watt;
  std::optional<double> per_dollar;
  // With so many times of it, a percent more gains less than a tenth of the first percent; nothing
  // if it still pays at the largest factor tried, or never did.
  std::optional<double> stops_at;
};

// What a budget is best spent on, step by step.
struct Spending {
  double budget = 0;  // share of the bill of materials
  std::vector<std::string> order;
  double capacity = 0;  // gained, relative
};

struct FocusReport {
  Scenario scenario;
  FocusMetrics base;
  double bill = 0;                     // USD of materials of the base chip
  std::vector<Sensitivity> resources;  // largest gain of capacity first
  std::vector<Spending> spending;
};

// Metrics of a scenario on a variant of its chip.
FocusMetrics focus_metrics(const Scenario& scenario, const Chip& chip, const Trace& trace,
                           const FactBook& facts);

// `step` is the relative change to measure with, 0.05 for 5%. Throws Error.
FocusReport focus(const Scenario& scenario, const Trace& trace, const FactBook& facts, double step);

// The answer in a sentence, the tornado, the order; and JSON of schema moru/focus/1.
std::string focus_text(const FocusReport& report);
std::string focus_json(const FocusReport& report);

}  // namespace moru
