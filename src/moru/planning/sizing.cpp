#include "moru/planning/sizing.h"

#include "moru/scenario/evaluate.h"
#include "moru/trace/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

// A run must be long enough to reach a steady state: this many times the life of a request, within
// limits that keep a search below a second.
constexpr double kLives = 5;
constexpr double kFewest = 300;
constexpr double kMost = 2000;
// Halvings of the last factor of two: rates within 2%.
constexpr int kHalvings = 5;
constexpr double kSpread = 0.9;  // of lengths around their mean where no distribution is given

WorkloadSpec workload_of(const PlanTraffic& traffic) {
  if (!traffic.workload.empty()) {
    return load_workload(traffic.workload);
  }
  return random_workload({static_cast<std::int64_t>(std::llround(traffic.prompt_tokens.value)),
                          static_cast<std::int64_t>(std::llround(traffic.output_tokens.value)),
                          kSpread, 0});
}

Scenario scenario_of(const PlanTraffic& traffic, const PlanChip& chip, const Slo& slo) {
  Scenario scenario;
  scenario.model = traffic.model;
  scenario.chip = chip.chip;
  scenario.deployment = chip.deployment;
  scenario.slo = traffic.slo.value_or(slo);
  return scenario;
}

class Search {
 public:
  Search(const PlanTraffic& traffic, const PlanChip& chip, const Slo& slo)
      : service_(scenario_of(traffic, chip, slo)), spec_(workload_of(traffic)) {
    // The rate is what is searched; a daily curve would only blur it.
    spec_.arrivals.hourly_weights.clear();
  }

  Report run(double rate, double requests) {
    ArrivalOptions options;
    options.request_rate = rate;
    options.num_prompts = std::llround(requests);
    return service_.evaluate(generate(spec_, options));
  }

  Report at(double rate) { return run(rate, std::clamp(kLives * rate * life_, kFewest, kMost)); }

  // The last report that met the objective.
  Report best() {
    Report report = run(1e-3, 40);
    life_ = std::max(1e-3, report.metrics.e2el_ms.mean() * 1e-3);
    if (!report.meets_slo()) {
      throw Error(ErrorKind::infeasible,
                  fmt::format("{} on {} misses the objective even when idle: TTFT {:.0f} ms, TPOT "
                              "{:.1f} ms; loosen slo or use more chips per replica",
                              report.model.id, report.chip.id, report.metrics.ttft_ms.median(),
                              report.metrics.tpot_ms.median()));
    }
    rate_ = 0.5 / life_;
    double step = 2;
    double failed = 0;
    for (int doublings = 0; doublings < 24 && failed == 0; ++doublings) {
      failed = try_rate(rate_ * step, report) ? 0 : rate_ * step;
    }
    for (int i = 0; i < kHalvings && failed > 0; ++i) {
      const double middle = std::sqrt(rate_ * failed);
      failed = try_rate(middle, report) ? failed : middle;
    }
    return report;
  }
  double rate() const { return rate_; }

 private:
  bool try_rate(double rate, Report& best) {
    Report report = at(rate);
    if (!report.meets_slo() || report.metrics.rejected > 0) {
      return false;
    }
    best = std::move(report);
    rate_ = rate;
    return true;
  }

  ReadyScenario service_;
  WorkloadSpec spec_;
  double life_ = 1;
  double rate_ = 0;
};

}  // namespace

ReplicaSize size_replica(const PlanTraffic& traffic, const PlanChip& chip, const Slo& slo) {
  Search search(traffic, chip, slo);
  const Report report = search.best();
  const auto completed = static_cast<double>(std::max<std::int64_t>(1, report.metrics.completed));
  ReplicaSize size;
  size.traffic = traffic.name;
  size.chip = report.chip.id;
  size.chips = report.engine.parallelism.chips();
  size.requests_per_second = search.rate();
  if (report.work.low > 0) {
    size.factor_low = report.work.seconds / report.work.high;
    size.factor_high = report.work.seconds / report.work.low;
  }
  size.prompt_share = report.prompt_share;
  size.mean_prompt = static_cast<double>(report.metrics.input_tokens) / completed;
  size.mean_output = static_cast<double>(report.metrics.output_tokens) / completed;
  size.mean_ttft_ms = report.metrics.ttft_ms.mean();
  size.mean_tpot_ms = report.metrics.tpot_ms.mean();
  size.kv_bytes_per_token = kv_bytes_per_token(report.model);
  return size;
}

std::vector<ReplicaSize> size_replicas(const DemandPlan& plan) {
  std::vector<ReplicaSize> sizes;
  for (const PlanTraffic& traffic : plan.traffic) {
    for (const PlanChip& chip : plan.chips) {
      sizes.push_back(size_replica(traffic, chip, plan.slo));
    }
  }
  return sizes;
}

}  // namespace moru
