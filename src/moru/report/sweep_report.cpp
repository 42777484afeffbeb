#include "moru/report/sweep_report.h"

#include "moru/base/json_writer.h"
#include "moru/base/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

double goodput(const Report& report) {
  return static_cast<double>(report.metrics.good) /
         std::max(report.metrics.duration_seconds(), 1e-9);
}

double throughput(const Report& report) {
  return static_cast<double>(report.metrics.output_tokens) /
         std::max(report.metrics.duration_seconds(), 1e-9);
}

std::string bar(double value, double most) {
  constexpr double kWidth = 24;
  const auto length = most > 0 ? static_cast<std::size_t>(value / most * kWidth + 0.5) : 0;
  std::string text;
  for (std::size_t i = 0; i < length; ++i) {
    text += "█";
  }
  return text;
}

std::string unit(SweptLoad load) {
  return load == SweptLoad::rate ? "requests/s" : "requests at once";
}

std::string answer(const SweepResult& result) {
  const Slo& slo = result.points.front().report.scenario.slo;
  if (!slo.is_set()) {
    return "no objective: --goodput ttft:2000 tpot:50 finds the largest load that meets one\n";
  }
  if (!result.knee) {
    return fmt::format("the objective is missed even at {:g} {}\n", result.range.low,
                       unit(result.range.load));
  }
  return fmt::format("{} {:.4g} {} meet{} the objective for {:g}% of the requests\n",
                     result.is_beyond ? "at least" : "up to", *result.knee, unit(result.range.load),
                     *result.knee == 1 ? "s" : "", slo.attainment * 100);
}

}  // namespace

std::string sweep_text(const SweepResult& result) {
  const bool has_slo = result.points.front().report.scenario.slo.is_set();
  const auto figure = [&](const Report& report) {
    return has_slo ? goodput(report) : throughput(report);
  };
  double most = 0;
  for (const SweepPoint& point : result.points) {
    most = std::max(most, figure(point.report));
  }
  Table table({unit(result.range.load), "TTFT mean", "p99 (ms)", "TPOT mean", "p99 (ms)",
               "output tok/s", "goodput req/s", "within", ""},
              {Align::right, Align::right, Align::right, Align::right, Align::right, Align::right,
               Align::right, Align::right, Align::left});
  for (const SweepPoint& point : result.points) {
    const ServingMetrics& m = point.report.metrics;
    table.row({fmt::format("{:g}", point.load), fmt::format("{:.1f}", m.ttft_ms.mean()),
               fmt::format("{:.1f}", m.ttft_ms.quantile(0.99)),
               fmt::format("{:.2f}", m.tpot_ms.mean()),
               fmt::format("{:.2f}", m.tpot_ms.quantile(0.99)),
               fmt::format("{:.0f}", throughput(point.report)),
               has_slo ? fmt::format("{:.2f}", goodput(point.report)) : "",
               has_slo ? fmt::format("{:.1f}%", m.attainment() * 100) : "",
               bar(figure(point.report), most)});
  }
  return table.text() + answer(result);
}

std::string sweep_json(const SweepResult& result) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/sweep/1");
  json.field("load", enum_name(result.range.load)).key("points").begin_array();
  for (const SweepPoint& point : result.points) {
    const ServingMetrics& m = point.report.metrics;
    json.begin_object().field("load", point.load).field("completed", m.completed);
    json.field("mean_ttft_ms", m.ttft_ms.mean()).field("p99_ttft_ms", m.ttft_ms.quantile(0.99));
    json.field("mean_tpot_ms", m.tpot_ms.mean()).field("p99_tpot_ms", m.tpot_ms.quantile(0.99));
    json.field("output_throughput", throughput(point.report));
    json.key("request_goodput");
    if (point.report.scenario.slo.is_set()) {
      json.value(goodput(point.report)).field("attainment", m.attainment());
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array().key("knee");
  if (result.knee) {
    json.value(*result.knee);
  } else {
    json.null();
  }
  json.field("knee_is_beyond", result.is_beyond).end_object();
  return json.take();
}

}  // namespace moru
