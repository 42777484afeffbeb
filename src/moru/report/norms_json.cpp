#include "moru/base/json_writer.h"
#include "moru/report/norms_report.h"

#include <cmath>

namespace moru {
namespace {

// Arithmetic leaves 15831.199999999999 of 15831.2: ten digits are more than any source has.
double tidy(double value) {
  constexpr int kDigits = 10;
  if (value == 0 || !std::isfinite(value)) {
    return value;
  }
  const double scale = std::pow(10.0, kDigits - std::ceil(std::log10(std::abs(value))));
  const double scaled = value * scale;
  return std::isfinite(scaled) && scale > 0 && std::isfinite(scale) ? std::round(scaled) / scale
                                                                    : value;
}

void write_number(JsonWriter& json, const Value& value, double scale) {
  if (value.is_unknown() || std::isnan(value.low) || std::isnan(value.high)) {
    json.null();
  } else if (value.low == value.high) {
    json.value(tidy(value.low / scale));
  } else {
    json.begin_object()
        .field("low", tidy(value.low / scale))
        .field("high", tidy(value.high / scale))
        .end_object();
  }
}

void write_date(JsonWriter& json, const Value& value) {
  const bool is_known = std::isfinite(value.low) && std::isfinite(value.high);
  if (!is_known) {
    json.null();
  } else {
    json.value(date_text(static_cast<int>(value.low)));
  }
}

void write_value(JsonWriter& json, const Rulebook& rules, const std::string& name,
                 const Value& value) {
  const QuantityDefinition* definition = rules.definition(name);
  switch (value.type.kind) {
    case ValueKind::number:
      return write_number(json, value, definition == nullptr ? 1 : definition->unit_scale);
    case ValueKind::date:
      return write_date(json, value);
    case ValueKind::text:
      value.text ? json.value(*value.text) : json.null();
      return;
    case ValueKind::flag:
      value.truth == Truth::unknown ? json.null() : json.value(value.truth == Truth::yes);
      return;
  }
}

void write_verdict(JsonWriter& json, const Rulebook& rules, const Verdict& verdict) {
  json.begin_object().field("rule", verdict.rule->id).field("status", enum_name(verdict.status));
  json.key("values").begin_object();
  for (const auto& [name, stated] : verdict.values) {
    json.key(name);
    write_value(json, rules, name, stated.value);
  }
  json.end_object();
  json.key("margins").begin_object();
  for (const Margin& margin : verdict.margins) {
    json.key(margin.line);
    write_number(json, margin.distance, margin.unit_scale);
  }
  json.end_object();
  json.field("citation", verdict.rule->citation).field("trust", verdict.rule->trust);
  json.end_object();
}

}  // namespace

std::string verdicts_json(const Rulebook& rules, const Verdicts& verdicts) {
  JsonWriter json;
  json.begin_object()
      .field("schema", "moru/norms/1")
      .field("subject", verdicts.subject)
      .field("date", date_text(verdicts.date));
  json.key("verdicts").begin_array();
  for (const Verdict& verdict : verdicts.all) {
    write_verdict(json, rules, verdict);
  }
  json.end_array().end_object();
  return json.take();
}

std::string comparison_json(const Rulebook& rules, const std::vector<Verdicts>& columns) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/norms-compare/1");
  json.key("columns").begin_array();
  for (const Verdicts& column : columns) {
    json.begin_object()
        .field("subject", column.subject)
        .field("date", date_text(column.date))
        .end_object();
  }
  json.end_array();
  json.key("rules").begin_array();
  for (const Rule& rule : rules.rules()) {
    json.begin_object().field("rule", rule.id);
    json.key("statuses").begin_array();
    for (const Verdicts& column : columns) {
      json.value(enum_name(column.find(rule.id)->status));
    }
    json.end_array().field("citation", rule.citation).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace moru
