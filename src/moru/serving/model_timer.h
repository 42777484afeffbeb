// Step times of a model on a chip.
#pragma once

#include "moru/mapping/step_costs.h"
#include "moru/serving/deployment.h"
#include "moru/serving/step_timer.h"

#include <cstdint>
#include <vector>

namespace moru {

class ModelTimer final : public StepTimer {
 public:
  // The arguments must outlive the timer; committed steps are recorded in `costs`.
  ModelTimer(const EngineConfig& config, StepCosts& costs) : config_(config), costs_(costs) {}

  std::span<const ContextRule> rules() const override { return costs_.model().context_rules(); }
  void time(std::span<const BatchWork> ranks, std::vector<SimTime>& stages) override;
  void commit() override;

 private:
  double slowest_rank(std::span<const BatchWork> ranks, std::int64_t padded, int stage);

  const EngineConfig& config_;
  StepCosts& costs_;
};

// Seconds of one step of one batch through all stages, as the engine times it.
double step_seconds(const EngineConfig& config, StepCosts& costs, const BatchWork& work);

}  // namespace moru
