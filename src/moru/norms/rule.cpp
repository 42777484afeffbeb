#include "moru/norms/rule.h"

#include "moru/base/fields_parse.h"

#include <algorithm>

namespace moru {
namespace {

void check_date(const FieldCheck& check, std::string_view field, const std::string& text) {
  check.require(text.empty() || parse_date(text).has_value(), field,
                fmt::format("'{}' is not a date such as 2026-01-22", text));
}

void check_trust(const FieldCheck& check, const std::string& trust) {
  check.require(trust.empty() || is_trust_flag(trust), "trust",
                fmt::format("'{}' is not a trust flag: S, V, T, M, E or D", trust));
}

bool is_outcome(VerdictStatus status) {
  return status == VerdictStatus::clear || status == VerdictStatus::notify ||
         status == VerdictStatus::restricted;
}

}  // namespace

void QuantityDefinition::validate(const FieldCheck& check) const {
  check_trust(check, trust);
  check.require(unit.empty() || kind == ValueKind::number, "unit", "only a number has a unit");
  check.require(formula.empty() || assumed.empty(), "assumed",
                "a quantity has a formula or an assumption, not both");
  check.require(unit.empty() || dimension_of_unit(unit).has_value(), "unit",
                fmt::format("'{}' is not a unit", unit));
}

void RuleTest::validate(const FieldCheck& check) const {
  check.require(is_outcome(status), "status", "of a test is clear, notify or restricted");
}

void Rule::validate(const FieldCheck& check) const {
  check_trust(check, trust);
  check_date(check, "in_force", in_force);
  check_date(check, "in_force_latest", in_force_latest);
  check_date(check, "compliance", compliance);
  check_date(check, "ended", ended);
  check.require(!subjects.empty(), "subjects", "names at least one of chip, memory, model, …");
  check.require(!tests.empty(), "tests", "a rule without a test says nothing; add a `when`");
  const auto is_before = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a < b;  // ISO dates sort as text
  };
  check.require(!is_before(ended, in_force), "ended", "lies before in_force");
  check.require(!is_before(in_force_latest, in_force), "in_force_latest", "lies before in_force");
  check.require(in_force_latest.empty() || !in_force.empty(), "in_force_latest",
                "needs in_force, the earliest day");
  const bool must_have_date = status == LegalStatus::in_force || status == LegalStatus::superseded;
  check.require(!must_have_date || !in_force.empty(), "status",
                fmt::format("a rule that is {} needs in_force: YYYY-MM-DD", enum_name(status)));
  check.require(status != LegalStatus::superseded || !ended.empty(), "status",
                "a rule that is superseded needs ended: YYYY-MM-DD");
}

bool Rule::is_about(SubjectKind kind) const {
  return std::find(subjects.begin(), subjects.end(), kind) != subjects.end();
}

}  // namespace moru
