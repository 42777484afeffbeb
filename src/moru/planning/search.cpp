#include "moru/planning/search.h"

#include "moru/base/catalogue.h"
#include "moru/economics/service_cost.h"
#include "moru/scenario/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

namespace moru {
namespace {

// Kernels may run above the datasheet's clock: the bound allows for it.
constexpr double kClockHeadroom = 1.1;

std::vector<std::string> default_chips() {
  std::vector<std::string> chips;
  for (const std::string& id : catalogue_ids(kChips)) {
    const Chip chip = load_chip(id);
    if (chip.status == ChipStatus::shipping && chip.marketed_for_datacentre.value_or(false) &&
        chip.missing_for_simulation().empty()) {
      chips.push_back(id);
    }
  }
  return chips;
}

double fastest_rate(const Chip& chip) {
  double fastest = 0;
  for (const auto& [name, dtype] : EnumNames<DType>::values) {
    if (const auto rate = chip.matrix_rate(dtype)) {
      fastest = std::max(fastest, rate->value);
    }
  }
  return fastest * kClockHeadroom;
}

struct Candidate {
  std::string id;
  Chip chip;
  Deployment deployment;
  double hour = 0;  // USD of one chip
  int fewest = 1;
  double least_cost() const { return fewest * deployment.chips() * hour; }
};

class PlanSearch {
 public:
  PlanSearch(const Scenario& scenario, const Trace& trace, const SearchSpace& space,
             const FactBook& facts)
      : scenario_(scenario),
        trace_(trace),
        space_(space),
        facts_(facts),
        model_(load_model(scenario.model, scenario.deployment.quantization)) {}

  PlanReport run(bool uses_bounds) {
    PlanReport report;
    report.scenario = scenario_;
    std::vector<Candidate> candidates = all(uses_bounds);
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const auto& a, const auto& b) { return a.least_cost() < b.least_cost(); });
    for (const Candidate& candidate : candidates) {
      report.deployments.push_back(judge(candidate, uses_bounds));
    }
    report.served = served_;
    std::stable_sort(report.deployments.begin(), report.deployments.end(),
                     [](const PlannedDeployment& a, const PlannedDeployment& b) {
                       return std::pair(a.outcome, a.usd_per_hour) <
                              std::pair(b.outcome, b.usd_per_hour);
                     });
    return report;
  }

 private:
  std::vector<Candidate> all(bool uses_bounds) const {
    std::vector<Candidate> candidates;
    const std::vector<int> splits =
        space_.tensor_parallel.empty() ? std::vector<int>{1, 2, 4, 8} : space_.tensor_parallel;
    const std::vector<std::int64_t> budgets = space_.batched_tokens.empty()
                                                  ? std::vector<std::int64_t>{2048, 8192}
                                                  : space_.batched_tokens;
    for (const std::string& id : space_.chips.empty() ? default_chips() : space_.chips) {
      const Chip chip = load_chip(id);
      const double hour = chip_hour_cost(facts_, chip);
      for (const int split : splits) {
        for (const std::int64_t budget : budgets) {
          Candidate one{chip.id, chip, scenario_.deployment, hour, 1};
          one.deployment.tensor_parallel_size = split;
          one.deployment.max_num_batched_tokens = budget;
          one.deployment.replicas = 1;
          if (uses_bounds) {
            one.fewest =
                fewest_replicas(chip, model_, one.deployment.parallelism(), trace_, scenario_.slo);
          }
          candidates.push_back(std::move(one));
        }
      }
    }
    return candidates;
  }

  double price(const Candidate& candidate, int replicas) const {
    return replicas * candidate.deployment.chips() * candidate.hour;
  }

  PlannedDeployment judge(const Candidate& candidate, bool uses_bounds) {
    PlannedDeployment planned;
    planned.chip = candidate.id;
    planned.is_price_stated = candidate.chip.price.has_value();
    planned.deployment = candidate.deployment;
    planned.deployment.replicas = candidate.fewest;
    planned.usd_per_hour = candidate.least_cost();
    const int most = uses_bounds ? affordable(candidate) : space_.most_replicas;
    if (most < candidate.fewest) {
      planned.outcome = Outcome::too_dear;
      planned.short_of = fmt::format("costs at least {:.2f} USD/h", planned.usd_per_hour);
      return planned;
    }
    try {
      if (uses_bounds) {
        halve(candidate, most, planned);
      } else {
        scan(candidate, most, planned);
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::infeasible) {
        throw;
      }
      planned.outcome = Outcome::infeasible;
      planned.short_of = error.what();
    }
    return planned;
  }

