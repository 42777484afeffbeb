// A scenario made ready, asked what measurements of services ask.
#pragma once

#include "moru/scenario/evaluate.h"
#include "moru/validation/op_times.h"

#include <memory>

namespace moru {

class PreparedService {
 public:
  // Throws Error (infeasible, unknown names) as evaluate() does.
  // `op_times`: folder of measured operators that correct the mapper, or empty.
  PreparedService(const std::string& model, const std::string& chip, const Deployment& deployment,
                  const std::string& mapper, const std::string& op_times = {});

  struct Answer {
    ServingMetrics metrics;
    // Of the work: how far operator times may be off, relative to the prediction.
    double low = 1;
    double high = 1;
  };
  Answer serve_trace(const Trace& trace, std::int64_t max_concurrency);

  const EngineConfig& engine() const { return ready_.prepared().engine; }
  const Chip& chip() const { return ready_.prepared().chip; }
  StepCosts& costs() { return ready_.costs(); }
  ReadyScenario& ready() { return ready_; }

  // A batch of equal requests, one at a time: seconds of the step that processes all prompts, and
  // mean seconds of the decode steps after it. Prompts beyond the token budget take several steps.
  double prompt_seconds(std::int64_t batch, std::int64_t prompt);
  double token_seconds(std::int64_t batch, std::int64_t prompt, std::int64_t output);

 private:
  PreparedService(const Scenario& scenario, const Chip& chip, const std::string& op_times);
  double step_of(std::int64_t batch, const Sequence& each);

  ReadyScenario ready_;
};

// `count` requests of these lengths, all there at time zero. `spread`: lengths are drawn evenly
// from
// [(1 - spread) x length, length].
Trace equal_requests(std::int64_t count, std::int64_t prompt, std::int64_t output, double spread);

}  // namespace moru
