// Do rules hold back those who come late? Duties of two subjects side by side, and the first duty
// that each meets as one of its sizes grows while all else stays.
#pragma once

#include "moru/norms/verdict.h"

#include <optional>
#include <string>
#include <vector>

namespace moru {

// The lowest value of a size at which some rule asks more than at size zero.
struct FirstDuty {
  std::string quantity;
  double threshold = 0;  // SI
  std::string rule;
  VerdictStatus status = VerdictStatus::notify;
  std::string outcome;
  std::optional<double> now;  // the subject's own value, SI
};

struct DutyBurden {
  Subject subject;
  std::vector<Verdict> duties;    // notify, restricted or unknown on the date
  std::vector<FirstDuty> firsts;  // one per size that some rule measures, by users, revenue, …
};

// The sizes that rules measure, in the order that they are printed in.
const std::vector<std::string>& burden_sizes();

DutyBurden burden_of(const Rulebook& rules, const Subject& subject, int date);

}  // namespace moru
