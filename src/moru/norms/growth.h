// A service that grows: its quantities month by month, and the duties it meets on the way.
#pragma once

#include "moru/norms/verdict.h"

#include <string>
#include <vector>

namespace moru {

// What a plan says about one quantity: values at given months. Between two points above zero it
// grows by the same factor every month, else evenly; outside them it stays.
struct QuantityGrowth {
  std::string quantity;
  std::vector<std::pair<int, double>> points;  // months since the start (may be negative), SI value
  std::string source;
};

struct DutyPlan {
  std::string name;
  std::string about;
  int start = 0;  // first day, on which month 0 begins
  int months = 12;
  Subject constant;  // what does not change
  std::vector<QuantityGrowth> growth;

  // On which a month is judged, so that a rule of the 15th counts from its own month on.
  int last_day_of(int month) const { return add_months(start, month + 1) - 1; }
  // The subject in a month, as the given kind.
  Subject subject_in(int month, SubjectKind kind, const Rulebook& rules) const;
};

// A YAML file that says `plan:`. Throws Error.
DutyPlan plan_from(const Document& document, const Rulebook& rules);

// A verdict that changed from one month to the next.
struct DutyChange {
  int month = 0;
  Verdict verdict;
  VerdictStatus before = VerdictStatus::not_applicable;
  std::string because;  // the line that was crossed, or the day the rule came into force
};

struct DutyTimeline {
  std::string name;
  std::vector<DutyChange> events;  // by month, then in the order of the rules
};

// Checks every rule in every month, on the first kind of subject it is about that a service has
// (service, site, model). Rules on chips and memory are left out.
DutyTimeline timeline_of(const Rulebook& rules, const DutyPlan& plan);

}  // namespace moru
