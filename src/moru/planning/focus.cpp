#include "moru/planning/focus.h"

#include "moru/economics/service_cost.h"
#include "moru/power/area.h"
#include "moru/scenario/service_economics.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace moru {
namespace {

// Area, power and materials of a chip from its parts alone, so that a change shows.
struct PartsCost {
  double area = 0;
  double watts = 0;
  double dollars = 0;
};

// A chip whose stated area and TDP follow those of its parts.
Chip without_stated_parts(Chip chip) {
  for (Die& die : chip.dies) {
    die.area.reset();
  }
  chip.power.tdp.reset();
  chip.price.reset();
  return chip;
}

PartsCost parts_cost(const FactBook& facts, const Chip& chip) {
  Ledger ledger(facts);
  const ChipCost cost = enter_chip_cost(ledger, without_stated_parts(chip));
  return {cost.die_area, cost.tdp, cost.bill};
}

double relative(double with, double base) { return base > 0 ? with / base - 1 : 0; }

FocusMetrics relative(const FocusMetrics& with, const FocusMetrics& base) {
  return {relative(with.goodput, base.goodput),
          relative(with.capacity, base.capacity),
          relative(with.ttft_ms, base.ttft_ms),
          relative(with.tpot_ms, base.tpot_ms),
          relative(with.e2el_ms, base.e2el_ms),
          relative(with.usd_per_million_tokens, base.usd_per_million_tokens),
          relative(with.joules_per_token, base.joules_per_token)};
}

// Bandwidth of stacked memory is bought with stacks: so many more of them at equal capacity cost
// their share of the memory's price, which parts alone do not show.
double memory_dollars(const FactBook& facts, const Chip& chip, const Resource& resource,
                      double factor) {
  if (resource.name != "memory_bandwidth") {
    return 0;
  }
  Ledger ledger(facts);
  const double with = enter_chip_cost(ledger, without_stated_parts(chip)).bill;
  Chip half = chip;
  half.memory.front().capacity->value = half.memory.front().capacity->value * factor;
  Ledger more(facts);
  return enter_chip_cost(more, without_stated_parts(half)).bill - with;
}

class Focus {
 public:
  Focus(const Scenario& scenario, const Trace& trace, const FactBook& facts)
      : scenario_(scenario),
        trace_(trace),
        facts_(facts),
        chip_(load_chip(scenario.chip)),
        base_(focus_metrics(scenario, chip_, trace, facts)),
        parts_(parts_cost(facts, chip_)) {}

  FocusReport run(double step) {
    FocusReport report;
    report.scenario = scenario_;
    report.base = base_;
    report.bill = parts_.dollars;
    for (const Resource& resource : resources()) {
      if (resource.is_there(chip_)) {
        report.resources.push_back(sensitivity(resource, step));
      }
    }
    std::stable_sort(report.resources.begin(), report.resources.end(),
                     [](const Sensitivity& a, const Sensitivity& b) {
                       return a.relative.capacity > b.relative.capacity;
                     });
    for (const double budget : {0.01, 0.1, 0.5}) {
      report.spending.push_back(spend(budget, report.resources));
    }
    return report;
  }

 private:
  FocusMetrics metrics(const Chip& chip) const {
    return focus_metrics(scenario_, chip, trace_, facts_);
  }

  static Chip scaled(const Chip& chip, const Resource& resource, double factor) {
    Chip changed = chip;
    resource.scale(changed, factor);
    return changed;
  }

  double dollars_of(const Chip& chip, const Resource& resource, double factor) const {
    return parts_cost(facts_, scaled(chip, resource, factor)).dollars -
           parts_cost(facts_, chip).dollars + memory_dollars(facts_, chip, resource, factor);
  }

  Sensitivity sensitivity(const Resource& resource, double step) {
    const Chip changed = scaled(chip_, resource, 1 + step);
    Sensitivity one;
    one.resource = resource.name;
    one.meaning = resource.meaning;
    one.step = step;
    one.with = metrics(changed);
    one.relative = relative(one.with, base_);
    const PartsCost parts = parts_cost(facts_, changed);
    one.area = parts.area - parts_.area;
    one.watts = parts.watts - parts_.watts;
    one.dollars = dollars_of(chip_, resource, 1 + step);
    const double gained = one.relative.capacity * 100;
    one.per_percent = gained / (step * 100);
    const auto per = [gained](double cost) {
      return cost > 1e-6 ? std::optional<double>(gained / cost) : std::nullopt;
    };
    one.per_area = per(one.area);
    one.per_watt = per(one.watts);
    one.per_dollar = per(one.dollars);
    one.stops_at = stops_at(resource, one.relative.capacity / std::log1p(step));
    return one;
  }

