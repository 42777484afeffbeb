#include "moru/norms/verdict.h"

#include "moru/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

// Looks quantities up for one subject and day, each once.
class Quantities {
 public:
  Quantities(const Rulebook& rules, const Subject& subject, int date)
      : rules_(rules), subject_(subject), date_(date) {}

  Evaluated value_of(const std::string& name) {
    const auto found = known_.find(name);
    if (found != known_.end()) {
      return found->second;
    }
    const Evaluated result = look_up(name);
    known_.emplace(name, result);
    return result;
  }
  ValueOf lookup() {
    return [this](const std::string& name) { return value_of(name); };
  }

  Stated stated(const std::string& name) {
    if (const auto found = subject_.values.find(name); found != subject_.values.end()) {
      return found->second;
    }
    const Evaluated result = value_of(name);
    const QuantityDefinition* definition = rules_.definition(name);
    if (definition == nullptr) {
      return {result.value, "the day of the check", "", ""};
    }
    Stated stated{result.value, "not stated", definition->source, definition->trust};
    if (definition->expression) {
      stated.how = "= " + definition->formula;
    } else if (definition->assumed_value) {
      stated.how = "assumed: " + definition->assumed;
    }
    return stated;
  }

  bool is_missing(const std::string& name) {
    return !subject_.values.contains(name) && value_of(name).value.is_unknown();
  }

 private:
  Evaluated look_up(const std::string& name) {
    if (name == "date") {
      Value today = Value::number(date_, date_);
      today.type.kind = ValueKind::date;
      return {today, {}};
    }
    if (name == "year") {
      return {Value::number(year_of(date_), year_of(date_)), {}};
    }
    if (const auto found = subject_.values.find(name); found != subject_.values.end()) {
      return with_blame(name, found->second.value);
    }
    const QuantityDefinition* definition = rules_.definition(name);
    if (definition == nullptr) {
      return {Value::unknown({}), {name}};
    }
    if (definition->expression) {
      return definition->expression->evaluate(lookup());
    }
    return with_blame(name, definition->assumed_value ? *definition->assumed_value
                                                      : Value::unknown(definition->type));
  }

  static Evaluated with_blame(const std::string& name, const Value& value) {
    Evaluated result{value, {}};
    if (value.is_unknown() || value.is_range()) {
      result.blame.insert(name);
    }
    return result;
  }

  const Rulebook& rules_;
  const Subject& subject_;
  int date_;
  std::map<std::string, Evaluated> known_;
};

class Check {
 public:
  Check(const Rulebook& rules, const Rule& rule, const Subject& subject, int date)
      : rule_(rule), subject_(subject), date_(date), quantities_(rules, subject, date) {
    verdict_.rule = &rule;
  }

  Verdict run() {
    if (!is_in_force() || !is_about_subject()) {
      return std::move(verdict_);
    }
    collect_values();
    decide();
    name_open_inputs();
    return std::move(verdict_);
  }

 private:
  bool is_in_force() {
    if (!rule_.first_day) {
      verdict_.reason =
          fmt::format("never in force: {}",
                      rule_.status_note.empty() ? enum_name(rule_.status) : rule_.status_note);
      return false;
    }
    if (date_ < *rule_.first_day) {
      verdict_.reason = fmt::format("not in force before {}", rule_.in_force);
      return false;
    }
    if (rule_.last_day_after && date_ >= *rule_.last_day_after) {
      verdict_.reason = fmt::format("ended {} ({})", rule_.ended, enum_name(rule_.status));
      return false;
    }
    is_day_open_ = rule_.first_day_latest && date_ < *rule_.first_day_latest;
    return true;
  }

  bool is_about_subject() {
    if (!rule_.is_about(subject_.kind)) {
      verdict_.reason = other_subject();
      return false;
    }
    if (rule_.applies) {
      const Evaluated applies = rule_.applies->evaluate(quantities_.lookup());
      if (applies.value.truth == Truth::no) {
        verdict_.reason = rule_.otherwise;
        return false;
      }
      if (applies.value.truth == Truth::unknown) {
        does_apply_ = false;
        open_.insert(applies.blame.begin(), applies.blame.end());
      }
    }
    return true;
  }

  std::string other_subject() const {
    std::vector<std::string_view> kinds;
    for (const SubjectKind kind : rule_.subjects) {
      kinds.push_back(enum_name(kind));
    }
    std::string reason =
        fmt::format("about a {}, not a {}", join(std::span<const std::string_view>(kinds), " or "),
                    enum_name(subject_.kind));
    // A chip holds memory, so a reader asks why the memory's rule is silent.
    if (subject_.kind == SubjectKind::chip && rule_.is_about(SubjectKind::memory) &&
        !rule_.otherwise.empty()) {
      reason += "; " + rule_.otherwise;
    }
    return reason;
  }

