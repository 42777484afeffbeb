// What tables of service figures amount to.
#pragma once

#include "moru/validation/serving.h"

namespace moru {

struct AggregateSummary {
  std::int64_t rows = 0;
  std::int64_t complete = 0;
  std::int64_t predicted = 0;
  std::map<std::string, std::int64_t> refused;
  // Of predicted rows, per cent; rows that share a configuration but not a value are left out and
  // summed up apart.
  double tpot_median_ape = 0;
  double tpot_bias = 0;  // median of signed errors
  double ttft_median_ape = 0;
  double ttft_bias = 0;
  double coverage90 = 0;
  std::int64_t repeated = 0;
  double repeated_tpot_median_ape = 0;
  // Spearman's rank correlation of TPOT within a model and system, for groups of at least 5.
  double rank_median = 0;
  double rank_worst = 0;  // among groups of at least 20
  struct Group {
    std::string name;
    std::int64_t rows = 0;
    double tpot_median_ape = 0;
    double tpot_bias = 0;
    double ttft_median_ape = 0;
    double ttft_bias = 0;
    double rank = 0;
  };
  std::vector<Group> groups;
};
AggregateSummary summarise(const AggregateComparison& comparison);

struct PublishedSummary {
  std::string chip;
  std::int64_t rows = 0;
  std::int64_t predicted = 0;
  // Measured over predicted for rates, predicted over measured for times: above 1 is better than
  // predicted.
  double median_ratio = 0;
  double low_ratio = 0;   // 10th percentile
  double high_ratio = 0;  // 90th percentile
  double best_ratio = 0;
};
std::vector<PublishedSummary> summarise(const PublishedComparison& comparison);
double ratio_of(const PublishedRow& row);

// Linear interpolation between order statistics; 0 for none.
double quantile_of(std::vector<double> values, double q);
// Spearman's rho with average ranks for ties.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace moru