  // Where the next percent gains less than a tenth of what the first did.
  std::optional<double> stops_at(const Resource& resource, double first) {
    if (first <= 1e-4) {
      return std::nullopt;
    }
    constexpr std::array kFactors = {1.25, 1.5, 2.0, 3.0, 4.0};
    double before = 1;
    double capacity = base_.capacity;
    for (const double factor : kFactors) {
      const double now = metrics(scaled(chip_, resource, factor)).capacity;
      if (std::log(now / capacity) / std::log(factor / before) < first / 10) {
        return before;
      }
      before = factor;
      capacity = now;
    }
    return std::nullopt;
  }

  // Greedy: every part of the budget goes where it gains most, the chip being measured anew.
  Spending spend(double budget, const std::vector<Sensitivity>& known) {
    Spending spending;
    spending.budget = budget;
    constexpr int kParts = 3;
    // Only what gained anything is tried again.
    std::vector<const Resource*> candidates;
    for (const Sensitivity& one : known) {
      if (one.relative.capacity > 1e-4 && one.per_dollar && candidates.size() < 4) {
        candidates.push_back(find_resource(one.resource));
      }
    }
    Chip chip = chip_;
    double capacity = base_.capacity;
    for (int part = 0; part < kParts && !candidates.empty(); ++part) {
      const double dollars = budget / kParts * parts_.dollars;
      const Resource* best = nullptr;
      Chip best_chip;
      double best_capacity = capacity;
      for (const Resource* resource : candidates) {
        // What the money buys, by the price of one percent.
        const double price = dollars_of(chip, *resource, 1.01);
        if (price <= 0) {
          continue;
        }
        Chip changed = scaled(chip, *resource, 1 + 0.01 * std::min(dollars / price, 300.0));
        const double now = metrics(changed).capacity;
        if (now > best_capacity) {
          best = resource;
          best_chip = std::move(changed);
          best_capacity = now;
        }
      }
      if (best == nullptr) {
        break;
      }
      spending.order.emplace_back(best->name);
      chip = std::move(best_chip);
      capacity = best_capacity;
    }
    spending.capacity = capacity / base_.capacity - 1;
    return spending;
  }

  const Scenario& scenario_;
  const Trace& trace_;
  const FactBook& facts_;
  Chip chip_;
  FocusMetrics base_;
  PartsCost parts_;
};

}  // namespace

FocusMetrics focus_metrics(const Scenario& scenario, const Chip& chip, const Trace& trace,
                           const FactBook& facts) {
  ReadyScenario service(scenario, chip);
  FocusMetrics metrics;
  const Report as_it_arrives = service.evaluate(trace);
  if (as_it_arrives.metrics.completed == 0) {
    return metrics;
  }
  const ServingMetrics& served = as_it_arrives.metrics;
  metrics.goodput = static_cast<double>(served.good) / std::max(1e-9, served.duration_seconds());
  metrics.ttft_ms = served.ttft_ms.mean();
  metrics.tpot_ms = served.tpot_ms.mean();
  metrics.e2el_ms = served.e2el_ms.mean();
  Trace at_once = trace;
  for (Request& request : at_once.requests) {
    request.arrival = 0;
  }
  const Report full = service.evaluate(at_once);
  metrics.capacity =
      static_cast<double>(full.metrics.completed) / std::max(1e-9, full.metrics.duration_seconds());
  Ledger ledger(facts);
  const ServiceFigures figures = enter_service(ledger, chip, service_work(full));
  metrics.usd_per_million_tokens = figures.usd;
  metrics.joules_per_token = figures.joules_per_token;
  return metrics;
}

FocusReport focus(const Scenario& scenario, const Trace& trace, const FactBook& facts,
                  double step) {
  // vLLM's defaults depend on the chip's memory: those of the chip as it is hold for its variants.
  Scenario pinned = scenario;
  const ReadyScenario base(scenario);
  const EngineConfig& engine = base.prepared().engine;
  pinned.deployment.max_num_seqs = engine.max_num_seqs;
  pinned.deployment.max_num_batched_tokens = engine.max_num_batched_tokens;
  return Focus(pinned, trace, facts).run(step);
}

}  // namespace moru
