#include "moru/base/error.h"
#include "moru/base/json_writer.h"
#include "moru/base/text.h"
#include "moru/report/step_report.h"

#include <fmt/format.h>

namespace moru {
namespace {

double microseconds(double seconds) { return seconds * 1e6; }

std::string one_text(const ExplainedOperator& one) {
  const OpCost& cost = one.costed.cost;
  const Explanation& why = one.explanation;
  std::string text =
      fmt::format("{}: {:.2f} us, {} binds ({:.0f}% of its peak used)\n", one.costed.op.name,
                  microseconds(cost.seconds), enum_name(cost.bound), 100 * cost.utilisation);
  text += fmt::format("  kernel     {}\n", why.kernel);
  text += "  time line ";
  for (const Phase& phase : why.timeline) {
    text += fmt::format(" {} {:.2f} us;", phase.name, microseconds(phase.seconds));
  }
  text.back() = '\n';
  if (why.waves > 0) {
    text += fmt::format("  waves      {:.2f}\n", why.waves);
  }
  if (why.clock_share < 0.999) {
    text += fmt::format("  clock      {:.0f}% of the highest: power\n", 100 * why.clock_share);
  }
  text += why.runner_up.empty() ? "  runner-up  none: one kernel serves this shape\n"
                                : fmt::format("  runner-up  {}: {:.2f} us\n", why.runner_up,
                                              microseconds(why.runner_up_seconds));
  std::string levers;
  for (const Lever& lever : why.levers) {
    if (lever.factor > 0) {
      levers +=
          fmt::format("{}{} x {:.2f}", levers.empty() ? "" : ", ", lever.resource, lever.factor);
    }
  }
  return text + fmt::format("  10% faster with  {}\n",
                            levers.empty() ? "no single resource, up to 8 times as much" : levers);
}

}  // namespace

std::vector<ExplainedOperator> explain_operators(const StepReport& report,
                                                 const std::string& name) {
  const auto mapper =
      prepare_mapper(report.scenario.mapper, report.chip, report.scenario.deployment);
  std::vector<ExplainedOperator> explained;
  std::string known;
  for (const CostedOperator& costed : report.operators) {
    if (costed.op.name == name) {
      auto why = mapper->explain(costed.op);
      if (!why) {
        throw Error(ErrorKind::infeasible, why.error().reason);
      }
      explained.push_back({costed, std::move(*why)});
    }
    const std::string one(costed.op.name);
    if ((", " + known + ", ").find(", " + one + ", ") == std::string::npos) {
      known += (known.empty() ? "" : ", ") + one;
    }
  }
  if (explained.empty()) {
    fail(fmt::format("this step has no operator '{}'; it has {}", name, known));
  }
  return explained;
}

std::string explanation_text(const std::vector<ExplainedOperator>& operators) {
  std::string text;
  for (const ExplainedOperator& one : operators) {
    text += one_text(one);
  }
  return text;
}

std::string explanation_json(const std::vector<ExplainedOperator>& operators) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/map-explain/1").key("operators").begin_array();
  for (const ExplainedOperator& one : operators) {
    const OpCost& cost = one.costed.cost;
    const Explanation& why = one.explanation;
    json.begin_object()
        .field("name", one.costed.op.name)
        .field("us", microseconds(cost.seconds))
        .field("bound", enum_name(cost.bound))
        .field("utilisation", cost.utilisation)
        .field("kernel", why.kernel)
        .field("waves", why.waves)
        .field("clock_share", why.clock_share)
        .field("runner_up", why.runner_up)
        .field("runner_up_us", microseconds(why.runner_up_seconds));
    json.key("timeline").begin_array();
    for (const Phase& phase : why.timeline) {
      json.begin_object()
          .field("phase", phase.name)
          .field("us", microseconds(phase.seconds))
          .end_object();
    }
    json.end_array().key("ten_percent_faster_with").begin_array();
    for (const Lever& lever : why.levers) {
      if (lever.factor > 0) {
        json.begin_object()
            .field("resource", lever.resource)
            .field("factor", lever.factor)
            .end_object();
      }
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace moru
