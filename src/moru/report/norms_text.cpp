#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/report/norms_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

constexpr std::size_t kWidth = 100;

// Up to four digits behind a small number, thousands apart in a large one, powers for huge ones.
std::string number_text(double value) {
  constexpr double kHuge = 1e15;
  constexpr double kLarge = 10000;
  const double magnitude = std::abs(value);
  if (std::isinf(value)) {
    return value > 0 ? "no limit" : "-no limit";
  }
  if (magnitude >= kHuge) {
    return fmt::format("{:.3g}", value);
  }
  if (magnitude >= kLarge) {
    return with_thousands(static_cast<std::int64_t>(std::llround(value)));
  }
  return fmt::format("{:.4g}", value);
}

std::string range_text(double low, double high) {
  const std::string first = number_text(low);
  const std::string last = number_text(high);
  if (first == last) {
    return first;
  }
  return std::isinf(high) ? first + " or more" : fmt::format("{}..{}", first, last);
}

std::string margin_text(const Margin& margin) {
  if (margin.distance.is_unknown() || std::isnan(margin.distance.low)) {
    return fmt::format("{}: not known", margin.line);
  }
  const double low = margin.distance.low / margin.unit_scale;
  const double high = margin.distance.high / margin.unit_scale;
  if (low == high) {
    return fmt::format("{}: {}{}", margin.line, low > 0 ? "+" : "", number_text(low));
  }
  return fmt::format("{}: {}", margin.line, range_text(low, high));
}

// Text broken into lines of kWidth, all but the first indented.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string result;
  std::size_t column = indent;
  for (const std::string_view word : split(text, ' ')) {
    const std::size_t width = display_width(word);
    if (column > indent && column + 1 + width > kWidth) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += width;
  }
  return result;
}

void line(std::string& text, std::string_view label, const std::string& content) {
  constexpr std::size_t kIndent = 13;
  if (!content.empty()) {
    text += fmt::format("    {:<9}{}\n", label, wrapped(content, kIndent));
  }
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return join(std::span<const std::string>(parts), separator);
}

void explain(std::string& text, const Rulebook& rules, const Verdict& verdict) {
  const Rule& rule = *verdict.rule;
  for (const RuleTest& test : rule.tests) {
    line(text, "test",
         fmt::format("{} -> {} ({})", test.when, test.outcome, enum_name(test.status)));
  }
  for (const RuleException& exception : rule.exceptions) {
    line(text, "except", fmt::format("{} -> {}", exception.when, exception.outcome));
  }
  for (const auto& [name, stated] : verdict.values) {
    line(text, name,
         fmt::format("{} · {}{}{}", value_text(rules, name, stated.value), stated.how,
                     stated.source.empty() ? "" : " · " + stated.source,
                     stated.trust.empty() ? "" : " [" + stated.trust + "]"));
  }
  line(text, "status",
       fmt::format("{}{}{}", enum_name(rule.status), rule.status_note.empty() ? "" : ": ",
                   rule.status_note));
  for (const std::string& note : rule.notes) {
    line(text, "note", note);
  }
  line(text, "source", rule.source);
  line(text, "trust",
       fmt::format("{}{}{}", rule.trust, rule.trust_note.empty() ? "" : ": ", rule.trust_note));
}

void append_verdict(std::string& text, const Rulebook& rules, const Verdict& verdict,
                    const VerdictText& how) {
  std::string status(enum_name(verdict.status));
  std::replace(status.begin(), status.end(), '_', ' ');
  text += fmt::format("\n{:<14}  {}\n", status, verdict.rule->id);
  line(text, "rule", verdict.rule->instrument);
  line(text, "because", verdict.reason);
  line(text, "outcome", joined(verdict.outcomes, "; "));
  line(text, "eased by", joined(verdict.relief, "; "));
  line(text, "missing", joined(verdict.missing, ", "));
  line(text, "disputed", joined(verdict.disputed, ", "));
  if (!verdict.values.empty() && !how.explains) {
    std::vector<std::string> values;
    for (const auto& [name, stated] : verdict.values) {
      values.push_back(fmt::format("{} {}", name, value_text(rules, name, stated.value)));
    }
    line(text, "values", joined(values, " · "));
  }
  if (how.shows_margins) {
    std::vector<std::string> margins;
    for (const Margin& margin : verdict.margins) {
      margins.push_back(margin_text(margin));
    }
    line(text, "margins", joined(margins, " · "));
  }
  if (how.explains) {
    explain(text, rules, verdict);
  }
  line(text, "citation", fmt::format("{} [{}]", verdict.rule->citation, verdict.rule->trust));
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
