// moru simulate: serve a trace on a deployment.
#include "moru/base/file.h"
#include "moru/base/progress.h"
#include "moru/base/registry.h"
#include "moru/base/text.h"
#include "moru/cli/deployment_options.h"
#include "moru/report/serving_report.h"
#include "moru/report/sweep_report.h"
#include "moru/report/timeline.h"

#include <fmt/format.h>

#include <optional>

namespace moru {
namespace {

class Simulate final : public Command {
 public:
  void declare(Options& options) override {
    options.text("scenario", scenario_path_, "scenario file; options override what it says");
    deployment_.declare(options);
    options.text("--trace,--dataset-path", load_.trace, "file of requests ('-': standard input)");
    options.text("--trace-format", load_.trace_format, "instead of recognising it by its header");
    options.text("--workload", load_.workload, "draw requests from these statistics");
    options.number("--request-rate", request_rate_, "requests per second");
    options.number("--burstiness", burstiness_, "1 is Poisson, below 1 burstier");
    options.count("--max-concurrency", max_concurrency_,
                  "most requests in the service at once; clients wait with the next one");
    options.count("--num-prompts", num_prompts_, "how many requests");
    options.text("--duration", duration_, "requests that arrive within it, e.g. '1 h'");
    options.count("--random-input-len", random_input_len_, "prompt tokens of every request");
    options.count("--random-output-len", random_output_len_, "output tokens of every request");
    options.number("--random-range-ratio", load_.random_range_ratio, "spread of both lengths");
    options.count("--random-prefix-len", random_prefix_len_, "tokens that all prompts share");
    options.count("--seed", seed_, "of everything random");
    options.list("--goodput", goodput_, "objective, e.g. ttft:2000 tpot:50 (milliseconds)");
    options.text("--sweep", sweep_,
                 "rate=1:20:1 or concurrency=8:64:8: the curve, and the largest load that meets "
                 "the objective");
    options.text("--assert", assert_, "slo: exit with code 1 if the objective is not met");
    options.flag("--json", json_, "the keys of `vllm bench serve`, ours under \"moru\"");
    options.text("-o,--output", output_, "write there instead of stdout");
    options.text("--per-request", per_request_, "CSV file, a row per request");
    options.text("--trace-out", trace_out_, "time line for ui.perfetto.dev (Chrome JSON)");
    options.example(
        "moru simulate --model meta-llama/Llama-3.1-8B --chip h100_sxm,furiosa_rngd "
        "--workload azure_chat --request-rate 6 --num-prompts 2000 --goodput ttft:2000 tpot:50");
  }

  int run(const Options& options) override {
    const Scenario scenario = build_scenario(options);
    if (!sweep_.empty()) {
      return run_sweep(scenario);
    }
    const Trace trace = load_requests(scenario);
    if (deployment_.chips.size() > 1) {
      return compare(scenario, trace);
    }
    const Report report = run_one(scenario, trace);
    write_file(output_, json_ ? serving_json(report) : serving_text(report));
    return exit_code(report);
  }

 private:
  Scenario build_scenario(const Options& options) {
    Scenario scenario;
    if (!scenario_path_.empty()) {
      scenario = load_scenario(scenario_path_);
    }
    deployment_.apply(options, scenario);
    if (scenario.model.empty() || (scenario.chip.empty() && deployment_.chips.empty())) {
      fail(
          "name a model and a chip: --model meta-llama/Llama-3.1-8B --chip h100_sxm (`moru show "
          "models`, `moru show chips`)");
    }
    apply_load(options, scenario.load);
    apply_goodput(scenario.slo);
    if (seed_ < 0 || seed_ > std::numeric_limits<std::uint32_t>::max()) {
      fail(fmt::format("--seed {} must lie between 0 and 4294967295", seed_));
    }
    scenario.seed = options.given("--seed") ? static_cast<std::uint32_t>(seed_) : scenario.seed;
    if (!assert_.empty() && assert_ != "slo") {
      fail(fmt::format("--assert '{}' is not known; use --assert slo", assert_));
    }
    if (!assert_.empty() && !scenario.slo.is_set()) {
      fail(
          "--assert slo needs an objective: --goodput ttft:2000 tpot:50, or `slo:` in the "
          "scenario");
    }
    return scenario;
  }

  void apply_load(const Options& options, Load& load) const {
    const bool names_source =
        !load_.trace.empty() || !load_.workload.empty() || options.given("--random-input-len");
    if (names_source) {
      load = load_;
    }
    const auto positive = [&](const std::string& name, double value) {
      if (!(value > 0)) {
        fail(fmt::format("{} {} must be above zero", name, value));
      }
      return value;
    };
    const auto at_least_one = [&](const std::string& name, std::int64_t value) {
      if (value < 1) {
        fail(fmt::format("{} {} must be at least 1", name, value));
      }
      return value;
    };
    if (options.given("--request-rate")) {
      load.request_rate = positive("--request-rate", request_rate_);
    }
    if (options.given("--burstiness")) {
      load.burstiness = positive("--burstiness", burstiness_);
    }
    if (options.given("--max-concurrency")) {
      load.max_concurrency = at_least_one("--max-concurrency", max_concurrency_);
    }
    if (options.given("--num-prompts")) {
      load.num_prompts = at_least_one("--num-prompts", num_prompts_);
    }
    if (options.given("--random-input-len")) {
      load.random_input_len = at_least_one("--random-input-len", random_input_len_);
    }
    if (options.given("--random-output-len")) {
      load.random_output_len = at_least_one("--random-output-len", random_output_len_);
    }
    if (options.given("--random-prefix-len")) {
      load.random_prefix_len = at_least_one("--random-prefix-len", random_prefix_len_);
    }
    if (!duration_.empty()) {
      const ParsedQuantity parsed = parse_quantity(duration_, Seconds::dimension);
      if (!parsed.reason.empty() || !(parsed.value > 0)) {
        fail(fmt::format("--duration: {}",
                         parsed.reason.empty() ? "must be above zero" : parsed.reason));
      }
      load.duration = Seconds{parsed.value};
    }
    const int sources = (load.trace.empty() ? 0 : 1) + (load.workload.empty() ? 0 : 1) +
                        (load.random_input_len || load.random_output_len ? 1 : 0);
    if (sources > 1) {
      fail(
          "name one source of requests: --trace, --workload, or --random-input-len with "
          "--random-output-len");
    }
  }

