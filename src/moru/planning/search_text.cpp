#include "moru/base/json_writer.h"
#include "moru/base/table.h"
#include "moru/planning/search.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace moru {
namespace {

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::meets:
      return "meets";
    case Outcome::misses:
      return "misses";
    case Outcome::too_dear:
      return "too_dear";
    case Outcome::infeasible:
      break;
  }
  return "infeasible";
}

std::string shape(const PlannedDeployment& one) {
  return fmt::format("{} x {} tp {}, {} replica{}", one.chips(), one.chip,
                     one.deployment.tensor_parallel_size, one.deployment.replicas,
                     one.deployment.replicas == 1 ? "" : "s");
}

}  // namespace

std::string plan_text(const PlanReport& report) {
  std::string text;
  const PlannedDeployment* best = report.best();
  if (best == nullptr) {
    text = "No deployment that was tried meets the objective.\n";
  } else {
    text = fmt::format(
        "{} serves {} for {:.2f} USD/h with {:.1f}% of the requests within the objective.\n",
        shape(*best), report.scenario.model, best->usd_per_hour, best->attainment * 100);
  }
  constexpr std::size_t kShown = 16;
  text += fmt::format("{} candidates, {} runs of the engine{}.\n\n", report.deployments.size(),
                      report.served,
                      report.deployments.size() > kShown
                          ? fmt::format("; the first {} are shown (`--json`: all)", kShown)
                          : "");
  Table table(
      {"deployment", "step tokens", "USD/h", "good", "p99 TTFT ms", "p99 TPOT ms", "short of"},
      {Align::left, Align::right, Align::right, Align::right, Align::right, Align::right,
       Align::left});
  for (std::size_t i = 0; i < std::min(kShown, report.deployments.size()); ++i) {
    const PlannedDeployment& one = report.deployments[i];
    const bool is_served = one.attainment > 0;
    table.row({shape(one), fmt::format("{}", one.deployment.max_num_batched_tokens.value_or(0)),
               fmt::format("{:.2f}", one.usd_per_hour),
               is_served ? fmt::format("{:.1f}%", one.attainment * 100) : "",
               is_served ? fmt::format("{:.0f}", one.ttft_ms) : "",
               is_served ? fmt::format("{:.1f}", one.tpot_ms) : "", one.short_of});
  }
  text += table.text();
  std::set<std::string> estimated;
  for (const PlannedDeployment& one : report.deployments) {
    if (!one.is_price_stated) {
      estimated.insert(one.chip);
    }
  }
  if (!estimated.empty()) {
    text += fmt::format("\nPrices estimated from parts: {}.\n", fmt::join(estimated, ", "));
  }
  return text;
}

std::string plan_json(const PlanReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("schema", "moru/plan/1");
  json.field("model", report.scenario.model);
  json.field("candidates", report.deployments.size()).field("engine_runs", report.served);
  json.field("found", report.best() != nullptr);
  json.key("deployments").begin_array();
  for (const PlannedDeployment& one : report.deployments) {
    json.begin_object();
    json.field("chip", one.chip).field("chips", one.chips());
    json.field("tensor_parallel_size", one.deployment.tensor_parallel_size);
    json.field("replicas", one.deployment.replicas);
    json.field("max_num_batched_tokens", one.deployment.max_num_batched_tokens.value_or(0));
    json.field("outcome", outcome_name(one.outcome));
    json.field("usd_per_hour", one.usd_per_hour);
    json.field("price_is_stated", one.is_price_stated);
    json.field("slo_attainment", one.attainment);
    json.field("p99_ttft_ms", one.ttft_ms).field("p99_tpot_ms", one.tpot_ms);
    json.field("short_of", one.short_of);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace moru
