#include "moru/report/step_report.h"

#include "moru/base/json_writer.h"
#include "moru/base/table.h"
#include "moru/base/text.h"

#include <fmt/format.h>

namespace moru {
namespace {

std::string shape_text(const Operator& op) {
  switch (op.op_class) {
    case OperatorClass::gemm:
      return op.gemm.batch > 1
                 ? fmt::format("{} x {}x{} · {}x{}", op.gemm.batch, op.gemm.m, op.gemm.k, op.gemm.k,
                               op.gemm.n)
                 : fmt::format("{}x{} · {}x{}", op.gemm.m, op.gemm.k, op.gemm.k, op.gemm.n);
    case OperatorClass::grouped_gemm:
      return fmt::format("{:.0f} rows, {:.1f} of {} experts, {}x{}", op.moe.local_rows,
                         op.moe.experts_hit, op.moe.local_experts, op.moe.hidden, op.moe.inter);
    case OperatorClass::attention:
      return fmt::format("{} seq, {}/{} heads x {}, {:.0f} keys", op.attention.work.sequences,
                         op.attention.heads, op.attention.kv_heads, op.attention.head_dim,
                         op.attention.work.cached_keys);
    case OperatorClass::recurrence:
      return fmt::format("{} seq, {} heads x {}x{}", op.recurrence.sequences, op.recurrence.heads,
                         op.recurrence.rows, op.recurrence.columns);
    case OperatorClass::collective:
      return fmt::format("{} x {}", op.collective.ranks, to_string(Bytes{op.collective.bytes}));
    case OperatorClass::vector:
    case OperatorClass::gather:
      return "";
  }
  return "";
}

std::string dtype_text(const Operator& op) {
  if (op.weight_bytes > 0 && op.weight != op.activation) {
    return fmt::format("{}/{}", enum_name(op.weight), enum_name(op.activation));
  }
  return std::string(enum_name(op.activation));
}

}  // namespace

StepReport map_step(const Scenario& scenario, const StepQuestion& question) {
  StepReport report;
  report.scenario = scenario;
  report.question = question;
  report.model = load_model(scenario.model, scenario.deployment.quantization);
  report.chip = load_chip(scenario.chip);
  const auto mapper = prepare_mapper(scenario.mapper, report.chip, scenario.deployment);
  report.engine = resolve(scenario.deployment, report.model, report.chip);
  report.model.kv = report.engine.kv_dtype;
  StepCosts costs(report.model, report.engine.parallelism, *mapper);
  const BatchWork work = equal_batch_work(report.model.context_rules(), question.batch,
                                          {question.new_tokens, question.context});
  report.padded_tokens = padded_tokens(report.engine, work.tokens);
  for (int stage = 0; stage < report.engine.parallelism.pipeline; ++stage) {
    double stage_seconds = 0;
    for (CostedOperator& costed : costs.operators(work, report.padded_tokens, stage)) {
      stage_seconds += costed.seconds();
      report.low_seconds += costed.cost.low * costed.op.repeat;
      report.high_seconds += costed.cost.high * costed.op.repeat;
      report.operators.push_back(std::move(costed));
    }
    report.operator_seconds += stage_seconds;
    if (!is_recorded(report.engine, work.tokens)) {
      report.launch_wait_seconds += std::max(0.0, costs.host_seconds(stage) - stage_seconds);
    }
  }
  report.host_seconds = report.engine.step_overhead_seconds + report.launch_wait_seconds;
  report.step_seconds = report.operator_seconds + report.host_seconds;
  return report;
}

std::string step_text(const StepReport& report) {
  Table table({"operator", "dtype", "shape", "x", "us each", "ms", "share", "bound", "util",
               "memory", "link"},
              {Align::left, Align::left, Align::left, Align::right, Align::right, Align::right,
               Align::right, Align::left});
  for (const CostedOperator& costed : report.operators) {
    const OpCost& cost = costed.cost;
    table.row({std::string(costed.op.name), dtype_text(costed.op), shape_text(costed.op),
               fmt::format("{}", costed.op.repeat), fmt::format("{:.2f}", cost.seconds * 1e6),
               fmt::format("{:.3f}", costed.seconds() * 1e3),
               fmt::format("{:.1f}%", costed.seconds() / report.operator_seconds * 100),
               std::string(enum_name(cost.bound)),
               cost.bound == Bound::overhead ? "" : fmt::format("{:.0f}%", cost.utilisation * 100),
               to_string(Bytes{cost.memory_bytes}),
               cost.link_bytes > 0 ? to_string(Bytes{cost.link_bytes}) : ""});
  }
  const StepQuestion& question = report.question;
  std::string text = fmt::format(
      "{} on {} x {}, {}: {} sequences, {} new tokens each, {} cached{}\n\n", report.model.id,
      report.engine.parallelism.chips(), report.chip.id, question.is_decode ? "decode" : "prefill",
      question.batch, question.new_tokens, question.context,
      report.padded_tokens != question.batch * question.new_tokens
          ? fmt::format(", padded to {} tokens", report.padded_tokens)
          : "");
  text += table.text();
  const double tokens = static_cast<double>(question.batch * question.new_tokens);
  text += fmt::format(
      "\noperators {:.3f} ms (between {:.3f} and {:.3f} over the ranges of the constants) + host "
      "{:.3f} ms = step {:.3f} ms, {:.0f} tokens/s\n",
      report.operator_seconds * 1e3, report.low_seconds * 1e3, report.high_seconds * 1e3,
      report.host_seconds * 1e3, report.step_seconds * 1e3, tokens / report.step_seconds);
  return text;
}

std::string step_json(const StepReport& report) {
  JsonWriter json;
  json.begin_object()
      .field("schema", "moru/map/1")
      .field("model", report.model.id)
      .field("chip", report.chip.id)
      .field("phase", report.question.is_decode ? "decode" : "prefill")
      .field("batch", report.question.batch)
      .field("new_tokens", report.question.new_tokens)
      .field("context", report.question.context)
      .field("padded_tokens", report.padded_tokens)
      .field("step_seconds", report.step_seconds)
      .field("operator_seconds", report.operator_seconds)
      .field("operator_seconds_low", report.low_seconds)
      .field("operator_seconds_high", report.high_seconds)
      .field("host_seconds", report.host_seconds)
      .field("launch_wait_seconds", report.launch_wait_seconds);
  json.key("operators").begin_array();
  for (const CostedOperator& costed : report.operators) {
    const OpCost& cost = costed.cost;
    json.begin_object()
        .field("name", costed.op.name)
        .field("class", enum_name(costed.op.op_class))
        .field("shape", shape_text(costed.op))
        .field("weight_dtype", enum_name(costed.op.weight))
        .field("activation_dtype", enum_name(costed.op.activation))
        .field("repeat", costed.op.repeat)
        .field("seconds", cost.seconds)
        .field("low", cost.low)
        .field("high", cost.high)
        .field("compute_seconds", cost.compute)
        .field("memory_seconds", cost.memory)
        .field("cache_seconds", cost.cache)
        .field("link_seconds", cost.link)
        .field("overhead_seconds", cost.overhead)
        .field("bound", enum_name(cost.bound))
        .field("utilisation", cost.utilisation)
        .field("flops", costed.op.flops)
        .field("weight_bytes", costed.op.weight_bytes)
        .field("memory_bytes", cost.memory_bytes)
        .field("link_bytes", cost.link_bytes)
        .end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace moru
