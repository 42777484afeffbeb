// What a fuzzer throws bytes at: every reader of outside text, and what is computed from the
// result.
//
// A target may end with moru::Error, whose lines must be printable; anything else that goes wrong
// is a finding: a crash, a sanitizer's report, a figure that is no number, a hang.
#pragma once

#include "moru/base/fields_parse.h"
#include "moru/base/file.h"
#include "moru/base/json_check.h"
#include "moru/base/registry.h"
#include "moru/dram/memory.h"
#include "moru/mapping/step_costs.h"
#include "moru/norms/verdict.h"
#include "moru/planning/demand.h"
#include "moru/scenario/evaluate.h"
#include "moru/trace/format.h"
#include "moru/trace/generate.h"
#include "moru/trace/statistics.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

namespace moru::fuzz {

inline void require(bool condition, const char* what) {
  if (!condition) {
    fmt::print(stderr, "finding: {}\n", what);
    std::abort();
  }
}

inline bool is_figure(double value) { return std::isfinite(value) && value >= 0; }

inline const Model& small_model() {
  static const Model model = parse_model(
      R"({"model_type": "qwen3_moe", "hidden_size": 128, "num_hidden_layers": 4, "vocab_size": 512,
          "num_attention_heads": 8, "num_key_value_heads": 2, "intermediate_size": 256,
          "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64,
          "max_position_embeddings": 4096})",
      "small");
  return model;
}

inline const Chip& small_chip() {
  static const Chip chip = parse_chip(
      "name: small\npeak: {bf16: 100 TFLOPS}\n"
      "memory: [{name: hbm, kind: HBM3, capacity: 16 GB, bandwidth: 1 TB/s}]\n"
      "links: [{name: link, scope: scale_up, bandwidth: 50 GB/s}]\n",
      "small");
  return chip;
}

// One decode step of two sequences and one prefill.
inline BatchWork small_batch(const Model& model) {
  constexpr std::array<Sequence, 3> kSequences = {{{1, 100}, {1, 5000}, {64, 32}}};
  return batch_work(model.context_rules(), kSequences);
}

// A pass of the model on the chip by every mapper: each figure is one.
inline void check_pass(const Model& model, const Chip& chip, const Parallelism& parallelism) {
  for (const std::string& name : Registry<Mapper>::names()) {
    const auto mapper = prepare_mapper(name, chip, {});
    const StepCosts costs(model, parallelism, *mapper);
    const BatchWork work = small_batch(model);
    for (int stage = 0; stage < parallelism.pipeline; ++stage) {
      for (const CostedOperator& costed : costs.operators(work, work.tokens, stage)) {
        require(is_figure(costed.op.flops) && is_figure(costed.op.weight_bytes), "operator");
        require(is_figure(costed.cost.seconds), "seconds of an operator");
        require(is_figure(costed.cost.low) && is_figure(costed.cost.high), "range of an operator");
      }
    }
  }
}

inline void yaml(std::string_view text) { parse_yaml(text, "fuzz.yaml"); }

inline void json(std::string_view text) {
  parse_json(text, "fuzz.json");
  const bool is_blank = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
  require(is_blank || text.starts_with("\xEF\xBB\xBF") || !find_json_fault(text).has_value(),
          "JSON that was read but has a fault");
}

inline void chip(std::string_view text) {
  const Chip parsed = parse_chip(std::string(text), "fuzz.yaml");
  for (const auto& [name, dtype] : EnumNames<DType>::values) {
    parsed.compute_dtype(dtype, DType::bf16);
  }
  require(is_figure(parsed.cache_capacity().value), "cache capacity");
  if (parsed.missing_for_simulation().empty()) {
    check_pass(small_model(), parsed, {});
  }
}

