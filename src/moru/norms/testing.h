// What tests of rules share: the shipped rules, and small rule files in place.
#pragma once

#include "moru/norms/verdict.h"

#include <string>

namespace moru::testing {

inline const Rulebook& shipped_rules() {
  static const Rulebook rules = load_rulebook();
  return rules;
}

inline int day(const std::string& text) { return parse_date(text).value(); }

inline VerdictStatus status_of(const Subject& subject, const std::string& rule,
                               const std::string& date) {
  const Rulebook& rules = shipped_rules();
  return check_rule(rules, rules.require(rule), subject, day(date)).status;
}
inline VerdictStatus status_of(const std::string& chip, const std::string& rule,
                               const std::string& date) {
  return status_of(chip_subject(load_chip(chip), shipped_rules()), rule, date);
}

// A subject whose values are written as `--set` takes them.
inline Subject subject_with(SubjectKind kind, const std::vector<std::string>& settings) {
  Subject subject;
  subject.name = "test";
  subject.kind = kind;
  for (const std::string& setting : settings) {
    set_value(subject, setting, shipped_rules());
  }
  return subject;
}

}  // namespace moru::testing
