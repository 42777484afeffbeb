// Step times of a model on a chip, and the sums over a run that the report splits them by.
#pragma once

#include "moru/mapping/step_costs.h"
#include "moru/serving/deployment.h"
#include "moru/serving/step_timer.h"

#include <cstdint>
#include <vector>

namespace moru {

class ModelTimer final : public StepTimer {
 public:
  // The arguments must outlive the timer.
  ModelTimer(const EngineConfig& config, StepCosts& costs) : config_(config), costs_(costs) {}

  std::span<const ContextRule> rules() const override { return costs_.model().context_rules(); }
  void time(std::span<const BatchWork> ranks, std::vector<SimTime>& stages) override;
  void commit() override;

  // All committed steps, host overhead not included.
  const StepTime& total() const { return total_; }

 private:
  const EngineConfig& config_;
  StepCosts& costs_;
  StepTime last_;
  StepTime total_;
};

}  // namespace moru
