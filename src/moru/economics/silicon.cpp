#include "moru/economics/silicon.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace moru {
namespace {

constexpr double kWaferDiameter = 300;  // mm
constexpr double kMm2PerCm2 = 100;

}  // namespace

double dies_per_wafer_classic(double area) {
  const double radius = kWaferDiameter / 2;
  return std::max(0.0, std::numbers::pi * radius * radius / area -
                           std::numbers::pi * kWaferDiameter / std::sqrt(2 * area));
}

double dies_per_wafer(double area, double scribe, double edge) {
  const double taken = area + 2 * scribe * std::sqrt(area) + scribe * scribe;
  const double radius = kWaferDiameter / 2 - edge;
  return std::max(0.0, std::numbers::pi * radius * radius / taken -
                           std::numbers::pi * 2 * radius / std::sqrt(2 * taken));
}

double defect_free(YieldModel model, double area, double defect_density, double alpha) {
  const double defects = area / kMm2PerCm2 * defect_density;
  if (defects <= 0) {
    return 1;
  }
  switch (model) {
    case YieldModel::poisson:
      return std::exp(-defects);
    case YieldModel::murphy:
      return std::pow(-std::expm1(-defects) / defects, 2);
    case YieldModel::seeds:
      return 1 / (1 + defects);
    case YieldModel::negative_binomial:
      break;
  }
  return std::pow(1 + defects / alpha, -alpha);
}

double at_least(int k, int n, double p) {
  if (k <= 0) {
    return 1;
  }
  if (k > n || p <= 0) {
    return 0;
  }
  if (p >= 1) {
    return 1;
  }
  // Beyond any chip's units the sum is the normal distribution's.
  constexpr int kMostSummed = 10'000;
  if (n > kMostSummed) {
    const double deviation = std::sqrt(n * p * (1 - p));
    return 0.5 * std::erfc((k - 0.5 - n * p) / (deviation * std::numbers::sqrt2));
  }
  // Logarithms: the binomial coefficients of hundreds of units overflow.
  double sum = 0;
  for (int i = k; i <= n; ++i) {
    sum += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) +
                    i * std::log(p) + (n - i) * std::log1p(-p));
  }
  return std::min(1.0, sum);
}

double harvested_yield(YieldModel model, double area, double defect_density, double alpha,
                       const Harvest& harvest) {
  if (harvest.units <= 0) {
    return defect_free(model, area, defect_density, alpha);
  }
  const double unit = area * harvest.unit_share / harvest.units;
  const double fixed = defect_free(model, area * (1 - harvest.unit_share), defect_density, alpha);
  return fixed *
         at_least(harvest.needed, harvest.units, defect_free(model, unit, defect_density, alpha));
}

}  // namespace moru
