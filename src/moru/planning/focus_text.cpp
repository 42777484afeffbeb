#include "moru/base/json_writer.h"
#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/planning/focus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

std::string percent(double share) { return fmt::format("{:+.2f}%", share * 100); }

std::string optional_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.3g}", *value) : "-";
}

std::string bar(double value, double most) {
  constexpr int kWidth = 24;
  const int length =
      most > 0 ? static_cast<int>(std::lround(kWidth * std::max(0.0, value) / most)) : 0;
  return std::string(static_cast<std::size_t>(length), '#');
}

std::string answer(const FocusReport& report) {
  if (report.resources.empty() || report.resources.front().relative.capacity <= 1e-4) {
    return "No resource of the chip gains this service anything worth measuring: the host binds.\n";
  }
  const Sensitivity& first = report.resources.front();
  const auto cheapest =
      std::max_element(report.resources.begin(), report.resources.end(),
                       [](const Sensitivity& a, const Sensitivity& b) {
                         return a.per_dollar.value_or(0) < b.per_dollar.value_or(0);
                       });
  return fmt::format(
      "{} counts most for {} on {}: 1% more of it serves {:.2f}% more; per dollar {} buys the "
      "most.\n",
      first.resource, report.scenario.model, report.scenario.chip, first.per_percent,
      cheapest->resource);
}

void write_metrics(JsonWriter& json, std::string_view key, const FocusMetrics& metrics) {
  json.key(key).begin_object();
  json.field("goodput", metrics.goodput).field("capacity", metrics.capacity);
  json.field("mean_ttft_ms", metrics.ttft_ms).field("mean_tpot_ms", metrics.tpot_ms);
  json.field("mean_e2el_ms", metrics.e2el_ms);
  json.field("usd_per_million_tokens", metrics.usd_per_million_tokens);
  json.field("joules_per_token", metrics.joules_per_token);
  json.end_object();
}

void write_optional(JsonWriter& json, std::string_view key, const std::optional<double>& value) {
  json.key(key);
  if (value) {
    json.value(*value);
  } else {
    json.null();
  }
}

}  // namespace

std::string focus_text(const FocusReport& report) {
  std::string text = answer(report) + "\n";
  Table table({"resource", "capacity", "", "TTFT", "TPOT", "USD/Mtok", "J/token", "%/mm2", "%/W",
               "%/USD", "stops at"},
              {Align::left, Align::right, Align::left});
  double most = 0;
  for (const Sensitivity& one : report.resources) {
    most = std::max(most, one.relative.capacity);
  }
  for (const Sensitivity& one : report.resources) {
    table.row({one.resource, percent(one.relative.capacity), bar(one.relative.capacity, most),
               percent(one.relative.ttft_ms), percent(one.relative.tpot_ms),
               percent(one.relative.usd_per_million_tokens), percent(one.relative.joules_per_token),
               optional_text(one.per_area), optional_text(one.per_watt),
               optional_text(one.per_dollar),
               one.stops_at ? fmt::format("{:.3g}x", *one.stops_at) : "-"});
  }
  text += table.text();
  if (!report.resources.empty()) {
    text += fmt::format(
        "\nEach row: {:.0f}% more of the resource, served again: latencies as requests arrive, "
        "capacity, "
        "money and energy at full load.\n",
        report.resources.front().step * 100);
  }
  for (const Spending& spending : report.spending) {
    if (!spending.order.empty()) {
      text += fmt::format("{:.0f}% more for materials ({} USD): {}; {} capacity\n",
                          spending.budget * 100, std::lround(spending.budget * report.bill),
                          join(std::span<const std::string>(spending.order), ", then "),
                          percent(spending.capacity));
    }
  }
  return text;
}

std::string focus_json(const FocusReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("schema", "moru/focus/1");
  json.field("model", report.scenario.model).field("chip", report.scenario.chip);
  std::string sentence = answer(report);
  sentence.pop_back();
  json.field("answer", sentence);
  json.field("bill_of_materials", report.bill);
  write_metrics(json, "base", report.base);
  json.key("resources").begin_array();
  for (const Sensitivity& one : report.resources) {
    json.begin_object();
    json.field("resource", one.resource).field("meaning", one.meaning).field("step", one.step);
    write_metrics(json, "with", one.with);
    write_metrics(json, "relative_change", one.relative);
    json.field("mm2", one.area).field("watts", one.watts).field("dollars", one.dollars);
    json.field("capacity_percent_per_percent", one.per_percent);
    write_optional(json, "capacity_percent_per_mm2", one.per_area);
    write_optional(json, "capacity_percent_per_watt", one.per_watt);
    write_optional(json, "capacity_percent_per_dollar", one.per_dollar);
    write_optional(json, "stops_paying_at", one.stops_at);
    json.end_object();
  }
  json.end_array();
  json.key("spending").begin_array();
  for (const Spending& spending : report.spending) {
    json.begin_object().field("budget", spending.budget).field("capacity", spending.capacity);
    json.key("order").begin_array();
    for (const std::string& name : spending.order) {
      json.value(name);
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace moru
