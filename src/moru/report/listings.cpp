// Pages of what is registered in the program, and of workloads, scenarios and constants.
#include "moru/base/catalogue.h"
#include "moru/base/ledger.h"
#include "moru/base/registry.h"
#include "moru/base/text.h"
#include "moru/mapping/gpu/constants.h"
#include "moru/mapping/mapper.h"
#include "moru/report/catalogue_report.h"
#include "moru/scenario/scenario.h"
#include "moru/serving/constants.h"
#include "moru/serving/router.h"
#include "moru/serving/scheduler.h"
#include "moru/trace/format.h"
#include "moru/trace/workload.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

template <class Interface>
Page registered(std::string kind) {
  Section section{"items", "", {{"name", "name"}, {"meaning", "what it does"}}, {}};
  for (const auto& [name, entry] : Registry<Interface>::entries()) {
    section.rows.push_back({name, entry.doc});
  }
  return {std::move(kind), "", "", {std::move(section)}};
}

std::string quantile_text(const LengthDistribution& lengths, LengthQuantile quantile) {
  const auto found = lengths.quantiles.find(quantile);
  return found == lengths.quantiles.end() ? "" : fmt::format("{}", found->second);
}

Cell quantile_cell(const LengthDistribution& lengths, LengthQuantile quantile) {
  const auto found = lengths.quantiles.find(quantile);
  return found == lengths.quantiles.end()
             ? Cell()
             : Cell(quantile_text(lengths, quantile), static_cast<double>(found->second));
}

Cell share_cell(double share) { return {fmt::format("{:.0f}%", share * 100), share}; }

Cell span_cell(const WorkloadSpec& spec) {
  if (spec.num_prompts > 0) {
    return {with_thousands(spec.num_prompts) + " requests"};
  }
  return {to_string(spec.duration)};
}

bool is_list_of_words(const FieldRow& row) {
  return row.path.starts_with("aliases[") || row.path.starts_with("sources.");
}

// A constant in the prefix a reader expects: 1.5 us, 0.8, 1 GB.
std::string constant_text(double value, std::string_view unit) {
  if (unit == "s") {
    return to_string(Seconds{value});
  }
  if (unit == "B") {
    return to_string(Bytes{value});
  }
  return fmt::format("{:.3g}", value);
}

}  // namespace

Page scheduler_list() { return registered<Scheduler>("schedulers"); }
Page router_list() { return registered<Router>("routers"); }
Page mapper_list() { return registered<Mapper>("mappers"); }

Page trace_format_list() {
  Section section{"items",
                  "",
                  {{"name", "name"},
                   {"can_write", "written"},
                   {"columns", "recognised by"},
                   {"meaning", "what it holds"}},
                  {}};
  for (const auto& [name, entry] : Registry<TraceFormat>::entries()) {
    const std::unique_ptr<TraceFormat> format = entry.make();
    const bool can_write = format->can_write();
    section.rows.push_back(
        {name, {can_write ? "yes" : "no", can_write}, join(format->columns(), ", "), entry.doc});
  }
  return {"traces", "", "", {std::move(section)}};
}

Page constant_list() {
  Section section{"items",
                  "",
                  {{"name", "name"},
                   {"value", "value", Align::right},
                   {"low", "low", Align::right},
                   {"high", "high", Align::right},
                   {"unit", ""},
                   {"source", "source", Align::left, true},
                   {"meaning", "meaning"}},
                  {}};
  for (const auto& constants : {all_constants(), serving_constants()}) {
    for (const Constant* one : constants) {
      const auto cell = [one](double value) -> Cell {
        return {constant_text(value, one->unit), value};
      };
      section.rows.push_back({one->name, cell(one->value), cell(one->low), cell(one->high),
                              one->unit, one->source, one->meaning});
    }
  }
  for (const GpuConstant& one : gpu_constants()) {
    const auto cell = [&one](double value) -> Cell {
      return {constant_text(value, one.unit), value};
    };
    const std::string source =
        one.is_estimated ? fmt::format("{} (estimated from rows: {})", one.source, one.rows)
                         : std::string(one.source);
    section.rows.push_back({one.name, cell(GpuConstants{}.*one.member), cell(one.low),
                            cell(one.high), one.unit, source, one.meaning});
  }
  return {"constants", "", "", {std::move(section)}};
}

