// moru plan: the cheapest deployment that meets an objective for a load.
#include "moru/base/file.h"
#include "moru/base/registry.h"
#include "moru/base/text.h"
#include "moru/cli/deployment_options.h"
#include "moru/cli/load_options.h"
#include "moru/planning/search.h"
#include "moru/scenario/service_economics.h"

#include <fmt/format.h>

namespace moru {
namespace {

class Plan final : public Command {
 public:
  void declare(Options& options) override {
    options.text("scenario", scenario_path_, "scenario file; options override what it says");
    options.text("-m,--model", model_, "org/name, a config.json or its folder");
    options.list("-c,--chip", chips_, "chips to try; all that ship for data centres if left out");
    options.list("--try-tp", splits_, "tensor parallel sizes to try (1, 2, 4, 8)");
    options.list("--try-batched-tokens", budgets_, "max_num_batched_tokens to try (2048, 8192)");
    options.count("--most-replicas", most_replicas_, "of one candidate");
    load_.declare(options);
    options.text("--prices", prices_, "file of facts that replace shipped prices and constants");
    options.flag("--json", json_, "moru/plan/1 on stdout");
    options.text("-o,--output", output_, "write there instead of stdout");
    options.example(
        "moru plan --model meta-llama/Llama-3.1-8B --chip h100_sxm,l40s,furiosa_rngd --workload "
        "azure_chat --request-rate 8 --num-prompts 2000 --goodput ttft:2000 tpot:50");
  }

  int run(const Options& options) override {
    Scenario scenario;
    if (!scenario_path_.empty()) {
      scenario = load_scenario(scenario_path_);
    }
    scenario.model = model_.empty() ? scenario.model : model_;
    if (scenario.model.empty()) {
      fail("name a model: --model meta-llama/Llama-3.1-8B");
    }
    load_.apply(options, scenario);
    if (!scenario.slo.is_set()) {
      fail("a plan needs an objective: --goodput ttft:2000 tpot:50, or `slo:` in the scenario");
    }
    if (most_replicas_ < 1 || most_replicas_ > 4096) {
      fail("--most-replicas must be from 1 to 4096");
    }
    scenario.prices = prices_.empty() ? scenario.prices : prices_;
    SearchSpace space;
    space.chips = chips_;
    space.most_replicas = static_cast<int>(most_replicas_);
    for (const std::string& text : splits_) {
      space.tensor_parallel.push_back(static_cast<int>(counted("--try-tp", text)));
    }
    for (const std::string& text : budgets_) {
      space.batched_tokens.push_back(counted("--try-batched-tokens", text));
    }
    const Trace trace = load_requests(scenario);
    const PlanReport report = plan_deployment(scenario, trace, space, scenario_facts(scenario));
    write_file(output_, json_ ? plan_json(report) : plan_text(report));
    return report.best() != nullptr ? kExitAnswered : kExitInfeasible;
  }

 private:
  static std::int64_t counted(const std::string& name, const std::string& text) {
    constexpr std::int64_t kMost = 1'000'000;
    const auto value = parse_int64(text);
    if (!value || *value < 1 || *value > kMost) {
      fail(fmt::format("{} '{}' must be a whole number from 1 to {}", name, text, kMost));
    }
    return *value;
  }

  std::string scenario_path_;
  std::string model_;
  std::vector<std::string> chips_;
  std::vector<std::string> splits_;
  std::vector<std::string> budgets_;
  std::int64_t most_replicas_ = 64;
  LoadOptions load_;
  std::string prices_;
  bool json_ = false;
  std::string output_ = "-";
};

MORU_REGISTER(Command, Plan, "plan", "the cheapest deployment that meets an objective for a load");

}  // namespace
}  // namespace moru
