// Lengths of prompts and answers as a distribution: quantiles that someone published, and what lies
// between them.
#pragma once

#include "moru/base/fields.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moru {

class FieldCheck;

enum class LengthQuantile { min, p1, p5, p10, p25, p50, p75, p90, p95, p99, p999, max };
template <>
struct EnumNames<LengthQuantile> {
  static constexpr std::array<std::pair<std::string_view, LengthQuantile>, 12> values = {
      {{"min", LengthQuantile::min},
       {"p1", LengthQuantile::p1},
       {"p5", LengthQuantile::p5},
       {"p10", LengthQuantile::p10},
       {"p25", LengthQuantile::p25},
       {"p50", LengthQuantile::p50},
       {"p75", LengthQuantile::p75},
       {"p90", LengthQuantile::p90},
       {"p95", LengthQuantile::p95},
       {"p99", LengthQuantile::p99},
       {"p999", LengthQuantile::p999},
       {"max", LengthQuantile::max}}};
};
// The share of requests that are at most as long: 0 for min, 0.5 for p50, 1 for max.
double share_of(LengthQuantile quantile);

enum class LengthScale { logarithmic, linear };
template <>
struct EnumNames<LengthScale> {
  static constexpr std::array<std::pair<std::string_view, LengthScale>, 2> values = {
      {{"logarithmic", LengthScale::logarithmic}, {"linear", LengthScale::linear}}};
};

struct LengthDistribution {
  static constexpr std::string_view kTypeName = "length distribution";
  std::map<LengthQuantile, std::int32_t> quantiles;  // tokens; with min and max
  LengthScale scale = LengthScale::logarithmic;
  std::string source;
  std::string trust;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("quantiles", x.quantiles, "tokens at min, p1, … p50 … p999, max");
    v.optional("scale", x.scale, "between quantiles: logarithmic (the default) or linear");
    v.optional("source", x.source, "where the quantiles were read, or a key of sources");
    v.optional("trust", x.trust, "S, V, T, M, E or D");
  }
  void validate(const FieldCheck& check) const;
};

// Draws lengths by inverting the piecewise distribution function through the quantiles.
class LengthSampler {
 public:
  explicit LengthSampler(const LengthDistribution& distribution);
  // The length that the share `u` in [0, 1) of requests does not exceed, rounded, at least 1.
  std::int32_t at(double u) const;

 private:
  struct Knot {
    double share;
    double height;  // tokens or their logarithm
    double slope;   // to the next knot
  };
  std::vector<Knot> knots_;
  LengthScale scale_;
};

}  // namespace moru
