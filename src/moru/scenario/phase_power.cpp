#include "moru/scenario/phase_power.h"

#include "moru/serving/model_timer.h"

namespace moru {
namespace {

Activity activity_of(const Report& prepared, StepCosts& costs, std::int64_t batch,
                     std::int64_t new_tokens, std::int64_t context) {
  const BatchWork work =
      equal_batch_work(prepared.model.context_rules(), batch, {new_tokens, context});
  ModelTimer timer(prepared.engine, costs);
  std::vector<SimTime> stages;
  timer.time(std::span(&work, 1), stages);
  const double share = 1.0 / static_cast<double>(stages.size());
  Activity activity;
  const std::int64_t padded = padded_tokens(prepared.engine, work.tokens);
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    // A chip works in its own stage and waits for the others, one of so many.
    activity.busy += to_seconds(stages[stage]);
    for (const CostedOperator& costed : costs.operators(work, padded, static_cast<int>(stage))) {
      activity.flops += share * costed.op.flops * costed.op.repeat;
      activity.memory_bytes += share * costed.cost.memory_bytes * costed.op.repeat;
      activity.link_bytes += share * costed.cost.link_bytes * costed.op.repeat;
    }
  }
  return activity;
}

}  // namespace

Activity step_activity(const Scenario& scenario, std::int64_t batch, std::int64_t new_tokens,
                       std::int64_t context) {
  ReadyScenario service(scenario);
  return activity_of(service.prepared(), service.costs(), batch, new_tokens, context);
}

PhasePower phase_power(const Scenario& scenario, const FactBook& facts, std::int64_t batch,
                       std::int64_t prompt_tokens, std::int64_t output_tokens) {
  ReadyScenario service(scenario);
  return phase_power(service, facts, batch, prompt_tokens, output_tokens);
}

PhasePower phase_power(ReadyScenario& service, const FactBook& facts, std::int64_t batch,
                       std::int64_t prompt_tokens, std::int64_t output_tokens) {
  const Report& prepared = service.prepared();
  PhasePower power;
  power.prompt = activity_of(prepared, service.costs(), batch, prompt_tokens, 0);
  power.token = activity_of(prepared, service.costs(), batch, 1, prompt_tokens + output_tokens / 2);
  const DType compute =
      prepared.chip.compute_dtype(prepared.model.weights.mlp, prepared.model.weights.activation);
  power.prompt_watts = average_power(facts, prepared.chip, compute, power.prompt);
  power.token_watts = average_power(facts, prepared.chip, compute, power.token);
  const double tokens = static_cast<double>(output_tokens) * power.token.busy;
  power.average_watts = (power.prompt_watts * power.prompt.busy + power.token_watts * tokens) /
                        (power.prompt.busy + tokens);
  return power;
}

}  // namespace moru
