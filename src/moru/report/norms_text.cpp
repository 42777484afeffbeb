#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/norms/text_parts.h"
#include "moru/report/norms_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

std::string range_text(double low, double high) {
  const std::string first = norm_number_text(low);
  const std::string last = norm_number_text(high);
  if (first == last) {
    return first;
  }
  return std::isinf(high) ? first + " or more" : fmt::format("{}..{}", first, last);
}

std::string margin_text(const Margin& margin) {
  if (!margin.is_known || std::isnan(margin.distance.low)) {
    return fmt::format("{}: not known", margin.line);
  }
  const double low = margin.distance.low / margin.unit_scale;
  const double high = margin.distance.high / margin.unit_scale;
  if (low == high) {
    return fmt::format("{}: {}{}", margin.line, low > 0 ? "+" : "", norm_number_text(low));
  }
  return fmt::format("{}: {}", margin.line, range_text(low, high));
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return join(std::span<const std::string>(parts), separator);
}

void explain(std::string& text, const Rulebook& rules, const Verdict& verdict) {
  const Rule& rule = *verdict.rule;
  for (const RuleTest& test : rule.tests) {
    append_labelled(text, "test",
                    fmt::format("{} -> {} ({})", test.when, test.outcome, enum_name(test.status)));
  }
  for (const RuleException& exception : rule.exceptions) {
    append_labelled(text, "except", fmt::format("{} -> {}", exception.when, exception.outcome));
  }
  for (const auto& [name, stated] : verdict.values) {
    append_labelled(text, "value",
                    fmt::format("{} {} · {}{}{}", name, value_text(rules, name, stated.value),
                                stated.how, stated.source.empty() ? "" : " · " + stated.source,
                                stated.trust.empty() ? "" : " [" + stated.trust + "]"));
  }
  append_labelled(text, "status",
                  fmt::format("{}{}{}", enum_name(rule.status),
                              rule.status_note.empty() ? "" : ": ", rule.status_note));
  for (const std::string& note : rule.notes) {
    append_labelled(text, "note", note);
  }
  append_labelled(text, "source", rule.source);
  append_labelled(
      text, "trust",
      fmt::format("{}{}{}", rule.trust, rule.trust_note.empty() ? "" : ": ", rule.trust_note));
}

// A disputed input with the readings that it has.
std::string disputed_text(const Rulebook& rules, const Verdict& verdict) {
  std::vector<std::string> parts;
  for (const std::string& name : verdict.disputed) {
    std::string part = name;
    for (const auto& [known, stated] : verdict.values) {
      if (known == name) {
        part = fmt::format("{} {} ({})", name, value_text(rules, name, stated.value), stated.how);
      }
    }
    parts.push_back(std::move(part));
  }
  return joined(parts, ", ");
}

void append_verdict(std::string& text, const Rulebook& rules, const Verdict& verdict,
                    const VerdictText& how) {
  std::string status(enum_name(verdict.status));
  std::replace(status.begin(), status.end(), '_', ' ');
  text += fmt::format("\n{:<14}  {}\n", status, verdict.rule->id);
  append_labelled(text, "rule", verdict.rule->instrument);
  append_labelled(text, "because", verdict.reason);
  append_labelled(text, "outcome", joined(verdict.outcomes, "; "));
  append_labelled(text, "eased by", joined(verdict.relief, "; "));
  append_labelled(text, "missing", joined(verdict.missing, ", "));
  append_labelled(text, "disputed", disputed_text(rules, verdict));
  if (!verdict.values.empty() && !how.explains) {
    std::vector<std::string> values;
    for (const auto& [name, stated] : verdict.values) {
      values.push_back(fmt::format("{} {}", name, value_text(rules, name, stated.value)));
    }
    append_labelled(text, "values", joined(values, " · "));
  }
  if (how.shows_margins) {
    std::vector<std::string> margins;
    for (const Margin& margin : verdict.margins) {
      margins.push_back(margin_text(margin));
    }
    append_labelled(text, "margins", joined(margins, " · "));
  }
  if (how.explains) {
    explain(text, rules, verdict);
  }
  append_labelled(text, "citation",
                  fmt::format("{} [{}]", verdict.rule->citation, verdict.rule->trust));
}

constexpr VerdictStatus kOrder[] = {VerdictStatus::restricted, VerdictStatus::unknown,
                                    VerdictStatus::notify, VerdictStatus::clear,
                                    VerdictStatus::not_applicable};

std::string counts(const Verdicts& verdicts) {
  std::vector<std::string> parts;
  for (const VerdictStatus status : kOrder) {
    const auto count = std::count_if(verdicts.all.begin(), verdicts.all.end(),
                                     [&](const Verdict& v) { return v.status == status; });
    std::string name(enum_name(status));
    std::replace(name.begin(), name.end(), '_', ' ');
    parts.push_back(fmt::format("{} {}", count, name));
  }
  return joined(parts, ", ");
}

}  // namespace

std::string value_text(const Rulebook& rules, const std::string& name, const Value& value) {
  switch (value.type.kind) {
    case ValueKind::flag:
      return value.truth == Truth::unknown ? "not known"
                                           : (value.truth == Truth::yes ? "yes" : "no");
    case ValueKind::text:
      return value.text.value_or("not known");
    case ValueKind::date:
      return std::isfinite(value.low) ? date_text(static_cast<int>(value.low)) : "not known";
    case ValueKind::number:
      break;
  }
  if (value.is_unknown()) {
    return "not known";
  }
  const QuantityDefinition* definition = rules.definition(name);
  const double scale = definition == nullptr ? 1 : definition->unit_scale;
  const std::string unit =
      definition == nullptr || definition->unit.empty() ? "" : " " + definition->unit;
  return range_text(value.low / scale, value.high / scale) + unit;
}

std::string verdicts_text(const Rulebook& rules, const Verdicts& verdicts, const VerdictText& how) {
  std::string text =
      fmt::format("{} on {}: {}\n", verdicts.subject, date_text(verdicts.date), counts(verdicts));
  for (const VerdictStatus status : kOrder) {
    if (status == VerdictStatus::not_applicable && !how.lists_all) {
      continue;
    }
    for (const Verdict& verdict : verdicts.all) {
      if (verdict.status == status) {
        append_verdict(text, rules, verdict, how);
      }
    }
  }
  return text + "\n" + kNotLegalAdvice + "\n";
}

std::string comparison_text(const Rulebook& rules, const std::vector<Verdicts>& columns) {
  std::vector<std::string> header = {"rule"};
  for (const Verdicts& column : columns) {
    header.push_back(fmt::format("{} {}", column.subject, date_text(column.date)));
  }
  Table table(header, std::vector<Align>(header.size(), Align::left));
  for (const Rule& rule : rules.rules()) {
    std::vector<std::string> row = {rule.id};
    bool says_anything = false;
    for (const Verdicts& column : columns) {
      const VerdictStatus status = column.find(rule.id)->status;
      const bool applies = status != VerdictStatus::not_applicable;
      says_anything = says_anything || applies;
      row.push_back(applies ? std::string(enum_name(status)) : "-");
    }
    if (says_anything) {
      table.row(std::move(row));
    }
  }
  return table.text() + "\n" + kNotLegalAdvice + "\n";
}

}  // namespace moru
