#include "moru/report/estimates_report.h"

#include <fmt/format.h>

namespace moru {
namespace {

std::string driver_names(const Estimate& estimate) {
  std::string names;
  for (const Driver& driver : estimate.drivers) {
    names += (names.empty() ? "" : ", ") + driver.fact;
  }
  return names;
}

}  // namespace

void write_estimate(JsonWriter& json, std::string_view key, const Estimate& estimate) {
  json.key(key).begin_object();
  json.field("low", estimate.low).field("mid", estimate.mid).field("high", estimate.high);
  json.field("unit", estimate.unit);
  json.key("drivers").begin_array();
  for (const Driver& driver : estimate.drivers) {
    json.begin_object()
        .field("input", driver.fact)
        .field("at_low", driver.at_low)
        .field("at_high", driver.at_high)
        .end_object();
  }
  json.end_array().end_object();
}

std::string estimate_text(const Estimate& estimate) {
  const std::string names = driver_names(estimate);
  return fmt::format("{} {} ({} to {}){}", figure_text(estimate.mid), estimate.unit,
                     figure_text(estimate.low), figure_text(estimate.high),
                     names.empty() ? "" : "; moved most by " + names);
}

Section estimate_section(std::string key, std::string heading,
                         const std::vector<const Estimate*>& estimates) {
  Section section{std::move(key),
                  std::move(heading),
                  {{"figure", "figure"},
                   {"mid", "estimate", Align::right},
                   {"low", "low", Align::right},
                   {"high", "high", Align::right},
                   {"unit", ""},
                   {"drivers", "moved most by"}},
                  {}};
  for (const Estimate* one : estimates) {
    const auto cell = [](double value) -> Cell { return {figure_text(value), value}; };
    section.rows.push_back({one->id, cell(one->mid), cell(one->low), cell(one->high),
                            one->unit == "1" ? "" : one->unit, driver_names(*one)});
  }
  return section;
}

}  // namespace moru