inline void model(std::string_view text) {
  const Model parsed = parse_model(std::string(text), "fuzz.json");
  const ParameterCount count = count_parameters(parsed);
  require(is_figure(count.total) && is_figure(count.active), "parameters");
  require(is_figure(kv_bytes_per_token(parsed)), "KV cache");
  for (const Parallelism& parallelism :
       {Parallelism{}, Parallelism{2, 1, 1, false}, Parallelism{2, 2, 2, true}}) {
    if (parallelism_problem(parsed, parallelism)) {
      continue;
    }
    require(is_figure(weight_bytes_per_chip(parsed, parallelism)), "bytes of weights");
    require(is_figure(kv_bytes_per_sequence(parsed, parallelism, 1000)), "KV of a sequence");
    require(is_figure(activation_peak_bytes(parsed, parallelism, 100, 10)), "activations");
    check_pass(parsed, small_chip(), parallelism);
  }
}

inline void check_trace(const Trace& trace) {
  SimTime last = 0;
  for (const Request& request : trace.requests) {
    require(request.arrival >= last, "arrivals in order");
    require(request.prompt_tokens >= 1 && request.output_tokens >= 1, "lengths");
    last = request.arrival;
  }
  const TraceStatistics statistics = statistics_of(trace);
  require(is_figure(statistics.span_s) && is_figure(statistics.prompt.mean), "statistics");
}

// As one format in turn whatever the header says, then by its header.
inline void trace(std::string_view text) {
  const std::vector<std::string> formats = Registry<TraceFormat>::names();
  try {
    check_trace(parse_trace(std::string(text), "fuzz", formats[text.size() % formats.size()]));
  } catch (const Error&) {  // most files are of another format
  }
  check_trace(parse_trace(std::string(text), "fuzz"));
}

inline void workload(std::string_view text) {
  const WorkloadSpec spec = workload_from(parse_yaml(text, "fuzz.yaml"));
  ArrivalOptions options;
  options.num_prompts = 20;
  check_trace(generate(spec, options));
}

inline void scenario(std::string_view text) {
  const Scenario parsed = parse_document<Scenario>(parse_yaml(text, "fuzz.yaml"));
  const EngineConfig config = resolve(parsed.deployment, small_model(), small_chip());
  if (config.parallelism.chips() * config.replicas > 64) {
    return;  // right, but slow
  }
  const auto mapper = prepare_mapper(Scenario().mapper, small_chip(), parsed.deployment);
  StepCosts costs(small_model(), config.parallelism, *mapper);
  const Trace requests = generate(random_workload({200, 20}), {2.0, {}, 5, 0, parsed.seed});
  ServiceInput input;
  input.trace = &requests;
  input.max_model_len = config.max_model_len;
  const ServingResult result =
      serve(config, costs, input, [&] { return std::make_unique<MetricsCollector>(parsed.slo); });
  require(result.metrics().completed + result.metrics().rejected == 5, "all requests answered");
}

// A rule's test as text: whatever can be read can be computed, with nothing known and with all.
inline void expression(std::string_view text) {
  const TypeOf type_of = [](std::string_view name) -> std::optional<ValueType> {
    if (name == "TPP") {
      return ValueType{ValueKind::number, {}};
    }
    if (name == "link") {
      return ValueType{ValueKind::number, BytesPerSecond::dimension};
    }
    if (name == "dc") {
      return ValueType{ValueKind::flag, {}};
    }
    if (name == "country") {
      return ValueType{ValueKind::text, {}};
    }
    return name == "start" ? std::optional(ValueType{ValueKind::date, {}}) : std::nullopt;
  };
  const ParsedExpression parsed = parse_expression(text, type_of, {"TPP", "link", "dc"});
  if (!parsed.reason.empty()) {
    fail(parsed.reason);
  }
  const ValueOf nothing = [&](const std::string& name) {
    return Evaluated{Value::unknown(*type_of(name)), {name}};
  };
  const ValueOf all = [&](const std::string& name) {
    Value value = Value::number(1, 2);
    value.truth = Truth::yes;
    value.text = "KR";
    value.type = *type_of(name);
    return Evaluated{value, {}};
  };
  for (const ValueOf& values : {nothing, all}) {
    const Evaluated result = parsed.expression.evaluate(values);
    require(result.value.type == parsed.expression.type(), "type of an expression");
    parsed.expression.margins(values);
  }
}

