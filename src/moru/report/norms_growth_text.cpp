// What `moru norms timeline` and `moru norms burden` print.
#include "moru/base/json_writer.h"
#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/norms/text_parts.h"
#include "moru/report/norms_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

std::string month_text(const DutyPlan& plan, int month) {
  constexpr std::size_t kYearAndMonth = 7;
  return date_text(plan.last_day_of(month)).substr(0, kYearAndMonth);
}

std::string what_follows(const Verdict& verdict) {
  if (verdict.status == VerdictStatus::unknown && !verdict.missing.empty()) {
    return "needs " + join(std::span<const std::string>(verdict.missing), ", ");
  }
  if (verdict.outcomes.empty()) {
    return verdict.reason;
  }
  return join(std::span<const std::string>(verdict.outcomes), "; ");
}

std::string spaced(VerdictStatus status) {
  std::string text(enum_name(status));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

// In the unit that the quantity is stated in.
double in_unit(const Rulebook& rules, const std::string& quantity, double value) {
  const QuantityDefinition* definition = rules.definition(quantity);
  return definition == nullptr ? value : value / definition->unit_scale;
}

std::string with_unit(const Rulebook& rules, const std::string& quantity, double value) {
  const QuantityDefinition* definition = rules.definition(quantity);
  return norm_number_text(in_unit(rules, quantity, value)) +
         (definition == nullptr || definition->unit.empty() ? "" : " " + definition->unit);
}

bool has_duty(const DutyBurden& burden, const std::string& rule) {
  return std::any_of(burden.duties.begin(), burden.duties.end(), [&](const Verdict& verdict) {
    return verdict.rule->id == rule && verdict.status != VerdictStatus::unknown;
  });
}

std::string duty_text(const DutyBurden& burden, const std::string& rule) {
  for (const Verdict& verdict : burden.duties) {
    if (verdict.rule->id == rule) {
      return spaced(verdict.status);
    }
  }
  return "-";
}

// The sentence that answers the question.
std::string summary(const Rulebook& rules, const std::vector<DutyBurden>& burdens, int date) {
  const DutyBurden& small = burdens.front();
  const DutyBurden& large = burdens.back();
  int both = 0;
  int only_small = 0;
  int only_large = 0;
  for (const Rule& rule : rules.rules()) {
    const bool a = has_duty(small, rule.id);
    const bool b = has_duty(large, rule.id);
    both += a && b ? 1 : 0;
    only_small += a && !b ? 1 : 0;
    only_large += b && !a ? 1 : 0;
  }
  return wrapped_text(
      fmt::format("Duties on {}: {} {}, {} {}. Both meet {} whatever their size, the larger alone "
                  "{}, the smaller alone {}.",
                  date_text(date), small.subject.name, both + only_small, large.subject.name,
                  both + only_large, both, only_large, only_small),
      0);
}

const FirstDuty* first_by(const DutyBurden& burden, const std::string& size) {
  for (const FirstDuty& duty : burden.firsts) {
    if (duty.quantity == size) {
      return &duty;
    }
  }
  return nullptr;
}

std::string first_text(const Rulebook& rules, const FirstDuty* duty) {
  if (duty == nullptr) {
    return "none";
  }
  std::string text = fmt::format(
      "{} {}", duty->threshold > 0 ? with_unit(rules, duty->quantity, duty->threshold) : "any",
      duty->rule);
  if (duty->now && *duty->now > 0 && duty->threshold > 0) {
    const double factor = duty->threshold / *duty->now;
    text += factor > 1 ? fmt::format(" ({:.3g} x away)", factor) : " (passed)";
  }
  return text;
}

}  // namespace

