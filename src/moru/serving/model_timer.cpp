#include "moru/serving/model_timer.h"

#include <algorithm>
#include <numeric>

namespace moru {
namespace {

// What a rank without requests runs so that the others' collectives find their partner: one token.
BatchWork dummy_batch(std::size_t rules) {
  BatchWork work;
  work.tokens = work.sampled = work.sequences = 1;
  work.contexts.resize(rules);
  for (ContextWork& context : work.contexts) {
    context.decode = {1, 1, 1, 1, 1};
  }
  return work;
}

bool has_prompts(const BatchWork& work) {
  return std::any_of(work.contexts.begin(), work.contexts.end(),
                     [](const ContextWork& context) { return context.prefill.sequences > 0; });
}

}  // namespace

// The tables remember the step last asked for, so the slowest rank, which all wait for and which
// counts, is asked for last.
double ModelTimer::slowest_rank(std::span<const BatchWork> ranks, std::int64_t padded, int stage) {
  if (ranks.size() == 1) {
    return costs_.seconds(ranks.front(), padded, stage);
  }
  double slowest = -1;
  const BatchWork* chosen = nullptr;
  for (const BatchWork& work : ranks) {
    const double seconds = work.tokens > 0 ? costs_.seconds(work, padded, stage) : 0;
    if (seconds > slowest) {
      slowest = seconds;
      chosen = &work;
    }
  }
  return costs_.seconds(chosen->tokens > 0 ? *chosen : dummy_batch(chosen->contexts.size()), padded,
                        stage);
}

void ModelTimer::time(std::span<const BatchWork> ranks, std::vector<SimTime>& stages) {
  // Ranks that step together pad to the largest of them.
  std::int64_t tokens = 1;
  for (const BatchWork& work : ranks) {
    tokens = std::max(tokens, work.tokens);
  }
  const bool is_held =
      is_recorded(config_, tokens) &&
      (config_.graphs_hold_prompts || std::none_of(ranks.begin(), ranks.end(), has_prompts));
  const std::int64_t padded = is_held ? padded_tokens(config_, tokens) : tokens;
  stages.clear();
  for (int stage = 0; stage < config_.parallelism.pipeline; ++stage) {
    double seconds = slowest_rank(ranks, padded, stage);
    if (!is_held) {
      seconds = std::max(seconds, costs_.host_seconds(stage));
    }
    seconds += stage == 0 ? config_.step_overhead_seconds : 0;
    stages.push_back(std::max<SimTime>(1, static_cast<SimTime>(seconds * 1e9 + 0.5)));
  }
}

void ModelTimer::commit() {
  for (int stage = 0; stage < config_.parallelism.pipeline; ++stage) {
    costs_.record(stage);
  }
}

double step_seconds(const EngineConfig& config, StepCosts& costs, const BatchWork& work) {
  ModelTimer timer(config, costs);
  std::vector<SimTime> stages;
  timer.time(std::span(&work, 1), stages);
  return to_seconds(std::accumulate(stages.begin(), stages.end(), SimTime{0}));
}

}  // namespace moru
