#include "moru/scenario/evaluate.h"

#include "moru/base/registry.h"
#include "moru/base/text.h"
#include "moru/serving/model_timer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace moru {
namespace {

// Seconds of one replica for the prompts of all requests in full steps that do nothing else.
double prompt_seconds(const Report& report, StepCosts& costs) {
  const ServingMetrics& metrics = report.metrics;
  const std::int64_t tokens = metrics.input_tokens - metrics.cached_tokens;
  if (metrics.completed == 0 || tokens <= 0) {
    return 0;
  }
  const std::int64_t budget = report.engine.max_num_batched_tokens;
  const std::int64_t length = std::max<std::int64_t>(1, tokens / metrics.completed);
  // Prompts longer than a step are cut into chunks, of which this is the middle one.
  const std::int64_t piece = std::min(length, budget);
  const std::int64_t context =
      metrics.cached_tokens / metrics.completed + (length > budget ? (length - budget) / 2 : 0);
  const BatchWork work = equal_batch_work(
      report.model.context_rules(), std::max<std::int64_t>(1, budget / piece), {piece, context});
  const double step = step_seconds(report.engine, costs, work);
  const double ranks = report.engine.parallelism.data;
  return step / report.engine.parallelism.pipeline * static_cast<double>(tokens) /
         (static_cast<double>(work.tokens) * ranks);
}

}  // namespace

std::unique_ptr<ChipMapper> prepare_mapper(const std::string& mapper, const Chip& chip,
                                           const Deployment& deployment) {
  constexpr std::array<std::string_view, 4> kBackends = {"vllm", "sglang", "trtllm", "ideal"};
  if (std::find(kBackends.begin(), kBackends.end(), deployment.backend) == kBackends.end()) {
    fail(fmt::format("backend '{}' is not known{}; known: {}", deployment.backend,
                     did_you_mean(deployment.backend, std::span<const std::string_view>(kBackends)),
                     fmt::join(kBackends, ", ")));
  }
  const Software software{deployment.enforce_eager ? Execution::eager : Execution::graph,
                          deployment.backend, deployment.block_size.value_or(16)};
  auto prepared = Registry<Mapper>::make(mapper, "mapper")->prepare(chip, software);
  if (!prepared) {
    throw Error(ErrorKind::infeasible, prepared.error().reason);
  }
  return std::move(*prepared);
}

ReadyScenario::ReadyScenario(const Scenario& scenario)
    : ReadyScenario(scenario, load_chip(scenario.chip)) {}

ReadyScenario::ReadyScenario(const Scenario& scenario, const Chip& chip,
                             const MapperAdjustment& adjust) {
  base_.scenario = scenario;
  base_.model = load_model(scenario.model, scenario.deployment.quantization);
  base_.chip = chip;
  mapper_ = prepare_mapper(scenario.mapper, base_.chip, scenario.deployment);
  if (adjust) {
    mapper_ = adjust(std::move(mapper_));
  }
  base_.engine = resolve(scenario.deployment, base_.model, base_.chip);
  base_.model.kv = base_.engine.kv_dtype;
  costs_ = std::make_unique<StepCosts>(base_.model, base_.engine.parallelism, *mapper_);
}

ReadyScenario::~ReadyScenario() = default;

Report ReadyScenario::evaluate(const Trace& trace, const EvaluateHooks& hooks) {
  Report report = base_;
  report.trace_name = trace.name;
  report.trace_format = trace.format;
  report.requests = static_cast<std::int64_t>(trace.requests.size());

  ServiceInput input;
  input.trace = &trace;
  input.max_model_len = report.engine.max_model_len;
  input.seed = base_.scenario.seed;
  input.max_concurrency = base_.scenario.load.max_concurrency.value_or(0);
  const Slo& slo = base_.scenario.slo;
  const bool has_priorities =
      std::any_of(trace.requests.begin(), trace.requests.end(),
                  [](const Request& request) { return request.priority != 0; });
  const auto make_collector = [&] {
    auto collector =
        hooks.make_collector ? hooks.make_collector(slo) : std::make_unique<MetricsCollector>(slo);
    collector->each_request = hooks.each_request;
    if (has_priorities) {
      collector->split_by_priority(base_.scenario.slo_by_priority);
    }
    return collector;
  };
  const double span = trace.requests.empty() ? 0 : to_seconds(trace.requests.back().arrival);
  std::function<void(double)> progress;
  if (hooks.progress) {
    progress = [&](double seconds) { hooks.progress(seconds, span); };
  }
  ServingResult result = serve(base_.engine, *costs_, input, make_collector, progress);

  report.metrics = result.metrics();
  report.replicas = std::move(result.replicas);
  report.fleet = result.fleet;
  report.work = result.work;
  report.operators = std::move(result.operators);
  double busy = 0;
  for (const ReplicaTotals& replica : report.replicas) {
    busy += to_seconds(replica.busy);
  }
  report.prompt_share = busy > 0 ? std::min(1.0, prompt_seconds(report, *costs_) / busy) : 0;
  return report;
}

Report evaluate(const Scenario& scenario, const Trace& trace, const EvaluateHooks& hooks) {
  return ReadyScenario(scenario).evaluate(trace, hooks);
}

}  // namespace moru
