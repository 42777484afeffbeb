// A service that grows: its quantities month by month, and the duties it meets on the way.
#pragma once

#include "moru/norms/verdict.h"

#include <string>
#include <vector>

namespace moru {

// What a plan says about one quantity: values at given months. Between two points above zero it
// grows by the same factor every month, else evenly; outside them it stays.
struct Growth {
  std::string quantity;
  std::vector<std::pair<int, double>> points;  // months since the start (may be negative), SI value
  std::string source;
};

struct GrowthPlan {
  std::string name;
  std::string about;
  int start = 0;  // first day, on which month 0 begins
  int months = 12;
  Subject constant;  // what does not change
  std::vector<Growth> growth;

  // On which a month is judged, so that a rule of the 15th counts from its own month on.
  int last_day_of(int month) const { return add_months(start, month + 1) - 1; }
  // The subject in a month, as the given kind.
  Subject subject_in(int month, SubjectKind kind, const Rulebook& rules) const;
};

// A YAML file that says `plan:`. Throws Error.
GrowthPlan plan_from(const Document& document, const Rulebook& rules);

// A verdict that changed from one month to the next.
struct TimelineEvent {
  int month = 0;
  Verdict verdict;
  VerdictStatus before = VerdictStatus::not_applicable;
  std::string because;  // the line that was crossed, or the day the rule came into force
};

struct Timeline {
  std::string name;
  std::vector<TimelineEvent> events;  // by month, then in the order of the rules
};

// Checks every rule in every month, on the first kind of subject it is about that a service has
// (service, site, model). Rules on chips and memory are left out.
Timeline timeline_of(const Rulebook& rules, const GrowthPlan& plan);

}  // namespace moru
