// What one step of a deployment does and draws: prompts alone, or output tokens alone. For
// comparison with measured power.
#pragma once

#include "moru/power/energy.h"
#include "moru/scenario/evaluate.h"

namespace moru {

// `batch` equal sequences: each with `new_tokens` to process after `context` cached ones. Per chip
// of the replica; busy is the predicted time of the step.
Activity step_activity(const Scenario& scenario, std::int64_t batch, std::int64_t new_tokens,
                       std::int64_t context);

struct PhasePower {
  Activity prompt;  // of one step with the whole prompts
  Activity token;   // of one step with an output token of each sequence, half-way through
  double prompt_watts = 0;
  double token_watts = 0;
  double average_watts = 0;  // of the whole request batch, by predicted times
};

// A batch of equal requests served alone, at the facts' values.
PhasePower phase_power(const Scenario& scenario, const FactBook& facts, std::int64_t batch,
                       std::int64_t prompt_tokens, std::int64_t output_tokens);
// The same of a scenario made ready, to be asked many times.
PhasePower phase_power(ReadyScenario& service, const FactBook& facts, std::int64_t batch,
                       std::int64_t prompt_tokens, std::int64_t output_tokens);

}  // namespace moru
