// moru focus: which resource of a chip buys the most for a service.
#include "moru/planning/focus.h"

#include "moru/base/file.h"
#include "moru/base/registry.h"
#include "moru/cli/deployment_options.h"
#include "moru/cli/load_options.h"
#include "moru/scenario/service_economics.h"

namespace moru {
namespace {

class FocusCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.text("scenario", scenario_path_, "scenario file; options override what it says");
    deployment_.declare(options);
    load_.declare(options);
    options.number("--step", step_, "how much more of each resource, in percent");
    options.text("--prices", prices_, "file of facts that replace shipped prices and constants");
    options.flag("--json", json_, "moru/focus/1 on stdout");
    options.text("-o,--output", output_, "write there instead of stdout");
    options.example(
        "moru focus --model meta-llama/Llama-3.1-8B --chip furiosa_rngd --workload azure_chat "
        "--request-rate 4 --num-prompts 1000 --goodput ttft:2000 tpot:50");
  }

  int run(const Options& options) override {
    if (!(step_ > 0 && step_ <= 100)) {
      fail("--step must be above 0 and at most 100 percent");
    }
    Scenario scenario;
    if (!scenario_path_.empty()) {
      scenario = load_scenario(scenario_path_);
    }
    deployment_.apply(options, scenario);
    if (scenario.model.empty() || scenario.chip.empty()) {
      fail("name a model and one chip: --model meta-llama/Llama-3.1-8B --chip h100_sxm");
    }
    load_.apply(options, scenario);
    scenario.prices = prices_.empty() ? scenario.prices : prices_;
    const Trace trace = load_requests(scenario);
    const FocusReport report = focus(scenario, trace, scenario_facts(scenario), step_ / 100);
    write_file(output_, json_ ? focus_json(report) : focus_text(report));
    return kExitAnswered;
  }

 private:
  std::string scenario_path_;
  DeploymentOptions deployment_;
  LoadOptions load_;
  double step_ = 5;
  std::string prices_;
  bool json_ = false;
  std::string output_ = "-";
};

MORU_REGISTER(Command, FocusCommand, "focus",
              "which resource (TFLOPS, HBM GB or TB/s, SRAM, links, …) buys the most");

}  // namespace
}  // namespace moru
