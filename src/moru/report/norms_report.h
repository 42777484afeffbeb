// What `moru norms` prints.
#pragma once

#include "moru/norms/verdict.h"

#include <string>
#include <vector>

namespace moru {

// Said once in every output of rules.
inline constexpr const char* kNotLegalAdvice =
    "Not legal advice: a computation on public figures; ask counsel before acting on it.";

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

// The same subject on several dates, or several subjects on one: rows are rules, cells statuses.
std::string comparison_text(const Rulebook& rules, const std::vector<Verdicts>& columns);
// Schema moru/norms-compare/1.
std::string comparison_json(const Rulebook& rules, const std::vector<Verdicts>& columns);

}  // namespace moru
