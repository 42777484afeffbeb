#include "moru/trace/lengths.h"

#include "moru/base/fields_parse.h"
#include "moru/trace/format.h"

#include <cmath>

namespace moru {

double share_of(LengthQuantile quantile) {
  constexpr std::array<double, 12> kShares = {0,    0.01, 0.05, 0.1,  0.25,  0.5,
                                              0.75, 0.9,  0.95, 0.99, 0.999, 1};
  return kShares[static_cast<std::size_t>(quantile)];
}

void LengthDistribution::validate(const FieldCheck& check) const {
  const bool has_ends =
      quantiles.count(LengthQuantile::min) > 0 && quantiles.count(LengthQuantile::max) > 0;
  check.require(has_ends, "quantiles", "needs 'min' and 'max', and the quantiles between them");
  std::int32_t before = 1;
  for (const auto& [quantile, tokens] : quantiles) {
    check.require(tokens >= before, "quantiles",
                  fmt::format("'{}' is {}, below the quantile before it or below one token",
                              enum_name(quantile), tokens));
    check.require(tokens <= kLongestLength, "quantiles",
                  fmt::format("'{}' is {}, more than {} tokens", enum_name(quantile), tokens,
                              with_thousands(kLongestLength)));
    before = std::max(before, tokens);
  }
}

LengthSampler::LengthSampler(const LengthDistribution& distribution) : scale_(distribution.scale) {
  for (const auto& [quantile, tokens] : distribution.quantiles) {
    const double height =
        scale_ == LengthScale::logarithmic ? std::log(static_cast<double>(tokens)) : tokens;
    const double share = share_of(quantile);
    if (!knots_.empty()) {
      Knot& last = knots_.back();
      last.slope = (height - last.height) / (share - last.share);
    }
    knots_.push_back({share, height, 0});
  }
}

std::int32_t LengthSampler::at(double u) const {
  std::size_t i = 0;
  while (i + 2 < knots_.size() && knots_[i + 1].share <= u) {
    ++i;
  }
  const double height = knots_[i].height + (u - knots_[i].share) * knots_[i].slope;
  const double tokens = scale_ == LengthScale::logarithmic ? std::exp(height) : height;
  return static_cast<std::int32_t>(std::max(1.0, std::floor(tokens + 0.5)));
}

}  // namespace moru
