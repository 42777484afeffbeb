// What a plan loses with one of its sources.
#include "moru/base/text.h"
#include "moru/planning/demand.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

bool is_named(const PlanSupply& source, const std::string& name) {
  return to_lower(source.supplier) == to_lower(name) || to_lower(source.country) == to_lower(name);
}

double at(const DemandResult& result, Month month, const std::string& id) {
  return result.estimates.at(to_string(month) + "." + id).mid;
}

}  // namespace

DemandPlan without(const DemandPlan& plan, const std::string& name) {
  DemandPlan rest = plan;
  rest.supply.clear();
  std::vector<std::string> names;
  for (const PlanSupply& source : plan.supply) {
    names.push_back(source.supplier);
    names.push_back(source.country);
    PlanSupply kept = source;
    if (is_named(source, name)) {
      // It stays listed, so that the plan still knows that it needs the input.
      kept.is_qualified = false;
    }
    rest.supply.push_back(std::move(kept));
  }
  const bool is_known =
      std::any_of(plan.supply.begin(), plan.supply.end(),
                  [&](const PlanSupply& source) { return is_named(source, name); });
  if (!is_known) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::erase(names, "");
    fail(fmt::format("the plan has no source called '{}'{}; it names {}", name,
                     did_you_mean(name, std::span<const std::string>(names)),
                     names.empty() ? "none" : join(std::span<const std::string>(names), ", ")));
  }
  // Second sources of what is lost start to be qualified when the loss happens.
  for (PlanSupply& source : rest.supply) {
    const bool is_lost_input =
        std::any_of(plan.supply.begin(), plan.supply.end(), [&](const PlanSupply& lost) {
          return lost.input == source.input && lost.is_qualified && is_named(lost, name);
        });
    source.is_qualified = source.is_qualified || (is_lost_input && !is_named(source, name));
  }
  return rest;
}

Loss loss_of(const DemandResult& base, const DemandResult& lost, const std::string& name) {
  Loss loss;
  loss.name = name;
  const Month last = base.months.back().month;
  loss.users_served = at(lost, last, "users_served");
  loss.users_served_before = at(base, last, "users_served");
  for (const DemandMonth& month : base.months) {
    loss.revenue_lost += std::max(0.0, at(base, month.month, "users_served") -
                                           at(lost, month.month, "users_served")) *
                         base.plan.revenue_per_user_per_month.value;
  }
  for (const auto& [word, input] : EnumNames<SupplyInput>::values) {
    const SupplyInput one = input;
    const auto loses = [&](const PlanSupply& source) {
      return source.input == one && is_named(source, name);
    };
    if (std::none_of(base.plan.supply.begin(), base.plan.supply.end(), loses)) {
      continue;
    }
    const PlanSupply* cheapest = nullptr;
    double available = 0;
    for (const PlanSupply& source : base.plan.supply) {
      const bool is_left = source.input == one && !is_named(source, name);
      if (is_left &&
          (cheapest == nullptr || source.price_ratio.value < cheapest->price_ratio.value)) {
        cheapest = &source;
        available = source.capacity.back().value * source.share.value;
      }
    }
    const double needed = at(lost, last, "needed_" + std::string(word));
    const double supplied = at(lost, last, "supply_" + std::string(word));
    loss.second_sources.push_back({one, cheapest == nullptr ? "" : cheapest->supplier,
                                   cheapest == nullptr ? 0 : cheapest->price_ratio.value,
                                   cheapest == nullptr ? 0 : cheapest->ready_in.value,
                                   std::max(0.0, needed - supplied), available});
  }
  return loss;
}

}  // namespace moru
