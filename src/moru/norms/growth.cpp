#include "moru/norms/growth.h"

#include "moru/base/fields_parse.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace moru {
namespace {

// A century of months is enough for any plan and soon computed.
constexpr int kMostMonths = 1200;

struct GrowthText {
  static constexpr std::string_view kTypeName = "growth";
  std::string quantity;
  std::map<std::string, std::string> points;
  std::string source;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("quantity", x.quantity, "that changes");
    v.required("points", x.points, "YYYY-MM -> value");
    v.optional("source", x.source, "where it was read");
  }
};

struct PlanFile {
  static constexpr std::string_view kTypeName = "growth plan";
  std::string plan;
  std::string about;
  std::string start;
  int months = 12;
  std::vector<GrowthText> growth;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("plan", x.plan, "what it is called");
    v.optional("about", x.about, "what it is");
    v.required("start", x.start, "YYYY-MM-DD, the first day of the first month");
    v.optional("months", x.months, "how many to look at");
    v.required("growth", x.growth, "quantities that change");
  }
  void validate(const FieldCheck& check) const {
    const auto day = parse_date(start);
    check.require(day.has_value(), "start",
                  fmt::format("'{}' is not a date such as 2026-01-01", start));
    check.require(!day || add_months(*day, 0) == *day, "start", "must be the first of a month");
    check.require(months >= 1 && months <= kMostMonths, "months",
                  fmt::format("must be from 1 to {}", kMostMonths));
  }
};

// Months from the start of the plan to "YYYY-MM".
std::optional<int> month_of(const std::string& text, int start) {
  const auto day = parse_date(text + "-01");
  if (!day) {
    return std::nullopt;
  }
  int month = 0;
  const int step = *day >= start ? 1 : -1;
  while (add_months(start, month) != *day && std::abs(month) < kMostMonths * 3) {
    month += step;
  }
  return month;
}

double between(const std::pair<int, double>& a, const std::pair<int, double>& b, int month) {
  const double share = static_cast<double>(month - a.first) / (b.first - a.first);
  if (a.second > 0 && b.second > 0) {
    return a.second * std::pow(b.second / a.second, share);
  }
  return a.second + (b.second - a.second) * share;
}

double value_in(const QuantityGrowth& growth, int month) {
  const auto& points = growth.points;
  if (month <= points.front().first) {
    return points.front().second;
  }
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (month <= points[i].first) {
      return between(points[i - 1], points[i], month);
    }
  }
  return points.back().second;
}

class PlanReader {
 public:
  PlanReader(const Document& document, const Rulebook& rules)
      : document_(document), rules_(rules) {}

  DutyPlan read() {
    Document head = document_;
    std::erase_if(head.root.entries, [](const Node::Entry& e) { return e.key == "values"; });
    PlanFile text = parse_document<PlanFile>(head);
    plan_.name = text.plan;
    plan_.about = text.about;
    plan_.start = *parse_date(text.start);
    plan_.months = text.months;
    if (document_.root.find("values") != nullptr) {
      read_constants(text.plan);
    }
    const Node* list = document_.root.find("growth");
    for (std::size_t i = 0; i < text.growth.size(); ++i) {
      read_growth(text.growth[i], list->items[i]);
    }
    diagnostics_.throw_if_any();
    return std::move(plan_);
  }

 private:
  void read_constants(const std::string& name) {
    Document values{document_.file, {}};
    values.root.kind = Node::Kind::map;
    Node kind;
    kind.kind = Node::Kind::scalar;
    kind.text = "service";
    values.root.entries.push_back({"subject", 0, 0, kind});
    values.root.entries.push_back({"values", 0, 0, *document_.root.find("values")});
    plan_.constant = subject_from(values, rules_);
    plan_.constant.name = name;
  }

