// How much of a kind of traffic one replica serves within the objective: by running the serving
// engine at rising request rates, not by dividing peaks.
#pragma once

#include "moru/planning/plan_file.h"

#include <string>
#include <vector>

namespace moru {

struct ReplicaSize {
  std::string traffic;
  std::string chip;                // id
  int chips = 1;                   // of one replica
  double requests_per_second = 0;  // the highest rate found at which the objective is met
  // Interval of the engine's constants, as factors on the rate.
  double factor_low = 1;
  double factor_high = 1;
  double prompt_share = 0;  // of the busy time
  double mean_prompt = 0;   // tokens of the requests it was sized with
  double mean_output = 0;
  double mean_ttft_ms = 0;  // at that rate
  double mean_tpot_ms = 0;
  double kv_bytes_per_token = 0;  // of the model
};

// Throws Error of kind infeasible if the model does not fit or no rate meets the objective.
ReplicaSize size_replica(const PlanTraffic& traffic, const PlanChip& chip, const Slo& slo);

// Every kind of traffic on every chip of the plan, in file order.
std::vector<ReplicaSize> size_replicas(const DemandPlan& plan);

}  // namespace moru