  // vLLM's form: "ttft:2000" in milliseconds.
  void apply_goodput(Slo& slo) const {
    for (const std::string& part : goodput_) {
      const std::vector<std::string_view> halves = split(part, ':');
      const auto value = halves.size() == 2 ? parse_double(halves[1]) : std::nullopt;
      if (!value || !(*value > 0)) {
        fail(fmt::format("--goodput '{}' is not of the form ttft:2000 (milliseconds)", part));
      }
      const Seconds limit{*value * 1e-3};
      if (halves[0] == "ttft") {
        slo.ttft = limit;
      } else if (halves[0] == "tpot") {
        slo.tpot = limit;
      } else if (halves[0] == "e2el") {
        slo.e2el = limit;
      } else {
        fail(fmt::format("--goodput '{}' is not one of ttft, tpot, e2el", halves[0]));
      }
    }
  }

  Report run_one(const Scenario& scenario, const Trace& trace) const {
    EvaluateHooks hooks;
    std::optional<FileWriter> rows;
    if (!per_request_.empty()) {
      hooks.make_collector = [&](const Slo& slo) {
        rows.emplace(per_request_);
        rows->append(request_csv_header());
        return std::make_unique<MetricsCollector>(slo);
      };
      hooks.each_request = [&](const RequestState& request) {
        std::string row;
        append_request_csv(request, row);
        rows->append(row);
      };
    }
    std::optional<Timeline> timeline;
    if (!trace_out_.empty()) {
      const auto make_plain = hooks.make_collector;
      hooks.make_collector = [&, make_plain](const Slo& slo) {
        if (make_plain) {
          make_plain(slo);
        }
        timeline.emplace(trace_out_, scenario);
        return timeline->make_collector(slo);
      };
    }
    Progress progress("simulating");
    hooks.progress = [&](double seconds, double of) { progress.update(seconds, of, "s of trace"); };
    Report report = evaluate(scenario, trace, hooks);
    progress.done();
    if (rows) {
      rows->commit();
    }
    if (timeline) {
      timeline->commit();
    }
    return report;
  }

  int run_sweep(const Scenario& scenario) const {
    if (deployment_.chips.size() > 1 || !per_request_.empty() || !trace_out_.empty() ||
        !assert_.empty()) {
      fail("--sweep takes one chip, and neither --per-request, --trace-out nor --assert");
    }
    const SweepResult result = sweep(scenario, parse_sweep(sweep_));
    write_file(output_, json_ ? sweep_json(result) : sweep_text(result));
    return kExitAnswered;
  }

  int compare(Scenario scenario, const Trace& trace) const {
    if (!per_request_.empty() || !trace_out_.empty()) {
      fail("--per-request and --trace-out take one chip");
    }
    std::vector<Report> reports;
    for (const std::string& chip : deployment_.chips) {
      scenario.chip = chip;
      try {
        reports.push_back(run_one(scenario, trace));
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::infeasible) {
          throw;
        }
        note(fmt::format("left out {}: {}", chip, error.what()));
      }
    }
    if (reports.empty()) {
      throw Error(ErrorKind::infeasible, "none of the chips can run this service");
    }
    write_file(output_, json_ ? comparison_json(reports) : comparison_text(reports));
    for (const Report& report : reports) {
      if (const int code = exit_code(report); code != kExitAnswered) {
        return code;
      }
    }
    return kExitAnswered;
  }

  int exit_code(const Report& report) const {
    return assert_ == "slo" && !report.meets_slo() ? kExitAssertionFalse : kExitAnswered;
  }

  std::string scenario_path_;
  DeploymentOptions deployment_;
  Load load_;
  double request_rate_ = 0;
  double burstiness_ = 1;
  std::int64_t max_concurrency_ = 0;
  std::int64_t num_prompts_ = 0;
  std::string duration_;
  std::int64_t random_input_len_ = 0;
  std::int64_t random_output_len_ = 0;
  std::int64_t random_prefix_len_ = 0;
  std::int64_t seed_ = 0;
  std::vector<std::string> goodput_;
  std::string sweep_;
  std::string assert_;
  bool json_ = false;
  std::string output_ = "-";
  std::string per_request_;
  std::string trace_out_;
};

MORU_REGISTER(Command, Simulate, "simulate",
              "serve a trace on a deployment: TTFT, TPOT, goodput, what binds");

}  // namespace
}  // namespace moru
