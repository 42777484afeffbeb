#include "moru/base/json_writer.h"
#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/validation/serving_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

constexpr std::pair<const char*, double> kQuantiles[] = {
    {"median", 0.5}, {"p90", 0.9}, {"p99", 0.99}};

double percent(double predicted, double measured) {
  return measured > 0 ? (predicted / measured - 1) * 100 : 0;
}

struct NamedFigure {
  const char* key;
  const char* title;
  FigureComparison RunComparison::*figure;
};
constexpr NamedFigure kFigures[] = {{"ttft", "TTFT", &RunComparison::ttft},
                                    {"tpot", "TPOT", &RunComparison::tpot},
                                    {"e2e", "E2EL", &RunComparison::e2e}};

void write_run(JsonWriter& json, const RunComparison& run) {
  json.begin_object().field("name", run.name).field("chip", run.chip);
  json.field("requests", run.requests).field("skipped_rows", run.skipped);
  if (!run.refused.empty()) {
    json.field("refused", run.refused).end_object();
    return;
  }
  for (const NamedFigure& named : kFigures) {
    const FigureComparison& figure = run.*named.figure;
    const std::string key = named.key;
    json.field(key + "_mean_err_pct", figure.mean_error());
    for (const auto& [name, q] : kQuantiles) {
      json.field(fmt::format("{}_{}_err_pct", key, name), figure.error_at(q));
    }
    json.field(key + "_mean_predicted_ms", figure.predicted.mean());
    json.field(key + "_mean_measured_ms", figure.measured.mean());
  }
  json.field("makespan_err_pct", percent(run.makespan_predicted, run.makespan_measured));
  json.field("kv_blocks_predicted", run.kv_blocks_predicted).key("kv_blocks_measured");
  if (run.kv_blocks_measured) {
    json.value(*run.kv_blocks_measured);
  } else {
    json.null();
  }
  json.end_object();
}

void write_refused(JsonWriter& json, const std::map<std::string, std::int64_t>& refused) {
  json.key("refused").begin_object();
  for (const auto& [reason, count] : refused) {
    json.field(reason, count);
  }
  json.end_object();
}

void write_aggregate(JsonWriter& json, const AggregateSummary& s) {
  json.key("aggregate").begin_object();
  json.field("rows", s.rows).field("complete", s.complete).field("predicted", s.predicted);
  // null where nothing was predicted.
  const auto figure = [&](const char* name, double value) {
    json.field(name, s.predicted > s.repeated ? value : std::nan(""));
  };
  figure("tpot_median_ape", s.tpot_median_ape);
  figure("ttft_median_ape", s.ttft_median_ape);
  figure("tpot_bias", s.tpot_bias);
  figure("ttft_bias", s.ttft_bias);
  figure("coverage90", s.coverage90);
  figure("tpot_rank_correlation_median", s.rank_median);
  figure("tpot_rank_correlation_worst", s.rank_worst);
  json.field("repeated_rows", s.repeated);
  json.field("repeated_tpot_median_ape", s.repeated_tpot_median_ape);
  write_refused(json, s.refused);
  json.key("groups").begin_array();
  for (const AggregateSummary::Group& group : s.groups) {
    json.begin_object().field("name", group.name).field("rows", group.rows);
    json.field("tpot_median_ape", group.tpot_median_ape).field("tpot_bias", group.tpot_bias);
    json.field("ttft_median_ape", group.ttft_median_ape).field("ttft_bias", group.ttft_bias);
    json.field("tpot_rank_correlation", group.rank).end_object();
  }
  json.end_array().end_object();
}

void write_power(JsonWriter& json, const PowerComparison& power) {
  json.key("power").begin_object();
  json.field("rows", power.rows).field("predicted", power.predicted);
  json.field("prompt_time_median_ape", power.prompt_time.median());
  json.field("token_time_median_ape", power.token_time.median());
  json.key("average_power_median_ape");
  if (power.average_power.count() > 0) {
    json.value(power.average_power.median());
  } else {
    json.null();
  }
  write_refused(json, power.refused);
  json.end_object();
}

void write_published(JsonWriter& json, const PublishedComparison& published) {
  json.key("published").begin_array();
  for (const PublishedSummary& chip : summarise(published)) {
    json.begin_object().field("chip", chip.chip).field("rows", chip.rows);
    json.field("predicted", chip.predicted).field("median_ratio", chip.median_ratio);
    json.field("p10_ratio", chip.low_ratio).field("p90_ratio", chip.high_ratio);
    json.field("best_ratio", chip.best_ratio).end_object();
  }
  json.end_array();
}

std::string signed_percent(double value) { return fmt::format("{:+.1f}%", value); }

std::string runs_text(const std::vector<RunComparison>& runs) {
  Table table({"run", "figure", "measured mean", "predicted", "mean", "median", "p90", "p99"},
              {Align::left, Align::left});
  std::string refused;
  for (const RunComparison& run : runs) {
    if (!run.refused.empty()) {
      refused += fmt::format("{}: not predicted: {}\n", run.name, run.refused);
      continue;
    }
    for (const NamedFigure& named : kFigures) {
      const FigureComparison& figure = run.*named.figure;
      table.row({named.key == kFigures[0].key ? run.name : "", named.title,
                 fmt::format("{:.1f} ms", figure.measured.mean()),
                 fmt::format("{:.1f} ms", figure.predicted.mean()),
                 signed_percent(figure.mean_error()), signed_percent(figure.error_at(0.5)),
                 signed_percent(figure.error_at(0.9)), signed_percent(figure.error_at(0.99))});
    }
    table.row({"", "makespan", fmt::format("{:.1f} s", run.makespan_measured),
               fmt::format("{:.1f} s", run.makespan_predicted),
               signed_percent(percent(run.makespan_predicted, run.makespan_measured)), "", "", ""});
  }
  return table.text() + refused;
}

