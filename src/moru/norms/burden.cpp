#include "moru/norms/burden.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace moru {
namespace {

// As a service, a site and a model at once: each rule is asked about the first kind it knows.
std::optional<Verdict> verdict_as_any(const Rulebook& rules, const Rule& rule, Subject subject,
                                      int date) {
  for (const SubjectKind kind : {SubjectKind::service, SubjectKind::site, SubjectKind::model}) {
    if (rule.is_about(kind)) {
      subject.kind = kind;
      return check_rule(rules, rule, subject, date);
    }
  }
  return std::nullopt;
}

Subject with_size(const Rulebook& rules, Subject subject, const std::string& quantity,
                  double value) {
  const Dimension dimension = rules.definition(quantity)->type.dimension;
  subject.values[quantity] = {Value::number(value, value, dimension), "varied", "", ""};
  return subject;
}

bool is_asked_more(const Verdict& before, const Verdict& now) {
  const bool is_duty =
      now.status == VerdictStatus::notify || now.status == VerdictStatus::restricted;
  if (!is_duty || before.status == VerdictStatus::unknown) {
    return false;
  }
  return now.status > before.status ||
         (now.status == before.status && now.outcomes.size() > before.outcomes.size());
}

// Values of the quantity at which a line of some rule lies.
std::vector<double> thresholds_of(const Rulebook& rules, const std::string& quantity) {
  std::set<double> values;
  const auto add = [&](const Expression& expression) {
    for (const double line : expression.lines_of(quantity)) {
      values.insert(line);
    }
  };
  for (const Rule& rule : rules.rules()) {
    if (rule.applies) {
      add(*rule.applies);
    }
    for (const RuleTest& test : rule.tests) {
      add(*test.expression);
    }
  }
  return {values.begin(), values.end()};
}

std::optional<FirstDuty> first_duty(const Rulebook& rules, const Subject& subject, int date,
                                    const std::string& quantity) {
  // Lines are written with > and with >=; just above one, both are met.
  constexpr double kJustAbove = 1 + 1e-9;
  const Subject at_zero = with_size(rules, subject, quantity, 0);
  for (const double threshold : thresholds_of(rules, quantity)) {
    const double just_above = threshold > 0 ? threshold * kJustAbove : kJustAbove - 1;
    const Subject above = with_size(rules, subject, quantity, just_above);
    for (const Rule& rule : rules.rules()) {
      const auto before = verdict_as_any(rules, rule, at_zero, date);
      if (!before) {
        continue;
      }
      const auto now = verdict_as_any(rules, rule, above, date);
      if (is_asked_more(*before, *now)) {
        FirstDuty duty{quantity,
                       threshold,
                       rule.id,
                       now->status,
                       now->outcomes.empty() ? "" : now->outcomes.front(),
                       std::nullopt};
        const Value own = value_of_quantity(rules, subject, date, quantity).value;
        if (std::isfinite(own.high)) {
          duty.now = own.high;
        }
        return duty;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

const std::vector<std::string>& burden_sizes() {
  static const std::vector<std::string> sizes = {
      "dau_kr",   "rev_krw",  "ai_rev_krw", "rev_usd", "users_kr",    "users_eu",
      "users_us", "users_cn", "train_flop", "it_kW",   "contract_MW", "cluster_ops"};
  return sizes;
}

DutyBurden burden_of(const Rulebook& rules, const Subject& subject, int date) {
  DutyBurden burden{subject, {}, {}};
  for (const Rule& rule : rules.rules()) {
    auto verdict = verdict_as_any(rules, rule, subject, date);
    if (verdict && verdict->status > VerdictStatus::clear) {
      burden.duties.push_back(std::move(*verdict));
    }
  }
  for (const std::string& size : burden_sizes()) {
    if (rules.definition(size) == nullptr) {
      continue;
    }
    if (auto duty = first_duty(rules, subject, date, size)) {
      burden.firsts.push_back(std::move(*duty));
    }
  }
  return burden;
}

}  // namespace moru
