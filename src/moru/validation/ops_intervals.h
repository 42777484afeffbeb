// Widths of the 90% intervals, derived from measured rows.
#pragma once

#include "moru/mapping/interval.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

struct DerivedWidth {
  std::string_view name;     // of the class
  double stated = 0;         // factor that predictions use
  double derived = 0;        // factor that these rows ask for
  double least_covered = 0;  // share of the rows of the operator it covers worst
  double most_covered = 0;
  std::int64_t rows = 0;
  std::int64_t elsewhere = 0;  // of them further off than a factor of 8
};

// Collects errors by class and operator. The factor of a class is the one at which the operator it
// covers worst and the one it covers best are equally far from 90%: no operator pays for another
// that has more rows. Rows more than a factor of 8 off took another way (a fallback, a path through
// the host, a fault), which no width describes: an operator with a tenth of such rows does not
// vote, nor one with less than a hundredth of a class's rows.
class IntervalFit {
 public:
  // `log_ratio`: log(predicted / measured).
  void take(Uncertainty kind, std::string_view op, double log_ratio);
  std::vector<DerivedWidth> widths() const;

 private:
  struct Class {
    std::map<std::string, std::vector<float>, std::less<>> errors;  // |log ratio| by operator
    std::int64_t elsewhere = 0;
  };
  std::map<Uncertainty, Class> classes_;
};

}  // namespace moru
