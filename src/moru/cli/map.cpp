// moru map: one step, operator by operator.
#include "moru/base/file.h"
#include "moru/base/json_writer.h"
#include "moru/base/registry.h"
#include "moru/base/table.h"
#include "moru/cli/deployment_options.h"
#include "moru/report/step_report.h"

#include <fmt/format.h>

namespace moru {
namespace {

class Map final : public Command {
 public:
  void declare(Options& options) override {
    deployment_.declare(options);
    options.choice("--phase", phase_, {"prefill", "decode"},
                   "what every sequence of the batch does");
    options.count("--batch", batch_, "sequences in the step");
    options.count("--context", context_,
                  "tokens of each sequence: in the KV cache (decode), or processed now (prefill)");
    options.count("--cached", cached_, "prefill: tokens of each sequence already in the KV cache");
    options.text("--explain", explain_,
                 "why this operator takes its time: kernel, time line, what would make it faster");
    options.flag("--json", json_, "moru/map/1, with --explain moru/map-explain/1, on stdout");
    options.text("-o,--output", output_, "write there instead of stdout");
    options.example(
        "moru map --model meta-llama/Llama-3.1-70B --chip h100_sxm --tp 8 --phase decode --batch "
        "64 "
        "--context 4096");
  }

  int run(const Options& options) override {
    if (batch_ < 1 || context_ < 1 || cached_ < 0 || batch_ > 1'000'000 ||
        context_ > 1'000'000'000 || cached_ > 1'000'000'000) {
      fail(
          "--batch and --context must be at least 1 (a million sequences, a billion tokens at "
          "most)");
    }
    Scenario scenario;
    deployment_.apply(options, scenario);
    if (scenario.model.empty() || scenario.chip.empty()) {
      fail("name a model and one chip: --model meta-llama/Llama-3.1-8B --chip h100_sxm");
    }
    const bool is_decode = phase_ == "decode";
    const StepQuestion question{is_decode, batch_, is_decode ? 1 : context_,
                                is_decode ? context_ : cached_};
    const StepReport report = map_step(scenario, question);
    if (!explain_.empty()) {
      const std::vector<ExplainedOperator> explained = explain_operators(report, explain_);
      write_file(output_, json_ ? explanation_json(explained) : explanation_text(explained));
      return kExitAnswered;
    }
    write_file(output_, json_ ? step_json(report) : step_text(report));
    return kExitAnswered;
  }

 private:
  DeploymentOptions deployment_;
  std::string phase_ = "decode";
  std::int64_t batch_ = 1;
  std::int64_t context_ = 1024;
  std::int64_t cached_ = 0;
  std::string explain_;
  bool json_ = false;
  std::string output_ = "-";
};

MORU_REGISTER(Command, Map, "map",
              "one step, operator by operator: time, bound, utilisation, bytes");

}  // namespace
}  // namespace moru