  void collect_values() {
    std::vector<std::string> names;
    const auto add = [&](const Expression& expression) {
      for (const std::string& name : expression.names()) {
        if (std::find(names.begin(), names.end(), name) == names.end()) {
          names.push_back(name);
        }
      }
      for (Margin& margin : expression.margins(quantities_.lookup())) {
        const bool is_known =
            std::any_of(verdict_.margins.begin(), verdict_.margins.end(),
                        [&](const Margin& other) { return other.line == margin.line; });
        if (!is_known) {
          verdict_.margins.push_back(std::move(margin));
        }
      }
    };
    for (const RuleTest& test : rule_.tests) {
      add(*test.expression);
    }
    for (const RuleException& exception : rule_.exceptions) {
      add(*exception.expression);
    }
    for (const std::string& name : names) {
      verdict_.values.emplace_back(name, quantities_.stated(name));
    }
  }

  // The statuses that remain possible, from what is known.
  void decide() {
    std::vector<VerdictStatus> possible;
    bool is_decided = false;
    for (const RuleException& exception : rule_.exceptions) {
      const Evaluated when = exception.expression->evaluate(quantities_.lookup());
      if (when.value.truth == Truth::no || is_decided) {
        continue;
      }
      if (!exception.status) {
        if (when.value.truth == Truth::yes) {
          verdict_.relief.push_back(exception.outcome);
        }
        continue;
      }
      possible.push_back(*exception.status);
      pending_.emplace_back(exception.outcome, when);
      is_decided = when.value.truth == Truth::yes;
    }
    if (!is_decided) {
      decide_by_tests(possible);
    }
    settle(possible);
  }

  void decide_by_tests(std::vector<VerdictStatus>& possible) {
    VerdictStatus certain = VerdictStatus::clear;
    for (const RuleTest& test : rule_.tests) {
      const Evaluated when = test.expression->evaluate(quantities_.lookup());
      if (when.value.truth == Truth::no) {
        continue;
      }
      if (when.value.truth == Truth::yes) {
        certain = std::max(certain, test.status);
      }
      pending_.emplace_back(test.outcome, when);
    }
    possible.push_back(certain);
    for (const RuleTest& test : rule_.tests) {
      const Evaluated when = test.expression->evaluate(quantities_.lookup());
      if (when.value.truth == Truth::unknown && test.status > certain) {
        possible.push_back(test.status);
      }
    }
  }

  void settle(std::vector<VerdictStatus>& possible) {
    if (is_day_open_ || !does_apply_) {
      possible.push_back(VerdictStatus::not_applicable);
      possible.push_back(VerdictStatus::clear);
    }
    std::sort(possible.begin(), possible.end());
    possible.erase(std::unique(possible.begin(), possible.end()), possible.end());
    // Whether a rule that finds nothing applies at all is a question of words.
    const bool is_free = possible.back() == VerdictStatus::clear;
    verdict_.status = possible.size() == 1 || is_free ? possible.back() : VerdictStatus::unknown;
    for (const auto& [outcome, when] : pending_) {
      const bool is_open = when.value.truth == Truth::unknown;
      if (is_open && verdict_.status != VerdictStatus::unknown) {
        continue;
      }
      const std::string text = is_open ? "perhaps: " + outcome : outcome;
      if (std::find(verdict_.outcomes.begin(), verdict_.outcomes.end(), text) ==
          verdict_.outcomes.end()) {
        verdict_.outcomes.push_back(text);
      }
      if (is_open) {
        open_.insert(when.blame.begin(), when.blame.end());
      }
    }
    if (is_day_open_ && verdict_.status == VerdictStatus::unknown) {
      verdict_.missing.push_back(
          fmt::format("the first day (between {} and {})", rule_.in_force, rule_.in_force_latest));
    }
  }

  void name_open_inputs() {
    if (verdict_.status != VerdictStatus::unknown) {
      return;
    }
    for (const std::string& name : open_) {
      (quantities_.is_missing(name) ? verdict_.missing : verdict_.disputed).push_back(name);
    }
  }

  const Rule& rule_;
  const Subject& subject_;
  int date_;
  Quantities quantities_;
  Verdict verdict_;
  bool is_day_open_ = false;
  bool does_apply_ = true;
  std::vector<std::pair<std::string, Evaluated>> pending_;
  std::set<std::string> open_;
};

}  // namespace

const Verdict* Verdicts::find(std::string_view rule) const {
  const auto found = std::find_if(
      all.begin(), all.end(), [rule](const Verdict& verdict) { return verdict.rule->id == rule; });
  return found == all.end() ? nullptr : &*found;
}

Verdict check_rule(const Rulebook& rules, const Rule& rule, const Subject& subject, int date) {
  return Check(rules, rule, subject, date).run();
}

Verdicts check_rules(const Rulebook& rules, const Subject& subject, int date) {
  Verdicts verdicts;
  verdicts.subject = subject.name;
  verdicts.date = date;
  for (const Rule& rule : rules.rules()) {
    verdicts.all.push_back(check_rule(rules, rule, subject, date));
  }
  return verdicts;
}

Stated value_of_quantity(const Rulebook& rules, const Subject& subject, int date,
                         const std::string& name) {
  return Quantities(rules, subject, date).stated(name);
}

}  // namespace moru