std::string refused_text(const std::map<std::string, std::int64_t>& refused) {
  std::string text;
  for (const auto& [reason, count] : refused) {
    text += fmt::format("  {:>5} rows not predicted: {}\n", count, reason);
  }
  return text;
}

std::string aggregate_text(const AggregateComparison& comparison, std::int64_t worst) {
  const AggregateSummary s = summarise(comparison);
  std::string text = fmt::format(
      "{}: {} rows, {} complete, {} predicted\n{}TPOT: median error {:.1f}% (bias {:+.1f}%), "
      "TTFT: {:.1f}% (bias {:+.1f}%), {:.0f}% inside the 90% interval of TPOT\n"
      "rank correlation of TPOT within a model and system: median {:.3f}, worst of 20+ rows "
      "{:.3f}\n"
      "{} rows share their configuration with rows of another value: TPOT {:.1f}%\n",
      comparison.name, s.rows, s.complete, s.predicted, refused_text(s.refused), s.tpot_median_ape,
      s.tpot_bias, s.ttft_median_ape, s.ttft_bias, s.coverage90, s.rank_median, s.rank_worst,
      s.repeated, s.repeated_tpot_median_ape);
  Table table({"model and system", "rows", "TPOT", "bias", "TTFT", "bias", "rank"});
  for (const AggregateSummary::Group& group : s.groups) {
    table.row({group.name, fmt::format("{}", group.rows),
               fmt::format("{:.1f}%", group.tpot_median_ape), signed_percent(group.tpot_bias),
               fmt::format("{:.1f}%", group.ttft_median_ape), signed_percent(group.ttft_bias),
               fmt::format("{:.3f}", group.rank)});
  }
  text += table.text();
  std::vector<const ServingRow*> rows;
  for (const ServingRow& row : comparison.rows) {
    if (row.refused.empty()) {
      rows.push_back(&row);
    }
  }
  const auto error = [](const ServingRow* row) {
    return std::abs(std::log(row->tpot_predicted / row->tpot_measured));
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const ServingRow* a, const ServingRow* b) { return error(a) > error(b); });
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(worst)));
  for (const ServingRow* row : rows) {
    text +=
        fmt::format("  line {}: {} {}: TPOT {:.2f} ms predicted {:.2f}, TTFT {:.0f} ms {:.0f}\n",
                    row->line, row->group, row->configuration, row->tpot_measured,
                    row->tpot_predicted, row->ttft_measured, row->ttft_predicted);
  }
  return text;
}

std::string published_text(const PublishedComparison& comparison, std::int64_t worst) {
  Table table({"chip", "rows", "predicted", "measured/predicted", "p10", "p90", "best"});
  for (const PublishedSummary& chip : summarise(comparison)) {
    table.row({chip.chip, fmt::format("{}", chip.rows), fmt::format("{}", chip.predicted),
               fmt::format("{:.2f}", chip.median_ratio), fmt::format("{:.2f}", chip.low_ratio),
               fmt::format("{:.2f}", chip.high_ratio), fmt::format("{:.2f}", chip.best_ratio)});
  }
  std::string text = comparison.name + "\n" + table.text();
  std::map<std::string, std::int64_t> refused;
  std::vector<const PublishedRow*> rows;
  for (const PublishedRow& row : comparison.rows) {
    if (row.refused.empty()) {
      rows.push_back(&row);
    } else {
      ++refused[row.refused];
    }
  }
  text += refused_text(refused);
  std::stable_sort(rows.begin(), rows.end(), [](const PublishedRow* a, const PublishedRow* b) {
    return std::abs(std::log(ratio_of(*a))) > std::abs(std::log(ratio_of(*b)));
  });
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(worst)));
  for (const PublishedRow* row : rows) {
    text += fmt::format("  line {}: {} {}: {:.4g} predicted {:.4g}\n", row->line, row->chip,
                        row->what, row->measured, row->predicted);
  }
  return text;
}

}  // namespace

double FigureComparison::mean_error() const { return percent(predicted.mean(), measured.mean()); }
double FigureComparison::error_at(double quantile) const {
  return percent(predicted.quantile(quantile), measured.quantile(quantile));
}

std::string serving_validation_json(const ServingValidation& validation) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/validate-serving/1");
  if (!validation.runs.empty()) {
    json.key("runs").begin_array();
    for (const RunComparison& run : validation.runs) {
      write_run(json, run);
    }
    json.end_array();
  }
  for (const AggregateComparison& comparison : validation.aggregates) {
    write_aggregate(json, summarise(comparison));
  }
  for (const PowerComparison& power : validation.powers) {
    write_power(json, power);
  }
  for (const PublishedComparison& published : validation.published) {
    write_published(json, published);
  }
  json.end_object();
  return json.take();
}

std::string serving_validation_text(const ServingValidation& validation, std::int64_t worst) {
  std::string text;
  if (!validation.runs.empty()) {
    text += runs_text(validation.runs);
  }
  for (const AggregateComparison& comparison : validation.aggregates) {
    text += aggregate_text(comparison, worst);
  }
  for (const PowerComparison& power : validation.powers) {
    text += fmt::format(
        "{}: {} rows, {} predicted\n{}prompt time: median error {:.1f}%, token time {:.1f}%, "
        "average "
        "power {}\n",
        power.name, power.rows, power.predicted, refused_text(power.refused),
        power.prompt_time.median(), power.token_time.median(),
        power.average_power.count() > 0 ? fmt::format("{:.1f}%", power.average_power.median())
                                        : "not modelled");
  }
  for (const PublishedComparison& published : validation.published) {
    text += published_text(published, worst);
  }
  return text;
}

}  // namespace moru
