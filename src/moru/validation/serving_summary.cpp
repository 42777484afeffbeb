#include "moru/validation/serving_summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace moru {
namespace {

double signed_error(double predicted, double measured) {
  return measured > 0 ? (predicted / measured - 1) * 100 : 0;
}

std::vector<double> absolute(std::vector<double> values) {
  for (double& value : values) {
    value = std::abs(value);
  }
  return values;
}

std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && values[order[j]] == values[order[i]]) {
      ++j;
    }
    for (std::size_t k = i; k < j; ++k) {
      ranks[order[k]] = static_cast<double>(i + j - 1) / 2;
    }
    i = j;
  }
  return ranks;
}

struct Errors {
  std::vector<double> tpot;
  std::vector<double> ttft;
  std::vector<double> tpot_measured;
  std::vector<double> tpot_predicted;
};

AggregateSummary::Group group_of(const std::string& name, const Errors& errors) {
  AggregateSummary::Group group;
  group.name = name;
  group.rows = static_cast<std::int64_t>(errors.tpot.size());
  group.tpot_median_ape = quantile_of(absolute(errors.tpot), 0.5);
  group.tpot_bias = quantile_of(errors.tpot, 0.5);
  group.ttft_median_ape = quantile_of(absolute(errors.ttft), 0.5);
  group.ttft_bias = quantile_of(errors.ttft, 0.5);
  group.rank = rank_correlation(errors.tpot_measured, errors.tpot_predicted);
  return group;
}

bool is_time(const PublishedRow& row) {
  return row.what.find("ttft") != std::string::npos || row.what.find("tpot") != std::string::npos ||
         row.what.find("itl") != std::string::npos || row.what.find("e2e") != std::string::npos;
}

}  // namespace

double quantile_of(std::vector<double> values, double q) {
  if (values.empty()) {
    return 0;
  }
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> x = ranks_of(a);
  const std::vector<double> y = ranks_of(b);
  const double mean = (static_cast<double>(x.size()) - 1) / 2;
  double xy = 0;
  double xx = 0;
  double yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

AggregateSummary summarise(const AggregateComparison& comparison) {
  AggregateSummary summary;
  summary.rows = static_cast<std::int64_t>(comparison.rows.size());
  Errors all;
  std::vector<double> repeated;
  std::map<std::string, Errors> groups;
  double covered = 0;
  for (const ServingRow& row : comparison.rows) {
    summary.complete += row.is_complete ? 1 : 0;
    if (!row.refused.empty()) {
      ++summary.refused[row.refused];
      continue;
    }
    ++summary.predicted;
    const double tpot = signed_error(row.tpot_predicted, row.tpot_measured);
    if (row.is_repeated) {
      ++summary.repeated;
      repeated.push_back(std::abs(tpot));
      continue;
    }
    const double ttft = signed_error(row.ttft_predicted, row.ttft_measured);
    covered += row.tpot_low <= row.tpot_measured && row.tpot_measured <= row.tpot_high ? 1 : 0;
    for (Errors* errors : {&all, &groups[row.group]}) {
      errors->tpot.push_back(tpot);
      errors->ttft.push_back(ttft);
      errors->tpot_measured.push_back(row.tpot_measured);
      errors->tpot_predicted.push_back(row.tpot_predicted);
    }
  }
  const AggregateSummary::Group total = group_of("all", all);
  summary.tpot_median_ape = total.tpot_median_ape;
  summary.tpot_bias = total.tpot_bias;
  summary.ttft_median_ape = total.ttft_median_ape;
  summary.ttft_bias = total.ttft_bias;
  summary.coverage90 = all.tpot.empty() ? 0 : covered / static_cast<double>(all.tpot.size()) * 100;
  summary.repeated_tpot_median_ape = quantile_of(repeated, 0.5);
  std::vector<double> ranks;
  summary.rank_worst = 1;
  for (const auto& [name, errors] : groups) {
    summary.groups.push_back(group_of(name, errors));
    const AggregateSummary::Group& group = summary.groups.back();
    if (group.rows >= 5) {
      ranks.push_back(group.rank);
    }
    if (group.rows >= 20) {
      summary.rank_worst = std::min(summary.rank_worst, group.rank);
    }
  }
  summary.rank_median = quantile_of(ranks, 0.5);
  return summary;
}

double ratio_of(const PublishedRow& row) {
  return is_time(row) ? row.predicted / row.measured : row.measured / row.predicted;
}

std::vector<PublishedSummary> summarise(const PublishedComparison& comparison) {
  std::map<std::string, std::pair<PublishedSummary, std::vector<double>>> chips;
  for (const PublishedRow& row : comparison.rows) {
    auto& [summary, ratios] = chips[row.chip];
    summary.chip = row.chip;
    ++summary.rows;
    if (row.refused.empty()) {
      ++summary.predicted;
      ratios.push_back(ratio_of(row));
    }
  }
  std::vector<PublishedSummary> summaries;
  for (auto& [chip, entry] : chips) {
    auto& [summary, ratios] = entry;
    summary.median_ratio = quantile_of(ratios, 0.5);
    summary.low_ratio = quantile_of(ratios, 0.1);
    summary.high_ratio = quantile_of(ratios, 0.9);
    summary.best_ratio = quantile_of(ratios, 1);
    summaries.push_back(summary);
  }
  return summaries;
}

}  // namespace moru
