// What `moru norms` prints.
#pragma once

#include "moru/norms/burden.h"
#include "moru/norms/growth.h"

#include <string>
#include <vector>

namespace moru {

// "4,992", "822.7..826 mm2", "CN", "yes", "not known".
std::string value_text(const Rulebook& rules, const std::string& name, const Value& value);

// Schema moru/norms/1.
std::string verdicts_json(const Rulebook& rules, const Verdicts& verdicts);

struct VerdictText {
  bool lists_all = false;     // rules that do not apply, too
  bool explains = false;      // formula, inputs, source and trust of every figure
  bool shows_margins = true;  // the distance to every line
};
std::string verdicts_text(const Rulebook& rules, const Verdicts& verdicts, const VerdictText& how);

std::string timeline_text(const Rulebook& rules, const DutyPlan& plan, const DutyTimeline& timeline,
                          bool explains);
// Schema moru/norms-timeline/1.
std::string timeline_json(const DutyPlan& plan, const DutyTimeline& timeline);

// Two subjects against each other, the smaller first.
std::string burden_text(const Rulebook& rules, const std::vector<DutyBurden>& burdens, int date,
                        bool explains);
// Schema moru/norms-burden/1.
std::string burden_json(const Rulebook& rules, const std::vector<DutyBurden>& burdens, int date);

// What is known: the rules, the quantities that tests and --set may name, the areas of use that
// rules list (of one area: which rules ask what).
std::string rules_text(const Rulebook& rules);
// Schema moru/norms-rules/1.
std::string rules_json(const Rulebook& rules);
std::string quantities_text(const Rulebook& rules);
// Schema moru/norms-quantities/1.
std::string quantities_json(const Rulebook& rules);
// Schema moru/norms-domains/1.
std::string domains_json(const Rulebook& rules);
std::string domains_text(const Rulebook& rules, const std::vector<std::string>& domains);

// The same subject on several dates, or several subjects on one: rows are rules, cells statuses.
std::string comparison_text(const Rulebook& rules, const std::vector<Verdicts>& columns);
// Schema moru/norms-compare/1.
std::string comparison_json(const Rulebook& rules, const std::vector<Verdicts>& columns);

}  // namespace moru
