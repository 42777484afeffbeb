// A fleet of replicas serving a trace.
#pragma once

#include "moru/mapping/step_costs.h"
#include "moru/serving/fleet.h"
#include "moru/serving/metrics.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace moru {

struct ServingResult {
  std::unique_ptr<MetricsCollector> collector;
  std::vector<ReplicaTotals> replicas;
  std::optional<FleetTotals> fleet;  // where it may change
  StepTime work;                     // of all steps of all replicas, host overhead not included
  std::vector<OperatorTotal> operators;

  const ServingMetrics& metrics() const { return collector->metrics(); }
};

// Serves all requests to the end. `make_collector` is called once per attempt: requests are first
// taken to share nothing, and if a replica then preempts while prefix caching is on, the run starts
// again with every KV block told apart. `progress` gets simulated seconds now and then; may be
// empty.
ServingResult serve(const EngineConfig& config, StepCosts& costs, const ServiceInput& input,
                    const std::function<std::unique_ptr<MetricsCollector>()>& make_collector,
                    const std::function<void(double)>& progress = {});

}  // namespace moru