// A file of rules, asked about a subject of every kind.
inline void norms(std::string_view text) {
  const Rulebook rules = rulebook_from({parse_yaml(text, "fuzz.yaml")});
  for (const auto& [name, kind] : EnumNames<SubjectKind>::values) {
    const Subject subject{"small", kind, {}};
    check_rules(rules, subject, 20000);
  }
  check_rules(rules, chip_subject(small_chip(), rules), 20000);
}

// A plan with replicas of a given size: everything but the engine.
inline void plan(std::string_view text) {
  const DemandPlan parsed = plan_from(parse_yaml(text, "fuzz.yaml"));
  if (parsed.months > 24 || parsed.traffic.size() * parsed.chips.size() > 8) {
    return;  // right, but slow
  }
  std::vector<ReplicaSize> sizes(parsed.traffic.size() * parsed.chips.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    sizes[i].traffic = parsed.traffic[i / parsed.chips.size()].name;
    sizes[i].chip = parsed.chips[i % parsed.chips.size()].chip;
    sizes[i].requests_per_second = 10;
    sizes[i].mean_prompt = sizes[i].mean_output = 100;
  }
  const std::vector<Chip> chips(parsed.chips.size(), small_chip());
  static const FactBook facts = load_facts();
  Ledger ledger(facts);
  enter_demand(ledger, parsed, sizes, chips);
}

// A part or a standard that was read is run for a while in both modes.
inline void check_memory(const std::string& part, const std::string& standard) {
  for (const SpecMode mode : {SpecMode::strict, SpecMode::ramulator2}) {
    const DramSpec spec = parse_dram_spec(part, standard, {mode, 0});
    DramQuestion question;
    question.threads = 1;
    question.sample_channels = 1;
    question.pattern = DramPattern::randmix;
    question.seconds = std::min(4000 * spec.tick_seconds, 1.0);
    const DramAnswer answer = simulate_dram(question, spec);
    require(answer.share_of_peak() >= 0 && answer.share_of_peak() <= 1.001, "share of the peak");
    require(is_figure(answer.energy.mid.total()), "energy");
  }
}

inline const std::string& known_dram(const CatalogueKind& kind, const char* id) {
  static std::map<std::string, std::string> texts;
  std::string& text = texts[std::string(kind.folder) + id];
  if (text.empty()) {
    text = read_file(require_in_catalogue(kind, id).path);
  }
  return text;
}

inline void part(std::string_view text) {
  check_memory(std::string(text), known_dram(kDramStandards, "ddr4"));
}
inline void standard(std::string_view text) {
  check_memory(known_dram(kDramParts, "ddr4-3.2"), std::string(text));
}

inline void accesses(std::string_view text) {
  static const DramSpec spec = load_dram_spec("ddr4-3.2");
  DramQuestion question;
  question.threads = 1;
  question.explain = false;
  question.trace = parse_access_trace(std::string(text), "fuzz");
  if (!question.trace.empty()) {
    const DramAnswer answer = simulate_dram(question, spec);
    require(answer.counters.reads + answer.counters.writes <= question.trace.size(), "accesses");
  }
}

struct Target {
  std::string_view name;
  void (*run)(std::string_view text);
};
inline constexpr std::array<Target, 13> kTargets = {{{"yaml", yaml},
                                                     {"json", json},
                                                     {"chip", chip},
                                                     {"model", model},
                                                     {"trace", trace},
                                                     {"workload", workload},
                                                     {"scenario", scenario},
                                                     {"expression", expression},
                                                     {"norms", norms},
                                                     {"plan", plan},
                                                     {"part", part},
                                                     {"standard", standard},
                                                     {"accesses", accesses}}};

// Runs a target by name; an Error is an answer as long as it can be printed.
inline void run(std::string_view name, std::string_view text) {
  set_quiet(true);
  for (const Target& target : kTargets) {
    if (target.name != name) {
      continue;
    }
    try {
      target.run(text);
    } catch (const Error& error) {
      const std::string_view message = error.what();
      require(message.find("error: ") != std::string_view::npos, "an error without its word");
      require(message.find('\x1b') == std::string_view::npos, "control characters in an error");
      require(find_invalid_utf8(message) == std::string_view::npos, "an error that is not UTF-8");
      require(error.kind() != ErrorKind::internal, "an internal error");
    }
  }
}

}  // namespace moru::fuzz
