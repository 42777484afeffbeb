// moru simulate: serve a trace on a deployment.
#include "moru/base/file.h"
#include "moru/base/progress.h"
#include "moru/base/registry.h"
#include "moru/cli/deployment_options.h"
#include "moru/cli/load_options.h"
#include "moru/report/serving_report.h"
#include "moru/report/sweep_report.h"
#include "moru/report/timeline.h"
#include "moru/scenario/service_economics.h"

#include <fmt/format.h>

#include <optional>

namespace moru {
namespace {

class Simulate final : public Command {
 public:
  void declare(Options& options) override {
    options.text("scenario", scenario_path_, "scenario file; options override what it says");
    deployment_.declare(options);
    load_.declare(options);
    options.text("--sweep", sweep_,
                 "rate=1:20:1 or concurrency=8:64:8: the curve, and the largest load that meets "
                 "the objective");
    options.text("--prices", prices_, "file of facts that replace shipped prices and constants");
    options.text("--explain", explain_,
                 "a figure of energy, cost or carbon: its formula, inputs and sources");
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
    if (!explain_.empty()) {
      const Estimates estimates = economics_of(report, scenario_facts(scenario));
      write_file(output_, explain(estimates, explain_));
    } else {
      write_file(output_, json_ ? serving_json(report) : serving_text(report));
    }
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
    load_.apply(options, scenario);
    scenario.prices = prices_.empty() ? scenario.prices : prices_;
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
    if (!per_request_.empty() || !trace_out_.empty() || !explain_.empty()) {
      fail("--per-request, --trace-out and --explain take one chip");
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
  LoadOptions load_;
  std::string prices_;
  std::string explain_;
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
