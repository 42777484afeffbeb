// Pages of the DRAM parts: what they are, their timings with sources, what the engine says of them.
#include "moru/dram/curve.h"
#include "moru/report/catalogue_report.h"

#include <fmt/format.h>

#include <map>

namespace moru {
namespace {

// "27 extrapolated, 3 preset"
std::string statuses_of(const DramSpec& spec) {
  std::map<std::string_view, int> counts;
  for (const auto& [name, timing] : spec.timing) {
    ++counts[enum_name(timing.status)];
  }
  std::string text;
  for (const auto& [status, count] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, status);
  }
  return text;
}

double stack_bandwidth(const DramSpec& spec) {
  return spec.peak_bytes_per_second() * spec.channels;
}

Cell share_cell(const CurvePoint& point) {
  return {fmt::format("{:.1f}%", point.share * 100), point.share};
}

Section sustained(const DramSpec& spec) {
  const DramCurve curve = dram_curve(spec.id, 0);
  Section section{"sustained",
                  "sustained (cycle-accurate, docs/memory.md)",
                  {{"pattern", "pattern"},
                   {"share_of_peak", "of peak", Align::right},
                   {"mean_latency_ns", "mean latency, ns", Align::right}},
                  {}};
  const auto add = [&](const std::string& name, const CurvePoint& point) {
    section.rows.push_back(
        {name, share_cell(point), Cell(fmt::format("{:.0f}", point.mean_ns), point.mean_ns)});
  };
  add("stream", curve.stream);
  add("reads and half as many writes", curve.mixed);
  for (std::size_t i = 0; i < kCurveRuns.size(); ++i) {
    add(fmt::format("runs of {} B from anywhere", kCurveRuns[i] * spec.geometry.access_bytes()),
        curve.runs[i]);
  }
  for (std::size_t i = 0; i < kCurveLoads.size(); ++i) {
    add(fmt::format("stream at {}% load", kCurveLoads[i]), curve.loaded[i]);
  }
  return section;
}

}  // namespace

Page dram_list() {
  Section section{"items",
                  "",
                  {{"id", "id"},
                   {"generation", "generation"},
                   {"data_rate", "MT/s", Align::right},
                   {"channels", "channels", Align::right},
                   {"bandwidth_bytes_per_second", "GB/s", Align::right},
                   {"refresh", "refresh"},
                   {"timings", "timings by status"}},
                  {}};
  for (const std::string& id : catalogue_ids(kDramParts)) {
    const DramSpec spec = load_dram_spec(id);
    section.rows.push_back(
        {spec.id, spec.generation, Cell(fmt::format("{:g}", spec.data_rate), spec.data_rate),
         Cell(fmt::format("{}", spec.channels), spec.channels),
         Cell(fmt::format("{:.1f}", stack_bandwidth(spec) * 1e-9), stack_bandwidth(spec)),
         std::string(enum_name(spec.refresh)), statuses_of(spec)});
  }
  return {"drams", "", "", {std::move(section)}};
}

Page dram_page(const std::string& name) {
  const DramSpec spec = load_dram_spec(name);
  Section timings{"timings",
                  "timings",
                  {{"name", "timing"},
                   {"written", "as written"},
                   {"ticks", "ticks", Align::right},
                   {"status", "status"},
                   {"source", "source"}},
                  {}};
  for (const auto& [timing, value] : spec.timing) {
    timings.rows.push_back({timing, value.written,
                            Cell(fmt::format("{}", value.ticks), static_cast<double>(value.ticks)),
                            std::string(enum_name(value.status)), value.source});
  }
  const std::string title =
      fmt::format("{} ({}): {} channels, {:.1f} GB/s, {} constraint rows, tick {:.4g} ns",
                  spec.name, spec.id, spec.channels, stack_bandwidth(spec) * 1e-9,
                  spec.constraints.size(), spec.tick_seconds * 1e9);
  return {"dram", spec.id, title, {sustained(spec), std::move(timings)}};
}

}  // namespace moru
