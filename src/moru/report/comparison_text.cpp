#include "moru/base/table.h"
#include "moru/report/serving_report.h"

#include <fmt/format.h>

#include <functional>

namespace moru {

std::string comparison_text(std::span<const Report> reports) {
  std::vector<std::string> header = {reports.front().model.id};
  for (const Report& report : reports) {
    header.push_back(report.chips() > 1 ? fmt::format("{} x {}", report.chips(), report.chip.id)
                                        : report.chip.id);
  }
  Table table(header);
  const auto row = [&](const std::string& label,
                       const std::function<std::string(const Report&)>& cell) {
    std::vector<std::string> cells = {label};
    for (const Report& report : reports) {
      cells.push_back(cell(report));
    }
    table.row(cells);
  };
  const auto number = [&](const std::string& label,
                          const std::function<double(const Report&)>& figure) {
    row(label, [&](const Report& report) { return fmt::format("{:.2f}", figure(report)); });
  };
  const auto share = [&](const std::string& label,
                         const std::function<double(const Report&)>& figure) {
    row(label, [&](const Report& report) { return fmt::format("{:.1f}%", figure(report) * 100); });
  };
  const auto per_second = [](const Report& report, std::int64_t count) {
    return static_cast<double>(count) / std::max(report.metrics.duration_seconds(), 1e-9);
  };
  number("Mean TTFT (ms)", [](const Report& r) { return r.metrics.ttft_ms.mean(); });
  number("P99 TTFT (ms)", [](const Report& r) { return r.metrics.ttft_ms.quantile(0.99); });
  number("Mean TPOT (ms)", [](const Report& r) { return r.metrics.tpot_ms.mean(); });
  number("P99 TPOT (ms)", [](const Report& r) { return r.metrics.tpot_ms.quantile(0.99); });
  number("Mean E2EL (ms)", [](const Report& r) { return r.metrics.e2el_ms.mean(); });
  table.rule();
  number("Request throughput (req/s)",
         [&](const Report& r) { return per_second(r, r.metrics.completed); });
  if (reports.front().scenario.slo.is_set()) {
    number("Request goodput (req/s)",
           [&](const Report& r) { return per_second(r, r.metrics.good); });
  }
  number("Output throughput (tok/s)",
         [&](const Report& r) { return per_second(r, r.metrics.output_tokens); });
  table.rule();
  share("busy", [](const Report& r) { return figures_of(r).busy_share; });
  share("matrix units, while busy",
        [](const Report& r) { return figures_of(r).matrix_utilisation; });
  share("memory bandwidth, while busy",
        [](const Report& r) { return figures_of(r).memory_utilisation; });
  share("KV cache, mean", [](const Report& r) { return figures_of(r).mean_kv_usage; });
  share("KV cache, peak", [](const Report& r) { return figures_of(r).peak_kv_usage; });
  row("preempted requests",
      [](const Report& r) { return fmt::format("{}", r.metrics.preempted_requests); });
  row("biggest operator", [](const Report& r) {
    return r.operators.empty() ? "" : std::string(r.operators.front().name);
  });
  return table.text();
}

}  // namespace moru
