#include "moru/base/samples.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace moru {
namespace {

// A bucket is the sign-less exponent and the top eight mantissa bits of the double: 256 per octave.
// Two octave ends bound what is told apart: 2^-40 (a picosecond in seconds) and 2^60.
constexpr int kMantissaBits = 8;
constexpr std::int64_t kSmallestExponent = 1023 - 40;
constexpr std::int64_t kLargestExponent = 1023 + 60;
constexpr std::size_t kBuckets =
    static_cast<std::size_t>((kLargestExponent - kSmallestExponent) << kMantissaBits) + 1;

}  // namespace

std::size_t Samples::bucket_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto position = static_cast<std::int64_t>(bits >> (52 - kMantissaBits));
  const std::int64_t first = kSmallestExponent << kMantissaBits;
  const std::int64_t last = first + static_cast<std::int64_t>(kBuckets) - 2;
  if (position < first) {
    return 0;  // zero and what is too small to matter
  }
  return static_cast<std::size_t>(std::min(position, last) - first) + 1;
}

double Samples::bucket_middle(std::size_t bucket) {
  if (bucket == 0) {
    return 0;
  }
  const std::uint64_t position =
      static_cast<std::uint64_t>(kSmallestExponent << kMantissaBits) + bucket - 1;
  const double lower = std::bit_cast<double>(position << (52 - kMantissaBits));
  const double upper = std::bit_cast<double>((position + 1) << (52 - kMantissaBits));
  return (lower + upper) / 2;
}

void Samples::add_exact(double value, std::int64_t weight) {
  exact_.emplace_back(value, weight);
  is_sorted_ = false;
  if (exact_.size() >= kExactInsertions) {
    start_bucketing();
  }
}

void Samples::start_bucketing() {
  buckets_.assign(kBuckets, 0);
  for (const auto& [value, weight] : exact_) {
    buckets_[bucket_of(value)] += weight;
  }
  exact_.clear();
  exact_.shrink_to_fit();
}

void Samples::merge(const Samples& other) {
  if (other.count_ == 0) {
    return;
  }
  const double n = static_cast<double>(count_);
  const double m = static_cast<double>(other.count_);
  const double delta = other.mean_ - mean_;
  mean_ += delta * (m / (n + m));
  squares_ += other.squares_ + delta * delta * (n * m / (n + m));
  count_ += other.count_;
  largest_ = std::max(largest_, other.largest_);
  if (buckets_.empty() && other.buckets_.empty()) {
    exact_.insert(exact_.end(), other.exact_.begin(), other.exact_.end());
    is_sorted_ = false;
    if (exact_.size() >= kExactInsertions) {
      start_bucketing();
    }
    return;
  }
  if (buckets_.empty()) {
    start_bucketing();
  }
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) {
    buckets_[i] += other.buckets_[i];
  }
  for (const auto& [value, weight] : other.exact_) {
    buckets_[bucket_of(value)] += weight;
  }
}

double Samples::standard_deviation() const {
  return count_ == 0 ? 0 : std::sqrt(std::max(0.0, squares_) / static_cast<double>(count_));
}

// The value at position `rank` (from 0) of the sorted sample.
double Samples::order_statistic(std::int64_t rank) const {
  std::int64_t below = 0;
  if (!buckets_.empty()) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      below += buckets_[i];
      if (below > rank) {
        return std::min(bucket_middle(i), largest_);
      }
    }
    return largest_;
  }
  for (const auto& [value, weight] : exact_) {
    below += weight;
    if (below > rank) {
      return value;
    }
  }
  return largest_;
}

double Samples::quantile(double q) const {
  if (count_ == 0) {
    return 0;
  }
  if (buckets_.empty() && !is_sorted_) {
    std::sort(exact_.begin(), exact_.end());
    is_sorted_ = true;
  }
  const double position = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_ - 1);
  const auto lower = static_cast<std::int64_t>(position);
  const double fraction = position - static_cast<double>(lower);
  const double low = order_statistic(lower);
  if (fraction == 0) {
    return low;
  }
  return low + fraction * (order_statistic(lower + 1) - low);
}

}  // namespace moru
