// Rules as data: what data/norms/*.yaml holds.
//
// A file has `definitions` (the quantities that tests speak of, some with a formula) and `rules`
// (when each is in force, whom it is about, its exact test, what follows). Trust flags are those of
// fields.h: V rule wording seen quoted, T secondary text, M recalled and not re-read.
#pragma once

#include "moru/base/error.h"
#include "moru/base/node.h"
#include "moru/norms/expression.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace moru {

class FieldCheck;

// What a rule makes of a subject, from free to bound.
enum class VerdictStatus {
  not_applicable,  // not in force on the date, or about something else
  clear,           // in force, and the test is not met
  notify,          // may go on, with a duty to tell, publish, label or ask for a review
  restricted,      // needs a licence or permission, or is forbidden or taxed
  unknown,         // an input is missing or disputed, and it decides
};
template <>
struct EnumNames<VerdictStatus> {
  static constexpr std::array<std::pair<std::string_view, VerdictStatus>, 5> values = {
      {{"not_applicable", VerdictStatus::not_applicable},
       {"clear", VerdictStatus::clear},
       {"notify", VerdictStatus::notify},
       {"restricted", VerdictStatus::restricted},
       {"unknown", VerdictStatus::unknown}}};
};

enum class SubjectKind { chip, memory, model, service, site };
template <>
struct EnumNames<SubjectKind> {
  static constexpr std::array<std::pair<std::string_view, SubjectKind>, 5> values = {
      {{"chip", SubjectKind::chip},
       {"memory", SubjectKind::memory},
       {"model", SubjectKind::model},
       {"service", SubjectKind::service},
       {"site", SubjectKind::site}}};
};

// The law's standing, apart from the date.
enum class LegalStatus { in_force, superseded, rescinded, enacted, proposed, reported };
template <>
struct EnumNames<LegalStatus> {
  static constexpr std::array<std::pair<std::string_view, LegalStatus>, 6> values = {
      {{"in_force", LegalStatus::in_force},
       {"superseded", LegalStatus::superseded},
       {"rescinded", LegalStatus::rescinded},
       {"enacted", LegalStatus::enacted},
       {"proposed", LegalStatus::proposed},
       {"reported", LegalStatus::reported}}};
};

struct QuantityDefinition {
  static constexpr std::string_view kTypeName = "definition";
  std::string name;
  ValueKind kind = ValueKind::number;
  std::string unit;
  std::string doc;
  std::string formula;
  std::string assumed;
  std::string source;
  std::string trust;
  // Not fields: read from `unit` and `formula` once all definitions are known.
  ValueType type;
  double unit_scale = 1;
  std::optional<Expression> expression;
  std::optional<Value> assumed_value;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("name", x.name, "as tests and --set write it");
    v.optional("kind", x.kind, "number, flag, text or date");
    v.optional("unit", x.unit, "that it is stated and printed in; none for plain numbers");
    v.required("doc", x.doc, "what it means");
    v.optional("formula", x.formula, "how it follows from others where nobody states it");
    v.optional("assumed", x.assumed, "what holds where nothing is stated; a..b where disputed");
    v.optional("source", x.source, "of the meaning, the formula or the assumption");
    v.optional("trust", x.trust, "S V T M E D");
  }
  void validate(const FieldCheck& check) const;
};

struct RuleTest {
  static constexpr std::string_view kTypeName = "test";
  std::string when;
  std::string outcome;
  VerdictStatus status = VerdictStatus::restricted;
  std::optional<Expression> expression;  // not a field

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("when", x.when, "expression over the defined quantities");
    v.required("outcome", x.outcome, "what follows");
    v.required("status", x.status, "clear, notify or restricted");
  }
  void validate(const FieldCheck& check) const;
};

// Takes a subject out of the rule (with a status), or says what eases it (without one).
struct RuleException {
  static constexpr std::string_view kTypeName = "exception";
  std::string when;
  std::string outcome;
  std::optional<VerdictStatus> status;
  std::optional<Expression> expression;  // not a field

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("when", x.when, "expression over the defined quantities");
    v.required("outcome", x.outcome, "what follows");
    v.optional("status", x.status, "of the verdict then; without one it only eases the outcome");
  }
};

struct Rule {
  static constexpr std::string_view kTypeName = "rule";
  std::string id;
  std::string jurisdiction;
  std::string instrument;
  std::string citation;
  LegalStatus status = LegalStatus::in_force;
  std::string status_note;
  std::string in_force;
  std::string in_force_latest;
  std::string compliance;
  std::string ended;
  std::vector<SubjectKind> subjects;
  std::string applies_when;
  std::string otherwise;
  std::vector<RuleTest> tests;
  std::vector<RuleException> exceptions;
  std::vector<std::string> domains;
  std::vector<std::string> notes;
  std::string source;
  std::string trust;
  std::string trust_note;
  // Not fields.
  SourcePlace place;
  std::optional<Expression> applies;
  std::optional<int> first_day;         // nobody is bound before
  std::optional<int> first_day_latest;  // where only a period is known
  std::optional<int> last_day_after;    // the first day on which it no longer binds

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("id", x.id, "jurisdiction, body and short name");
    v.required("jurisdiction", x.jurisdiction, "US, EU, KR, US-CA");
    v.required("instrument", x.instrument, "what the rule is called");
    v.required("citation", x.citation, "where it stands");
    v.required("status", x.status,
               "in_force, superseded, rescinded, enacted, proposed or reported");
    v.optional("status_note", x.status_note, "what the status leaves out");
    v.optional("in_force", x.in_force, "first day; absent if it never was");
    v.optional("in_force_latest", x.in_force_latest,
               "latest first day, where the sources give a period only");
    v.optional("compliance", x.compliance, "day from which it must be complied with, if later");
    v.optional("ended", x.ended, "first day on which it no longer binds");
    v.required("subjects", x.subjects, "chip, memory, model, service, site");
    v.optional("applies_when", x.applies_when, "else the rule is about something else");
    v.optional("otherwise", x.otherwise, "why it is about something else then");
    v.required("tests", x.tests, "all that are met count; the gravest status holds");
    v.optional("exceptions", x.exceptions, "asked before the tests, in order");
    v.optional("domains", x.domains, "areas of use that the rule lists");
    v.optional("notes", x.notes, "what a reader should know");
    v.optional("source", x.source, "where it was read, if not the citation itself");
    v.required("trust", x.trust, "S V T M E D");
    v.optional("trust_note", x.trust_note, "what the flag does not cover");
  }
  void validate(const FieldCheck& check) const;

  bool is_about(SubjectKind kind) const;
};

struct RuleFile {
  static constexpr std::string_view kTypeName = "file of rules";
  std::string about;
  std::vector<QuantityDefinition> definitions;
  std::vector<Rule> rules;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("about", x.about, "what the file holds");
    v.optional("definitions", x.definitions, "quantities of tests");
    v.optional("rules", x.rules, "the rules");
  }
};

}  // namespace moru
