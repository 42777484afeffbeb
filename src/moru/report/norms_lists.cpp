// What `moru norms rules`, `quantities` and `domains` print.
#include "moru/base/json_writer.h"
#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/norms/text_parts.h"
#include "moru/report/norms_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

std::string kinds_text(const Rule& rule) {
  std::vector<std::string_view> kinds;
  for (const SubjectKind kind : rule.subjects) {
    kinds.push_back(enum_name(kind));
  }
  return join(std::span<const std::string_view>(kinds), ", ");
}

// "energy: energy supply" -> "energy", and what is behind the colon.
std::string_view key_of(std::string_view domain) { return domain.substr(0, domain.find(':')); }
std::string_view meaning_of(std::string_view domain) {
  const std::size_t colon = domain.find(':');
  return colon == std::string_view::npos ? domain : trim(domain.substr(colon + 1));
}

// The rules that list a domain, each with what it then asks.
void append_domain(std::string& text, const Rulebook& rules, const std::string& domain) {
  std::vector<std::string_view> known;
  bool is_listed = false;
  for (const Rule& rule : rules.rules()) {
    for (const std::string& entry : rule.domains) {
      known.push_back(key_of(entry));
      if (key_of(entry) != domain) {
        continue;
      }
      is_listed = true;
      text += fmt::format("\n{}\n  listed by {}, {}\n", entry, rule.id, rule.citation);
      for (const RuleTest& test : rule.tests) {
        text += "  [ ] may it significantly affect life, body or basic rights? Then:\n";
        for (const std::string_view duty : split(test.outcome, ',')) {
          text += fmt::format("  [ ] {}\n", trim(duty));
        }
      }
      for (const std::string& note : rule.notes) {
        text += fmt::format("  {}\n", wrapped_text(note, 2));
      }
    }
  }
  if (!is_listed) {
    fail(fmt::format("'{}' is not an area that a rule lists{}; `moru norms domains` lists them",
                     domain, did_you_mean(domain, std::span<const std::string_view>(known))));
  }
}

}  // namespace

std::string rules_text(const Rulebook& rules) {
  Table table({"rule", "in force", "ended", "status", "about", "trust", "instrument"},
              std::vector<Align>(7, Align::left));
  for (const Rule& rule : rules.rules()) {
    table.row({rule.id, rule.in_force.empty() ? "never" : rule.in_force, rule.ended,
               std::string(enum_name(rule.status)), kinds_text(rule), rule.trust, rule.instrument});
  }
  return table.text() + "\n" + kNotLegalAdvice + "\n";
}

std::string rules_json(const Rulebook& rules) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/norms-rules/1").key("rules").begin_array();
  for (const Rule& rule : rules.rules()) {
    json.begin_object()
        .field("rule", rule.id)
        .field("jurisdiction", rule.jurisdiction)
        .field("instrument", rule.instrument)
        .field("citation", rule.citation)
        .field("status", enum_name(rule.status))
        .field("in_force", rule.in_force)
        .field("ended", rule.ended)
        .field("trust", rule.trust);
    json.key("subjects").begin_array();
    for (const SubjectKind kind : rule.subjects) {
      json.value(enum_name(kind));
    }
    json.end_array().key("tests").begin_array();
    for (const RuleTest& test : rule.tests) {
      json.begin_object()
          .field("when", test.when)
          .field("outcome", test.outcome)
          .field("status", enum_name(test.status))
          .end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take();
}

std::string quantities_text(const Rulebook& rules) {
  Table table({"quantity", "kind", "unit", "where not stated", "trust", "meaning"},
              std::vector<Align>(6, Align::left));
  for (const auto& [name, definition] : rules.definitions()) {
    const std::string otherwise = !definition.formula.empty()   ? "= " + definition.formula
                                  : !definition.assumed.empty() ? "assumed " + definition.assumed
                                                                : "";
    table.row({name, std::string(enum_name(definition.kind)), definition.unit, otherwise,
               definition.trust, definition.doc});
  }
  return table.text();
}

std::string quantities_json(const Rulebook& rules) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/norms-quantities/1").key("quantities").begin_array();
  for (const auto& [name, definition] : rules.definitions()) {
    json.begin_object()
        .field("quantity", name)
        .field("kind", enum_name(definition.kind))
        .field("unit", definition.unit)
        .field("doc", definition.doc)
        .field("formula", definition.formula)
        .field("assumed", definition.assumed)
        .field("source", definition.source)
        .field("trust", definition.trust)
        .end_object();
  }
  json.end_array().end_object();
  return json.take();
}

std::string domains_json(const Rulebook& rules) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/norms-domains/1").key("domains").begin_array();
  for (const Rule& rule : rules.rules()) {
    for (const std::string& domain : rule.domains) {
      json.begin_object()
          .field("domain", key_of(domain))
          .field("what", meaning_of(domain))
          .field("rule", rule.id)
          .field("outcome", rule.tests.front().outcome)
          .field("citation", rule.citation)
          .field("trust", rule.trust)
          .end_object();
    }
  }
  json.end_array().end_object();
  return json.take();
}

std::string domains_text(const Rulebook& rules, const std::vector<std::string>& domains) {
  std::string text;
  if (domains.empty()) {
    for (const Rule& rule : rules.rules()) {
      if (rule.domains.empty()) {
        continue;
      }
      text += fmt::format("{} ({}, {})\n", rule.instrument, rule.id, rule.citation);
      for (const std::string& domain : rule.domains) {
        text += fmt::format("  [ ] {}\n", domain);
      }
    }
  }
  for (const std::string& domain : domains) {
    append_domain(text, rules, domain);
  }
  return text + "\n" + kNotLegalAdvice + "\n";
}

}  // namespace moru
