#include "moru/planning/demand.h"

#include <algorithm>

namespace moru {
namespace {

std::vector<Chip> chips_of(const DemandPlan& plan) {
  std::vector<Chip> chips;
  for (const PlanChip& one : plan.chips) {
    chips.push_back(load_chip(one.chip));
  }
  return chips;
}

std::vector<DemandMonth> months_of(const DemandPlan& plan, const Estimates& estimates) {
  std::vector<DemandMonth> months;
  for (int m = 0; m < plan.months; ++m) {
    DemandMonth one{*parse_month(plan.start) + m, {}, {}, {}};
    const std::string scope = to_string(one.month) + ".";
    double least = 1 - 1e-9;
    double least_high = least;
    for (const auto& [name, input] : EnumNames<SupplyInput>::values) {
      if (plan.wafers || !plan.needs(input)) {
        continue;
      }
      const Estimate& needed = estimates.at(scope + "needed_" + std::string(name));
      const Coverage coverage{input, needed.mid, needed.high,
                              estimates.at(scope + "supply_" + std::string(name)).mid};
      if (coverage.share_high() < least_high) {
        least_high = coverage.share_high();
        one.binding_high = input;
      }
      if (coverage.share() < least) {
        least = coverage.share();
        one.binding = input;
      }
      one.coverage.push_back(coverage);
    }
    months.push_back(std::move(one));
  }
  return months;
}

double served_in_the_end(const DemandPlan& plan, const Estimates& estimates) {
  const Month last = *parse_month(plan.start) + (plan.months - 1);
  return estimates.at(to_string(last) + ".users_served").mid;
}

// A book without ranges makes estimate() run once.
FactBook values_only(const FactBook& facts) {
  FactBook plain;
  for (const auto& [name, fact] : facts.all()) {
    Fact one = fact;
    one.low = one.high = std::nullopt;
    plain.add(name, std::move(one));
  }
  return plain;
}

// The plan's own numbers too.
DemandPlan values_only(DemandPlan plan) {
  const auto strip = [](auto& value) { value.low = value.high = std::nullopt; };
  for (Sourced<double>* value : {&plan.messages_per_user_per_day, &plan.daily_peak,
                                 &plan.utilisation, &plan.revenue_per_user_per_month}) {
    strip(*value);
  }
  if (plan.users) {
    strip(plan.users->growth_per_month);
    std::for_each(plan.users->points.begin(), plan.users->points.end(), strip);
  }
  for (PlanTraffic& one : plan.traffic) {
    for (Sourced<double>* value :
         {&one.requests_per_message, &one.prompt_tokens, &one.output_tokens, &one.work_factor}) {
      strip(*value);
    }
  }
  for (PlanSupply& one : plan.supply) {
    strip(one.share);
    strip(one.ready_in);
    std::for_each(one.capacity.begin(), one.capacity.end(), strip);
  }
  return plan;
}

std::optional<Marginal> marginal_of(const DemandResult& result, const FactBook& facts) {
  const DemandMonth* first = result.first_binding();
  if (first == nullptr) {
    return std::nullopt;
  }
  const SupplyInput input = *first->binding;
  // One hundredth more of every source.
  constexpr double kMore = 0.01;
  DemandPlan more = values_only(result.plan);
  for (PlanSupply& source : more.supply) {
    if (source.input == input) {
      for (PlanPoint& point : source.capacity) {
        point.value *= 1 + kMore;
      }
    }
  }
  const FactBook plain = values_only(facts);
  std::vector<ReplicaSize> sizes = result.sizes;
  for (ReplicaSize& size : sizes) {
    size.factor_low = size.factor_high = 1;
  }
  const std::vector<Chip> chips = chips_of(result.plan);
  const Estimates estimates =
      estimate(plain, [&](Ledger& ledger) { enter_demand(ledger, more, sizes, chips); });
  const std::string last = to_string(result.months.back().month);
  Marginal marginal;
  marginal.input = input;
  marginal.added =
      kMore * result.estimates.at(last + ".supply_" + std::string(enum_name(input))).mid;
  marginal.users =
      served_in_the_end(more, estimates) - served_in_the_end(result.plan, result.estimates);
  return marginal;
}

}  // namespace

const DemandMonth* DemandResult::first_binding() const {
  const auto found = std::find_if(months.begin(), months.end(),
                                  [](const DemandMonth& one) { return one.binding.has_value(); });
  return found == months.end() ? nullptr : &*found;
}

const DemandMonth* DemandResult::first_binding_high() const {
  const auto found = std::find_if(months.begin(), months.end(), [](const DemandMonth& one) {
    return one.binding_high.has_value();
  });
  return found == months.end() ? nullptr : &*found;
}

const Coverage* DemandResult::closest(Month* month) const {
  const Coverage* least = nullptr;
  for (const DemandMonth& one : months) {
    for (const Coverage& coverage : one.coverage) {
      if (least == nullptr || coverage.share() < least->share()) {
        least = &coverage;
        if (month != nullptr) {
          *month = one.month;
        }
      }
    }
  }
  return least;
}

DemandResult plan_demand(const DemandPlan& plan, const std::vector<ReplicaSize>& sizes,
                         const FactBook& facts) {
  DemandResult result;
  result.plan = plan;
  result.sizes = sizes;
  const std::vector<Chip> chips = chips_of(plan);
  result.estimates =
      estimate(facts, [&](Ledger& ledger) { enter_demand(ledger, plan, sizes, chips); });
  result.months = months_of(plan, result.estimates);
  if (!plan.wafers) {
    result.marginal = marginal_of(result, facts);
  }
  return result;
}

}  // namespace moru
