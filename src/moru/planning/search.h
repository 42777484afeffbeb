// The cheapest deployment that meets an objective for a load: every candidate is served by the
// engine unless a bound proves that it cannot win.
#pragma once

#include "moru/base/facts.h"
#include "moru/scenario/scenario.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace moru {

// What to try. Empty lists take the defaults: all chips marketed for data centres that ship, tensor
// parallelism 1, 2, 4, 8, steps of 2,048 and 8,192 tokens.
struct SearchSpace {
  std::vector<std::string> chips;
  std::vector<int> tensor_parallel;
  std::vector<std::int64_t> batched_tokens;
  int most_replicas = 64;
};

enum class Outcome {
  meets,       // and this is what it costs
  misses,      // with as many replicas as were allowed
  too_dear,    // a bound says that it costs more than the best
  infeasible,  // does not fit, or cannot be split so
};

struct PlannedDeployment {
  std::string chip;
  Deployment deployment;
  Outcome outcome = Outcome::infeasible;
  double usd_per_hour = 0;  // its cost, or what it costs at least
  double attainment = 0;    // share of requests that met the objective, where it was served
  double ttft_ms = 0;       // 99th percentile
  double tpot_ms = 0;
  std::string short_of;          // what the others lack
  bool is_price_stated = false;  // else estimated from parts

  int chips() const { return deployment.chips(); }
};

struct PlanReport {
  Scenario scenario;
  std::vector<PlannedDeployment> deployments;  // the answer first, then by cost
  int served = 0;                              // runs of the engine
  // nullptr if none meets the objective.
  const PlannedDeployment* best() const;
};

// Dollars per hour of one chip that is kept at its TDP, electricity included.
double chip_hour_cost(const FactBook& facts, const Chip& chip);

// Replicas below which the objective cannot be met: the work of the requests that must be good, at
// the fastest rate of the chip in any format, does not fit into the time they have.
int fewest_replicas(const Chip& chip, const Model& model, const Parallelism& parallelism,
                    const Trace& trace, const Slo& slo);

// `uses_bounds` false serves every candidate with every number of replicas, for checking the
// bounds.
PlanReport plan_deployment(const Scenario& scenario, const Trace& trace, const SearchSpace& space,
                           const FactBook& facts, bool uses_bounds = true);

std::string plan_text(const PlanReport& report);
// Schema moru/plan/1.
std::string plan_json(const PlanReport& report);

}  // namespace moru
