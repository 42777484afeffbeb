// One step of a model on a chip, operator by operator.
#pragma once

#include "moru/scenario/evaluate.h"

#include <string>
#include <vector>

namespace moru {

// `batch` equal sequences, each with new_tokens to process after `context` cached ones.
struct StepQuestion {
  bool is_decode = true;
  std::int64_t batch = 1;
  std::int64_t new_tokens = 1;
  std::int64_t context = 0;
};

struct StepReport {
  Scenario scenario;
  StepQuestion question;
  Model model;
  Chip chip;
  EngineConfig engine;
  std::int64_t padded_tokens = 0;
  std::vector<CostedOperator> operators;  // of all pipeline stages, in execution order
  double operator_seconds = 0;            // their sum
  double low_seconds = 0;
  double high_seconds = 0;
  // What chips wait for the host, in steps that no recorded graph holds.
  double launch_wait_seconds = 0;
  double host_seconds = 0;  // that and what asynchronous scheduling does not hide
  double step_seconds = 0;  // with the host's share, as `simulate` uses it
};

// Throws Error.
StepReport map_step(const Scenario& scenario, const StepQuestion& question);

std::string step_text(const StepReport& report);

// The operators of the step named `name`, each with why it takes its time. Error with the names
// there are if none is called so.
struct ExplainedOperator {
  CostedOperator costed;
  Explanation explanation;
};
std::vector<ExplainedOperator> explain_operators(const StepReport& report, const std::string& name);
std::string explanation_text(const std::vector<ExplainedOperator>& operators);
// Schema moru/map-explain/1.
std::string explanation_json(const std::vector<ExplainedOperator>& operators);

// Schema moru/map/1.
std::string step_json(const StepReport& report);

}  // namespace moru
