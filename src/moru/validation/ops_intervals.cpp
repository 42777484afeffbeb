#include "moru/validation/ops_intervals.h"

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

constexpr double kWanted = 0.9;
constexpr double kElsewhere = 8;
constexpr double kFewRows = 0.01;  // of a class

using Errors = std::vector<float>;  // sorted

double covered(const Errors& errors, double log_width) {
  const auto end = std::upper_bound(errors.begin(), errors.end(), static_cast<float>(log_width));
  return static_cast<double>(end - errors.begin()) / static_cast<double>(errors.size());
}

void fill(const std::vector<Errors>& voters, DerivedWidth& width) {
  double low = 0;
  double high = std::log(kElsewhere);
  for (int step = 0; step < 40; ++step) {
    const double middle = (low + high) / 2;
    width.least_covered = 1;
    width.most_covered = 0;
    for (const Errors& errors : voters) {
      const double share = covered(errors, middle);
      width.least_covered = std::min(width.least_covered, share);
      width.most_covered = std::max(width.most_covered, share);
    }
    const bool is_narrow = width.least_covered + width.most_covered < 2 * kWanted;
    (is_narrow ? low : high) = middle;
  }
  width.derived = std::exp(high);
}

}  // namespace

void IntervalFit::take(Uncertainty kind, std::string_view op, double log_ratio) {
  Class& one = classes_[kind];
  const double error = std::abs(log_ratio);
  one.elsewhere += error > std::log(kElsewhere) ? 1 : 0;
  auto at = one.errors.find(op);
  if (at == one.errors.end()) {
    at = one.errors.emplace(std::string(op), Errors()).first;
  }
  at->second.push_back(static_cast<float>(error));
}

std::vector<DerivedWidth> IntervalFit::widths() const {
  std::vector<DerivedWidth> out;
  for (const auto& [kind, one] : classes_) {
    const IntervalWidth& stated = interval_widths()[static_cast<std::size_t>(kind)];
    DerivedWidth width{.name = stated.name, .stated = stated.factor, .elsewhere = one.elsewhere};
    for (const auto& [op, errors] : one.errors) {
      width.rows += static_cast<std::int64_t>(errors.size());
    }
    std::vector<Errors> voters;
    for (const auto& [op, errors] : one.errors) {
      if (static_cast<double>(errors.size()) < kFewRows * static_cast<double>(width.rows)) {
        continue;
      }
      voters.push_back(errors);
      std::sort(voters.back().begin(), voters.back().end());
      if (covered(voters.back(), std::log(kElsewhere)) < kWanted) {
        voters.pop_back();
      }
    }
    if (!voters.empty()) {
      fill(voters, width);
    }
    out.push_back(width);
  }
  return out;
}

}  // namespace moru