std::string timeline_text(const Rulebook& rules, const DutyPlan& plan, const DutyTimeline& timeline,
                          bool explains) {
  std::string text = fmt::format("{}: duties met from {} to {}\n\n", timeline.name,
                                 month_text(plan, 0), month_text(plan, plan.months - 1));
  int last_month = -1;
  for (const DutyChange& event : timeline.events) {
    text += fmt::format("{:<8} {:<14} {}\n",
                        event.month == last_month ? "" : month_text(plan, event.month),
                        spaced(event.verdict.status), event.verdict.rule->id);
    last_month = event.month;
    constexpr std::size_t kIndent = 24;
    const std::string indent(kIndent, ' ');
    const std::string follows = what_follows(event.verdict);
    if (!follows.empty()) {
      text += indent + wrapped_text(follows, kIndent) + "\n";
    }
    if (!event.because.empty() && event.because != follows) {
      text += indent + wrapped_text("because: " + event.because, kIndent) + "\n";
    }
    if (explains) {
      for (const auto& [name, stated] : event.verdict.values) {
        text +=
            indent +
            wrapped_text(fmt::format("{} {} · {} {}", name, value_text(rules, name, stated.value),
                                     stated.how, stated.source),
                         kIndent) +
            "\n";
      }
      text += indent +
              wrapped_text(
                  fmt::format("{} [{}]", event.verdict.rule->citation, event.verdict.rule->trust),
                  kIndent) +
              "\n";
    }
  }
  if (timeline.events.empty()) {
    text += "no duty is met\n";
  }
  return text + "\n" + kNotLegalAdvice + "\n";
}

std::string timeline_json(const DutyPlan& plan, const DutyTimeline& timeline) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/norms-timeline/1").field("plan", timeline.name);
  json.key("events").begin_array();
  for (const DutyChange& event : timeline.events) {
    json.begin_object()
        .field("month", month_text(plan, event.month))
        .field("rule", event.verdict.rule->id)
        .field("before", enum_name(event.before))
        .field("status", enum_name(event.verdict.status))
        .field("outcome", what_follows(event.verdict))
        .field("because", event.because)
        .field("citation", event.verdict.rule->citation)
        .field("trust", event.verdict.rule->trust)
        .end_object();
  }
  json.end_array().end_object();
  return json.take();
}

std::string burden_text(const Rulebook& rules, const std::vector<DutyBurden>& burdens, int date,
                        bool explains) {
  std::string text = summary(rules, burdens, date) + "\n\n";
  std::vector<std::string> header = {"duty"};
  for (const DutyBurden& burden : burdens) {
    header.push_back(burden.subject.name);
  }
  const std::vector<Align> left(header.size(), Align::left);
  Table duties(header, left);
  for (const Rule& rule : rules.rules()) {
    std::vector<std::string> row = {rule.id};
    bool is_met = false;
    for (const DutyBurden& burden : burdens) {
      row.push_back(duty_text(burden, rule.id));
      is_met = is_met || row.back() != "-";
    }
    if (is_met) {
      duties.row(std::move(row));
    }
  }
  text += duties.text();
  header.front() = "first duty by";
  Table firsts(header, left);
  for (const std::string& size : burden_sizes()) {
    std::vector<std::string> row = {size};
    bool is_any = false;
    for (const DutyBurden& burden : burdens) {
      const FirstDuty* duty = first_by(burden, size);
      is_any = is_any || duty != nullptr;
      row.push_back(first_text(rules, duty));
    }
    if (is_any) {
      firsts.row(std::move(row));
    }
  }
  text += "\n" + firsts.text();
  if (explains) {
    for (const DutyBurden& burden : burdens) {
      text += fmt::format("\n{}\n", burden.subject.name);
      for (const auto& [name, stated] : burden.subject.values) {
        append_labelled(text, "",
                        fmt::format("{} {} · {} [{}]", name, value_text(rules, name, stated.value),
                                    stated.source.empty() ? stated.how : stated.source,
                                    stated.trust.empty() ? "D" : stated.trust));
      }
    }
  }
  return text + "\n" + kNotLegalAdvice + "\n";
}

std::string burden_json(const Rulebook& rules, const std::vector<DutyBurden>& burdens, int date) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/norms-burden/1").field("date", date_text(date));
  json.key("subjects").begin_array();
  for (const DutyBurden& burden : burdens) {
    json.begin_object().field("subject", burden.subject.name).key("duties").begin_array();
    for (const Verdict& verdict : burden.duties) {
      json.begin_object()
          .field("rule", verdict.rule->id)
          .field("status", enum_name(verdict.status))
          .field("outcome", what_follows(verdict))
          .end_object();
    }
    json.end_array().key("first_duties").begin_array();
    for (const FirstDuty& duty : burden.firsts) {
      json.begin_object()
          .field("quantity", duty.quantity)
          .field("threshold", in_unit(rules, duty.quantity, duty.threshold))
          .field("rule", duty.rule)
          .field("status", enum_name(duty.status))
          .field("outcome", duty.outcome);
      json.key("now");
      duty.now ? json.value(in_unit(rules, duty.quantity, *duty.now)) : json.null();
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace moru
