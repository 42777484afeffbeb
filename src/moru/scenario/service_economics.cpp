#include "moru/scenario/service_economics.h"

#include "moru/base/catalogue.h"

namespace moru {
namespace {

double busy_seconds(const Report& report) {
  double busy = 0;
  for (const ReplicaTotals& replica : report.replicas) {
    busy += to_seconds(replica.busy);
  }
  return busy;
}

DType compute_format(const Report& report) {
  return report.chip.compute_dtype(report.model.weights.mlp, report.model.weights.activation);
}

}  // namespace

ServiceWork service_work(const Report& report) {
  const Parallelism& parallelism = report.engine.parallelism;
  // report.work is that of one chip of every stage, summed over stages and replicas.
  const double shares = static_cast<double>(parallelism.chips()) / parallelism.pipeline;
  ServiceWork work;
  work.seconds = report.metrics.duration_seconds();
  work.chips = report.mean_replicas() * parallelism.chips();
  work.activity.busy = busy_seconds(report) * parallelism.chips();
  work.activity.flops = report.work.flops * shares;
  work.activity.memory_bytes = report.work.memory_bytes * shares;
  work.activity.link_bytes = report.work.link_bytes * shares;
  work.input_tokens = static_cast<double>(report.metrics.input_tokens);
  work.output_tokens = static_cast<double>(report.metrics.output_tokens);
  work.prompt_share = report.prompt_share;
  work.compute = compute_format(report);
  return work;
}

FactBook scenario_facts(const Scenario& scenario) {
  return load_facts(scenario.prices.empty() ? ""
                                            : expand_path(scenario.prices, scenario.base_folder));
}

Estimates economics_of(const Report& report, const FactBook& facts) {
  const ServiceWork work = service_work(report);
  return estimate(facts, [&](Ledger& ledger) { enter_service(ledger, report.chip, work); });
}

double busy_power(const Report& report, const FactBook& facts) {
  return average_power(facts, report.chip, compute_format(report), service_work(report).activity);
}

}  // namespace moru
