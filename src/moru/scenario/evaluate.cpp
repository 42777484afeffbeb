#include "moru/scenario/evaluate.h"

#include "moru/base/registry.h"
#include "moru/base/text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace moru {

std::unique_ptr<ChipMapper> prepare_mapper(const std::string& mapper, const Chip& chip,
                                           const Deployment& deployment) {
  constexpr std::array<std::string_view, 4> kBackends = {"vllm", "sglang", "trtllm", "ideal"};
  if (std::find(kBackends.begin(), kBackends.end(), deployment.backend) == kBackends.end()) {
    fail(fmt::format("backend '{}' is not known{}; known: {}", deployment.backend,
                     did_you_mean(deployment.backend, std::span<const std::string_view>(kBackends)),
                     fmt::join(kBackends, ", ")));
  }
  const Software software{deployment.enforce_eager ? Execution::eager : Execution::graph,
                          deployment.backend, deployment.block_size};
  auto prepared = Registry<Mapper>::make(mapper, "mapper")->prepare(chip, software);
  if (!prepared) {
    throw Error(ErrorKind::infeasible, prepared.error().reason);
  }
  return std::move(*prepared);
}

Report evaluate(const Scenario& scenario, const Trace& trace, const EvaluateHooks& hooks) {
  Report report;
  report.scenario = scenario;
  report.model = load_model(scenario.model, scenario.deployment.quantization);
  report.chip = load_chip(scenario.chip);
  report.trace_name = trace.name;
  report.trace_format = trace.format;
  report.requests = static_cast<std::int64_t>(trace.requests.size());

  const auto mapper = prepare_mapper(scenario.mapper, report.chip, scenario.deployment);
  report.engine = resolve(scenario.deployment, report.model, report.chip);
  report.model.kv = report.engine.kv_dtype;
  StepCosts costs(report.model, report.engine.parallelism, *mapper);

  ServiceInput input;
  input.trace = &trace;
  input.max_model_len = report.engine.max_model_len;
  input.max_concurrency = scenario.load.max_concurrency.value_or(0);
  const Slo& slo = report.scenario.slo;
  const auto make_collector = [&] {
    auto collector =
        hooks.make_collector ? hooks.make_collector(slo) : std::make_unique<MetricsCollector>(slo);
    collector->each_request = hooks.each_request;
    return collector;
  };
  const double span = trace.requests.empty() ? 0 : to_seconds(trace.requests.back().arrival);
  std::function<void(double)> progress;
  if (hooks.progress) {
    progress = [&](double seconds) { hooks.progress(seconds, span); };
  }
  ServingResult result = serve(report.engine, costs, input, make_collector, progress);

  report.metrics = result.metrics();
  report.replicas = std::move(result.replicas);
  report.work = result.work;
  report.operators = std::move(result.operators);
  return report;
}

}  // namespace moru
