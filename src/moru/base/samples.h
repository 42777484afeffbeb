// Streaming statistics of a weighted sample: mean, standard deviation and any quantile.
//
// Quantiles are exact (linear interpolation between order statistics, as numpy.percentile and thus
// `vllm bench serve` compute them) while fewer than a million distinct insertions were made. After
// that values fall into logarithmic buckets 1/256 wide, so a quantile is within 0.2% of an order
// statistic; mean and deviation stay exact. Two Samples merge without further loss.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace moru {

class Samples {
 public:
  // `weight` equal values. Values must be finite and not negative.
  void add(double value, std::int64_t weight = 1) {
    if (weight <= 0) {
      return;
    }
    count_ += weight;
    const double w = static_cast<double>(weight);
    const double delta = value - mean_;
    mean_ += delta * (w / static_cast<double>(count_));
    squares_ += delta * (value - mean_) * w;
    if (!buckets_.empty()) {
      buckets_[bucket_of(value)] += weight;
    } else if (!exact_.empty() && exact_.back().first == value) {
      exact_.back().second += weight;
    } else {
      add_exact(value, weight);
    }
    if (value > largest_) {
      largest_ = value;
    }
  }
  void merge(const Samples& other);

  std::int64_t count() const { return count_; }
  double mean() const { return mean_; }
  double sum() const { return mean_ * static_cast<double>(count_); }
  // Of the population, as numpy.std.
  double standard_deviation() const;
  double max() const { return largest_; }
  // q in [0, 1]; 0 for an empty sample.
  double quantile(double q) const;
  double median() const { return quantile(0.5); }
  // True once quantiles carry the stated 0.2% error.
  bool is_bucketed() const { return !buckets_.empty(); }

  // Distinct insertions that are kept exactly before bucketing begins.
  static constexpr std::size_t kExactInsertions = 1'000'000;

 private:
  static std::size_t bucket_of(double value);
  static double bucket_middle(std::size_t bucket);
  void add_exact(double value, std::int64_t weight);
  void start_bucketing();
  double order_statistic(std::int64_t rank) const;

  std::int64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // sum of squared deviations (Welford 1962)
  double largest_ = 0;
  mutable std::vector<std::pair<double, std::int64_t>> exact_;  // value, weight
  mutable bool is_sorted_ = false;
  std::vector<std::int64_t> buckets_;
};

}  // namespace moru
