#include "moru/planning/plan_file.h"

#include "moru/base/fields_parse.h"
#include "moru/base/file.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

namespace moru {
namespace {

bool is_share(const Sourced<double>& value) {
  return value.value <= 1 && value.high.value_or(value.value) <= 1;
}

bool is_positive(const Sourced<double>& value) {
  return value.value > 0 && value.low.value_or(value.value) > 0;
}

void check_series(const FieldCheck& check, std::string_view field,
                  const std::vector<PlanPoint>& points) {
  check.require(!points.empty(), field, "needs at least one month");
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto before = parse_month(points[i - 1].month);
    const auto now = parse_month(points[i].month);
    check.require(
        !before || !now || *before < *now, field,
        fmt::format("months must go forward: {} follows {}", points[i].month, points[i - 1].month));
  }
}

// Replaces a source's short name by what it stands for.
template <class T>
void resolve(T& value, const std::map<std::string, std::string>& sources) {
  if (const auto found = sources.find(value.source); found != sources.end()) {
    value.source = found->second;
  }
}

void resolve_sources(DemandPlan& plan) {
  const auto& sources = plan.sources;
  const auto series = [&](std::vector<PlanPoint>& points) {
    for (PlanPoint& point : points) {
      resolve(point, sources);
    }
  };
  if (plan.users) {
    series(plan.users->points);
    resolve(plan.users->growth_per_month, sources);
  }
  if (plan.wafers) {
    resolve(plan.wafers->dram_per_month, sources);
    resolve(plan.wafers->hbm_share, sources);
  }
  for (Sourced<double>* value : {&plan.messages_per_user_per_day, &plan.daily_peak,
                                 &plan.utilisation, &plan.revenue_per_user_per_month}) {
    resolve(*value, sources);
  }
  for (PlanTraffic& one : plan.traffic) {
    for (Sourced<double>* value : {&one.requests_per_message, &one.prompt_tokens,
                                   &one.output_tokens, &one.work_factor, &one.context_tokens}) {
      resolve(*value, sources);
    }
  }
  for (PlanChip& one : plan.chips) {
    resolve(one.share, sources);
  }
  for (PlanSupply& one : plan.supply) {
    series(one.capacity);
    for (Sourced<double>* value : {&one.share, &one.ready_in, &one.price_ratio}) {
      resolve(*value, sources);
    }
  }
}

}  // namespace

void PlanPoint::validate(const FieldCheck& check) const {
  check.require(parse_month(month).has_value(), "month",
                fmt::format("'{}' is not a month; write 2026-03", month));
  check.require(value > 0 && low.value_or(value) > 0, "value", "must be above zero");
  check.require(low.value_or(value) <= value && value <= high.value_or(value), "value",
                "the value lies outside its own low..high range");
  check.require(trust.empty() || is_trust_flag(trust), "trust",
                "a trust flag is one of S, V, T, M, E, D");
}

void PlanUsers::validate(const FieldCheck& check) const {
  check_series(check, "points", points);
  check.require(growth_per_month.high.value_or(growth_per_month.value) <= 1, "growth_per_month",
                "more than doubling every month; 0.02 is 2% a month");
}

void PlanTraffic::validate(const FieldCheck& check) const {
  check.require(!name.empty() && name.find_first_of(" .-") == std::string::npos, "name",
                "must be one word without '.' and '-': figures are named after it");
  check.require(is_positive(prompt_tokens) && prompt_tokens.value >= 1, "prompt_tokens",
                "must be at least 1");
  check.require(is_positive(output_tokens) && output_tokens.value >= 1, "output_tokens",
                "must be at least 1");
  check.require(is_positive(requests_per_message), "requests_per_message", "must be above zero");
  check.require(is_positive(work_factor), "work_factor", "must be above zero");
  check.require(is_positive(context_tokens), "context_tokens", "must be above zero");
}

void PlanChip::validate(const FieldCheck& check) const {
  check.require(is_share(share) && is_positive(share), "share", "must be above 0 and at most 1");
  check.require(deployment.replicas == 1, "deployment",
                "is that of one replica: the plan computes how many there are");
}