  // Most replicas that cost less than the best known deployment.
  int affordable(const Candidate& candidate) const {
    if (!best_) {
      return space_.most_replicas;
    }
    const int most = static_cast<int>(std::ceil(*best_ / price(candidate, 1) - 1e-9)) - 1;
    return std::min(most, space_.most_replicas);
  }

  void scan(const Candidate& candidate, int most, PlannedDeployment& planned) {
    for (int replicas = candidate.fewest; replicas <= most; ++replicas) {
      if (meets(candidate, replicas, planned)) {
        return;
      }
    }
  }

  // More replicas never serve fewer requests well (up to the luck of the router), so the fewest
  // that do are found by halving; if the most that could win do not, none do.
  void halve(const Candidate& candidate, int most, PlannedDeployment& planned) {
    int failed = candidate.fewest - 1;
    int good = 0;
    // Without a best yet, double; else try the most at once.
    for (int next = best_ ? most : candidate.fewest; good == 0 && failed < most;
         next = std::min(most, 2 * next)) {
      if (meets(candidate, next, planned)) {
        good = next;
      } else {
        failed = next;
        if (is_idle_) {
          return;
        }
      }
    }
    while (good - failed > 1) {
      const int middle = failed + (good - failed) / 2;
      PlannedDeployment smaller = planned;
      if (meets(candidate, middle, smaller)) {
        good = middle;
        planned = std::move(smaller);
      } else {
        failed = middle;
      }
    }
    if (good == 0 && best_) {
      planned.outcome = Outcome::too_dear;
      planned.usd_per_hour = price(candidate, failed + 1);
      planned.short_of = fmt::format("misses with {}; {} would cost {:.2f} USD/h", failed,
                                     failed + 1, planned.usd_per_hour);
    }
  }

  // Serves the trace and enters what came of it.
  bool meets(const Candidate& candidate, int replicas, PlannedDeployment& planned) {
    Scenario scenario = scenario_;
    scenario.chip = candidate.id;
    scenario.deployment = candidate.deployment;
    scenario.deployment.replicas = replicas;
    planned.deployment = scenario.deployment;
    planned.usd_per_hour = price(candidate, replicas);
    ++served_;
    const std::optional<Report> report = serve_while_good(scenario, candidate.chip);
    is_idle_ = report && is_idle(*report);
    if (report) {
      planned.attainment = report->metrics.attainment();
      planned.ttft_ms = report->metrics.ttft_ms.quantile(0.99);
      planned.tpot_ms = report->metrics.tpot_ms.quantile(0.99);
    }
    if (report && report->meets_slo() && report->metrics.rejected == 0) {
      planned.outcome = Outcome::meets;
      best_ = best_ ? std::min(*best_, planned.usd_per_hour) : planned.usd_per_hour;
      planned.short_of.clear();
      return true;
    }
    planned.outcome = Outcome::misses;
    planned.short_of =
        report ? fmt::format("{:.1f}% within the objective; p99 TTFT {:.0f} ms, TPOT {:.1f} ms",
                             planned.attainment * 100, planned.ttft_ms, planned.tpot_ms)
               : fmt::format("more than {:.1f}% of the requests miss the objective",
                             (1 - scenario_.slo.attainment) * 100);
    return false;
  }

  // Ends the run as soon as more requests have missed than may: nothing can mend that.
  std::optional<Report> serve_while_good(const Scenario& scenario, const Chip& chip) const {
    struct TooManyMissed {};
    const Slo& slo = scenario.slo;
    const auto all = static_cast<double>(trace_.requests.size());
    const double allowed = (1 - slo.attainment) * all + 1e-6;
    double missed = 0;
    EvaluateHooks hooks;
    hooks.make_collector = [&](const Slo& objective) {
      missed = 0;
      return std::make_unique<MetricsCollector>(objective);
    };
    hooks.each_request = [&](const RequestState& request) {
      missed += is_good(request, slo) ? 0 : 1;
      if (missed > allowed) {
        throw TooManyMissed{};
      }
    };
    try {
      return ReadyScenario(scenario, chip).evaluate(trace_, hooks);
    } catch (const TooManyMissed&) {
      return std::nullopt;
    }
  }

