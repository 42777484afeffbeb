// A deployment made ready once and asked many times.
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
    StepTime work;
  };
  // `max_sequences`: instead of the deployment's limit, 0 for none.
  Answer serve_trace(const Trace& trace, std::int64_t max_concurrency);

  const EngineConfig& engine() const { return engine_; }
  const Model& model() const { return model_; }
  const Chip& chip() const { return chip_; }
  StepCosts& costs() { return *costs_; }

  // A batch of equal requests, one at a time: seconds of the step that processes all prompts, and
  // mean seconds of the decode steps after it. Prompts beyond the token budget take several steps.
  double prompt_seconds(std::int64_t batch, std::int64_t prompt);
  double token_seconds(std::int64_t batch, std::int64_t prompt, std::int64_t output);

 private:
  double step_seconds(const BatchWork& work);

  Model model_;
  Chip chip_;
  std::unique_ptr<ChipMapper> mapper_;
  std::unique_ptr<MeasuredTimes> times_;
  std::unique_ptr<ChipMapper> corrected_;
  EngineConfig engine_;
  std::unique_ptr<StepCosts> costs_;
};

// `count` requests of these lengths, all there at time zero. `spread`: lengths are drawn evenly from
// [(1 - spread) x length, length].
Trace equal_requests(std::int64_t count, std::int64_t prompt, std::int64_t output, double spread);

}  // namespace moru