void PlanSupply::validate(const FieldCheck& check) const {
  check_series(check, "capacity", capacity);
  check.require(is_share(share) && is_positive(share), "share", "must be above 0 and at most 1");
  check.require(is_positive(price_ratio), "price_ratio", "must be above zero");
  check.require(!supplier.empty(), "supplier", "must not be empty");
}

void PlanWafers::validate(const FieldCheck& check) const {
  check.require(is_positive(dram_per_month), "dram_per_month", "must be above zero");
  check.require(is_share(hbm_share) && is_positive(hbm_share), "hbm_share",
                "must be above 0 and at most 1");
}

void DemandPlan::validate(const FieldCheck& check) const {
  check.require(parse_month(start).has_value(), "start",
                fmt::format("'{}' is not a month; write 2026-03", start));
  check.require(months >= 1 && months <= 240, "months", "must be from 1 to 240");
  check.require(users.has_value() != wafers.has_value(), "users",
                "a plan states either users or wafers");
  check.require(is_positive(messages_per_user_per_day), "messages_per_user_per_day",
                "must be above zero");
  check.require(daily_peak.value >= 1 && daily_peak.low.value_or(1) >= 1, "daily_peak",
                "the busiest hour is at least the mean: 1 or more");
  check.require(is_share(utilisation) && is_positive(utilisation), "utilisation",
                "must be above 0 and at most 1");
  check.require(!traffic.empty(), "traffic", "needs at least one kind of requests");
  check.require(!chips.empty(), "chips", "needs at least one chip");
  double shares = 0;
  for (const PlanChip& chip : chips) {
    shares += chip.share.value;
  }
  check.require(chips.empty() || std::abs(shares - 1) < 1e-6, "chips",
                fmt::format("the shares add up to {:.4g}, not to 1", shares));
  std::set<std::string> names;
  for (const PlanTraffic& one : traffic) {
    check.require(names.insert(one.name).second, "traffic",
                  fmt::format("two kinds of traffic are called '{}'", one.name));
  }
}

bool DemandPlan::needs(SupplyInput input) const {
  return std::any_of(supply.begin(), supply.end(),
                     [input](const PlanSupply& source) { return source.input == input; });
}

DemandPlan plan_from(const Document& document) {
  DemandPlan plan = parse_document<DemandPlan>(document);
  plan.base_folder = std::filesystem::path(document.file).parent_path().string();
  if (plan.base_folder.empty()) {
    plan.base_folder = ".";
  }
  resolve_sources(plan);
  const auto in_folder = [&](std::string& name) {
    const std::string path = expand_path(name, plan.base_folder);
    name = !name.empty() && file_exists(path) ? path : name;
  };
  for (PlanTraffic& one : plan.traffic) {
    in_folder(one.model);
    in_folder(one.workload);
  }
  for (PlanChip& one : plan.chips) {
    in_folder(one.chip);
  }
  return plan;
}

DemandPlan load_plan(const std::string& name_or_path) {
  const bool is_file = name_or_path.find('/') != std::string::npos ||
                       name_or_path.ends_with(".yaml") || name_or_path.ends_with(".yml") ||
                       name_or_path.ends_with(".json");
  return plan_from(
      read_document(is_file ? name_or_path : require_in_catalogue(kPlans, name_or_path).path));
}

double series_at(const std::vector<PlanPoint>& points, const std::vector<double>& values,
                 Month month, double growth) {
  const auto at = [&](std::size_t i) { return *parse_month(points[i].month); };
  if (month <= at(0)) {
    return values.front();
  }
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (month <= at(i)) {
      const double part =
          static_cast<double>(month.index - at(i - 1).index) / (at(i).index - at(i - 1).index);
      return values[i - 1] * std::pow(values[i] / values[i - 1], part);
    }
  }
  return values.back() * std::pow(1 + growth, month.index - at(points.size() - 1).index);
}

}  // namespace moru