Page fact_list() {
  Section section{"items",
                  "",
                  {{"name", "name"},
                   {"value", "value", Align::right},
                   {"low", "low", Align::right},
                   {"high", "high", Align::right},
                   {"unit", "unit"},
                   {"trust", "trust"},
                   {"source", "source", Align::left, true},
                   {"meaning", "meaning"}},
                  {}};
  const FactBook book = load_facts();
  for (const auto& [name, fact] : book.all()) {
    const auto cell = [](double value) -> Cell { return {figure_text(value), value}; };
    section.rows.push_back({name, cell(fact.value), cell(fact.at_low()), cell(fact.at_high()),
                            fact.unit, fact.trust, fact.source, fact.meaning});
  }
  return {"facts", "", "", {std::move(section)}};
}

Page workload_list() {
  Section section{"items",
                  "",
                  {{"id", "id"},
                   {"name", "name"},
                   {"request_rate", "req/s", Align::right},
                   {"span", "by default", Align::right},
                   {"prompt_p50", "prompt p50", Align::right},
                   {"prompt_p99", "p99", Align::right},
                   {"output_p50", "output p50", Align::right},
                   {"output_p99", "p99", Align::right},
                   {"continued", "continued", Align::right},
                   {"trust", "trust"},
                   {"about", "about"}},
                  {}};
  for (const std::string& id : catalogue_ids(kWorkloads)) {
    const WorkloadSpec spec = load_workload(id);
    const double rate = spec.arrivals.mean_rate();
    section.rows.push_back({id,
                            spec.name,
                            {fmt::format("{:.2f}", rate), rate},
                            span_cell(spec),
                            quantile_cell(spec.prompt_tokens, LengthQuantile::p50),
                            quantile_cell(spec.prompt_tokens, LengthQuantile::p99),
                            quantile_cell(spec.output_tokens, LengthQuantile::p50),
                            quantile_cell(spec.output_tokens, LengthQuantile::p99),
                            share_cell(spec.prefixes.continued),
                            spec.prompt_tokens.trust,
                            spec.about});
  }
  return {"workloads", "", "", {std::move(section)}};
}

Page workload_page(const std::string& name) {
  const WorkloadSpec spec = load_workload(name);
  std::vector<FieldRow> rows;
  append_rows(rows, "", spec, "");
  std::erase_if(rows, is_list_of_words);
  // A distribution states one source for all its quantiles.
  const auto inherit = [&rows](std::string_view prefix, const LengthDistribution& lengths) {
    for (FieldRow& row : rows) {
      if (row.path.starts_with(prefix) && row.path.find(".quantiles.") != std::string::npos) {
        row.source = lengths.source;
        row.trust = lengths.trust;
      }
    }
    std::erase_if(rows, [&](const FieldRow& row) {
      return row.path.starts_with(prefix) &&
             (row.path.ends_with(".source") || row.path.ends_with(".trust"));
    });
  };
  inherit("prompt_tokens.", spec.prompt_tokens);
  inherit("output_tokens.", spec.output_tokens);
  std::erase_if(rows, [](const FieldRow& row) { return row.value.empty(); });
  const Found found = find_in_catalogue(kWorkloads, name);
  Page page{"workload",
            found.path.empty() ? name : found.id,
            fmt::format("{}: {}", spec.name, spec.about),
            {}};
  page.sections = {field_section(rows), line_section("aliases", "", spec.aliases)};
  return page;
}

Page scenario_page(const std::string& path) {
  const Scenario scenario = path.empty() ? Scenario{} : load_scenario(path);
  std::vector<FieldRow> rows;
  append_rows(rows, "", scenario, "");
  Page page{"scenario",
            path,
            path.empty() ? "fields of a scenario file with their defaults; `--schema` has them all"
                         : path,
            {}};
  page.sections = {field_section(rows)};
  return page;
}

}  // namespace moru