  static bool is_good(const RequestState& request, const Slo& slo) {
    const double ttft = to_seconds(request.first_sent - request.arrival);
    const double whole = to_seconds(request.last_token - request.arrival);
    const int gaps = request.output - 1;
    const double tpot = gaps > 0 ? to_seconds(request.last_token - request.first_sent) / gaps : 0;
    return (!slo.ttft || ttft <= slo.ttft->value) && (!slo.tpot || tpot <= slo.tpot->value) &&
           (!slo.e2el || whole <= slo.e2el->value);
  }

  // Nothing waits and it still misses: more replicas change nothing.
  static bool is_idle(const Report& report) {
    const double mean_wait = report.metrics.queue_ms.mean();
    double busy = 0;
    for (const ReplicaTotals& replica : report.replicas) {
      busy += to_seconds(replica.busy);
    }
    const double span =
        report.metrics.duration_seconds() * static_cast<double>(report.replicas.size());
    return mean_wait < 1 && busy < 0.05 * span;
  }

  const Scenario& scenario_;
  const Trace& trace_;
  const SearchSpace& space_;
  const FactBook& facts_;
  Model model_;
  std::optional<double> best_;
  bool is_idle_ = false;  // the last run
  int served_ = 0;
};

}  // namespace

const PlannedDeployment* PlanReport::best() const {
  return !deployments.empty() && deployments.front().outcome == Outcome::meets
             ? &deployments.front()
             : nullptr;
}

double chip_hour_cost(const FactBook& facts, const Chip& chip) {
  Ledger ledger(facts);
  const ChipCost cost = enter_chip_cost(ledger, chip);
  const double kilowatts = cost.tdp * ledger.fact("it_power_over_tdp") * ledger.fact("pue") * 1e-3;
  return enter_chip_hour(ledger, cost) + kilowatts * ledger.fact("electricity");
}

int fewest_replicas(const Chip& chip, const Model& model, const Parallelism& parallelism,
                    const Trace& trace, const Slo& slo) {
  // Good requests end within their objective; the last of them at the latest this long after the
  // last arrival. Without a bound on the end of a request there is none on the work.
  double last = 0;
  std::vector<double> tokens;
  for (const Request& request : trace.requests) {
    double allowed = std::numeric_limits<double>::infinity();
    if (slo.e2el) {
      allowed = slo.e2el->value;
    } else if (slo.ttft && slo.tpot) {
      allowed = slo.ttft->value + slo.tpot->value * request.output_tokens;
    }
    last = std::max(last, to_seconds(request.arrival) + allowed);
    // Prompts that share prefixes may be cached; outputs never are.
    tokens.push_back(request.output_tokens - 1.0 +
                     (trace.segments.empty() ? request.prompt_tokens : 1.0));
  }
  const double rate = fastest_rate(chip) * parallelism.chips();
  if (!std::isfinite(last) || last <= 0 || rate <= 0) {
    return 1;
  }
  // The requests with the least work may be the good ones.
  std::sort(tokens.begin(), tokens.end());
  const auto good = static_cast<std::size_t>(slo.attainment * static_cast<double>(tokens.size()));
  double sum = 0;
  for (std::size_t i = 0; i < good; ++i) {
    sum += tokens[i];
  }
  const ParameterCount parameters = count_parameters(model);
  const double work = 2 * std::max(0.0, parameters.active - parameters.embedding) * sum;
  return std::max(1, static_cast<int>(std::ceil(work / (rate * last) - 1e-9)));
}

PlanReport plan_deployment(const Scenario& scenario, const Trace& trace, const SearchSpace& space,
                           const FactBook& facts, bool uses_bounds) {
  return PlanSearch(scenario, trace, space, facts).run(uses_bounds);
}

}  // namespace moru
