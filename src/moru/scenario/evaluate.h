// evaluate(Scenario) -> Report: the heart of moru. Everything else reads a Report or makes many.
#pragma once

#include "moru/scenario/scenario.h"
#include "moru/serving/engine.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace moru {

struct Report {
  Scenario scenario;
  Model model;
  Chip chip;
  EngineConfig engine;
  std::string trace_name;
  std::string trace_format;
  std::int64_t requests = 0;
  ServingMetrics metrics;
  std::vector<ReplicaTotals> replicas;
  std::optional<FleetTotals> fleet;  // where it may change
  StepTime work;  // of all steps of one chip of each replica, summed over replicas
  std::vector<OperatorTotal> operators;
  // Of the busy time, what the prompts would take in steps of their own; the rest made output.
  double prompt_share = 0;

  // Chips that the service uses, at first.
  int chips() const { return engine.parallelism.chips() * engine.replicas; }
  // Replicas that it held on average.
  double mean_replicas() const {
    const double seconds = metrics.duration_seconds();
    return fleet && seconds > 0 ? fleet->replica_seconds / seconds : engine.replicas;
  }
  bool meets_slo() const { return metrics.attainment() >= scenario.slo.attainment; }
};

// What a caller wants to see while the service runs.
struct EvaluateHooks {
  std::function<void(const RequestState&)> each_request;
  // Replaces the plain collector, for time lines.
  std::function<std::unique_ptr<MetricsCollector>(const Slo&)> make_collector;
  std::function<void(double seconds, double of)> progress;
};

// Puts something around a mapper, such as corrections from measurements.
using MapperAdjustment = std::function<std::unique_ptr<ChipMapper>(std::unique_ptr<ChipMapper>)>;

// A scenario made ready to serve any number of traces: step times are computed once and kept.
class ReadyScenario {
 public:
  // Throws Error, of kind infeasible if the model does not fit.
  explicit ReadyScenario(const Scenario& scenario);
  // On a chip that is not the scenario's: a variant of it. `adjust` may wrap the mapper.
  ReadyScenario(const Scenario& scenario, const Chip& chip, const MapperAdjustment& adjust = {});
  ReadyScenario(const ReadyScenario&) = delete;
  ReadyScenario& operator=(const ReadyScenario&) = delete;
  ~ReadyScenario();

  Report evaluate(const Trace& trace, const EvaluateHooks& hooks = {});
  // From now on, as Load::max_concurrency; 0: no limit.
  void limit_concurrency(std::int64_t requests) { base_.scenario.load.max_concurrency = requests; }
  // What it was prepared with; the figures of a run are empty.
  const Report& prepared() const { return base_; }
  // Of its steps, for who asks about single ones; recorded uses are those of the last run.
  StepCosts& costs() { return *costs_; }

 private:
  Report base_;
  std::unique_ptr<ChipMapper> mapper_;
  std::unique_ptr<StepCosts> costs_;
};

// Serves `trace` (from load_requests()) under the scenario. Throws Error.
Report evaluate(const Scenario& scenario, const Trace& trace, const EvaluateHooks& hooks = {});

// A mapper made ready for a chip, or Error of kind infeasible.
std::unique_ptr<ChipMapper> prepare_mapper(const std::string& mapper, const Chip& chip,
                                           const Deployment& deployment);

}  // namespace moru
