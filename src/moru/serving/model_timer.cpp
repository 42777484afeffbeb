#include "moru/serving/model_timer.h"

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

// What a rank without requests runs so that the others' collectives find their partner: one token.
BatchWork dummy_batch(std::size_t rules) {
  BatchWork work;
  work.tokens = 1;
  work.sampled = 1;
  work.sequences = 1;
  work.contexts.resize(rules);
  for (ContextWork& context : work.contexts) {
    context.decode = {1, 1, 1, 1, 1};
  }
  return work;
}

}  // namespace

void ModelTimer::time(std::span<const BatchWork> ranks, std::vector<SimTime>& stages) {
  // Ranks that step together pad to the largest of them.
  std::int64_t tokens = 1;
  for (const BatchWork& work : ranks) {
    tokens = std::max(tokens, work.tokens);
  }
  const std::int64_t padded = padded_tokens(config_, tokens);
  stages.clear();
  last_ = {};
  for (int stage = 0; stage < config_.parallelism.pipeline; ++stage) {
    StepTime slowest;
    for (const BatchWork& work : ranks) {
      const StepTime time = costs_.step(
          work.tokens > 0 ? work : dummy_batch(work.contexts.size()), padded, stage);
      if (time.seconds > slowest.seconds) {
        slowest = time;
      }
    }
    last_.add(slowest);
    const double seconds = slowest.seconds + (stage == 0 ? config_.step_overhead_seconds : 0);
    stages.push_back(std::max<SimTime>(1, std::llround(seconds * 1e9)));
  }
}

void ModelTimer::commit() {
  total_.add(last_);
  for (int stage = 0; stage < config_.parallelism.pipeline; ++stage) {
    costs_.record(stage);
  }
}

}  // namespace moru
