// What each rule makes of a subject on a date.
#pragma once

#include "moru/norms/subject.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace moru {

struct Verdict {
  const Rule* rule = nullptr;
  VerdictStatus status = VerdictStatus::not_applicable;
  std::vector<std::string> outcomes;  // what follows
  std::vector<std::string> relief;    // what eases it
  std::string reason;                 // why it does not apply
  std::vector<std::string> missing;   // inputs that nobody stated and that decide
  std::vector<std::string> disputed;  // inputs with more than one reading that decide
  std::vector<std::pair<std::string, Stated>> values;  // of every quantity of its tests
  std::vector<Margin> margins;                         // to every line of its tests
};

struct Verdicts {
  std::string subject;
  int date = 0;
  std::vector<Verdict> all;  // in the order of the rules

  const Verdict* find(std::string_view rule) const;
};

// `rules` must outlive the result.
Verdicts check_rules(const Rulebook& rules, const Subject& subject, int date);
Verdict check_rule(const Rulebook& rules, const Rule& rule, const Subject& subject, int date);

// A quantity of the subject as tests see it: stated, computed, assumed or unknown.
Stated value_of_quantity(const Rulebook& rules, const Subject& subject, int date,
                         const std::string& name);

}  // namespace moru