  void read_growth(const GrowthText& text, const Node& node) {
    const Node& name_node = *node.find("quantity");
    const QuantityDefinition* definition = rules_.definition(text.quantity);
    if (definition == nullptr || definition->kind != ValueKind::number) {
      const std::vector<std::string> names = rules_.quantity_names();
      diagnostics_.error(
          document_.place(name_node),
          fmt::format("'{}' is not a quantity that can grow{}", text.quantity,
                      did_you_mean(text.quantity, std::span<const std::string>(names))));
      return;
    }
    const Node& points = *node.find("points");
    QuantityGrowth growth{text.quantity, {}, text.source};
    for (const Node::Entry& entry : points.entries) {
      const auto month = month_of(entry.key, plan_.start);
      if (!month) {
        diagnostics_.error(document_.place(entry),
                           fmt::format("'{}' is not a month such as 2026-01", entry.key));
        continue;
      }
      const Rulebook::ParsedValue parsed = rules_.parse_value_of(*definition, entry.value.text);
      if (!parsed.reason.empty() || parsed.value.low != parsed.value.high) {
        diagnostics_.error(
            document_.place(entry.value),
            parsed.reason.empty() ? "a point of a plan is one value, not a range" : parsed.reason);
        continue;
      }
      growth.points.emplace_back(*month, parsed.value.low);
    }
    if (points.entries.empty()) {
      diagnostics_.error(document_.place(points), "needs at least one point");
    }
    if (growth.points.empty()) {
      return;
    }
    std::sort(growth.points.begin(), growth.points.end());
    plan_.growth.push_back(std::move(growth));
  }

  const Document& document_;
  const Rulebook& rules_;
  Diagnostics diagnostics_;
  DutyPlan plan_;
};

std::optional<SubjectKind> kind_for(const Rule& rule) {
  for (const SubjectKind kind : {SubjectKind::service, SubjectKind::site, SubjectKind::model}) {
    if (rule.is_about(kind)) {
      return kind;
    }
  }
  return std::nullopt;
}

// Which line of the test lies between last month's value and this month's.
std::string crossed_line(const Verdict& before, const Verdict& now) {
  for (const Margin& margin : now.margins) {
    for (const Margin& earlier : before.margins) {
      const bool is_crossed =
          margin.line == earlier.line && (margin.distance.low >= 0) != (earlier.distance.low >= 0);
      if (is_crossed) {
        return "crosses " + margin.line;
      }
    }
  }
  return "";
}

std::string reason_of(const Verdict& before, const Verdict& now) {
  if (before.status == VerdictStatus::not_applicable && before.reason.starts_with("not in force")) {
    return fmt::format("in force since {}", now.rule->in_force);
  }
  if (now.status == VerdictStatus::not_applicable) {
    return now.reason;
  }
  if (before.status == VerdictStatus::not_applicable) {
    return "now within its reach";
  }
  return crossed_line(before, now);
}

}  // namespace

Subject DutyPlan::subject_in(int month, SubjectKind kind, const Rulebook& rules) const {
  Subject subject = constant;
  subject.name = name;
  subject.kind = kind;
  for (const QuantityGrowth& one : growth) {
    const double value = value_in(one, month);
    const QuantityDefinition* definition = rules.definition(one.quantity);
    subject.values[one.quantity] = {Value::number(value, value, definition->type.dimension),
                                    "the plan, between its points", one.source, ""};
  }
  return subject;
}

DutyPlan plan_from(const Document& document, const Rulebook& rules) {
  return PlanReader(document, rules).read();
}

DutyTimeline timeline_of(const Rulebook& rules, const DutyPlan& plan) {
  DutyTimeline timeline;
  timeline.name = plan.name;
  for (const Rule& rule : rules.rules()) {
    const auto kind = kind_for(rule);
    if (!kind) {
      continue;
    }
    std::optional<Verdict> before;
    for (int month = 0; month < plan.months; ++month) {
      Verdict now =
          check_rule(rules, rule, plan.subject_in(month, *kind, rules), plan.last_day_of(month));
      const VerdictStatus status_before = before ? before->status : VerdictStatus::not_applicable;
      const bool is_quiet_start = !before && now.status == VerdictStatus::clear;
      const bool is_free =
          now.status <= VerdictStatus::clear && status_before <= VerdictStatus::clear;
      const bool is_new_duty = before && now.outcomes != before->outcomes;
      if (!is_quiet_start && !is_free && (now.status != status_before || is_new_duty)) {
        timeline.events.push_back(
            {month, now, status_before, before ? reason_of(*before, now) : "from the start"});
      }
      before = std::move(now);
    }
  }
  std::stable_sort(timeline.events.begin(), timeline.events.end(),
                   [](const DutyChange& a, const DutyChange& b) { return a.month < b.month; });
  return timeline;
}

}  // namespace moru
