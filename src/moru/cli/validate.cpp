#include "moru/base/file.h"
#include "moru/base/json_writer.h"
#include "moru/base/registry.h"
#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/cli/options.h"
#include "moru/validation/dram.h"
#include "moru/validation/ops.h"
#include "moru/validation/ops_scatter.h"
#include "moru/validation/ops_text.h"
#include "moru/validation/schedule.h"
#include "moru/validation/serving.h"

#include <fmt/format.h>

namespace moru {
namespace {

class Validate final : public Command {
 public:
  void declare(Options& options) override {
    options.choice("what", what_, {"schedule", "ops", "dram", "serving"}, "what to validate");
    options.required_text("path", path_, "folder with the measured or golden data");
    options.text("--case", case_, "only this case");
    options.list("--chip", ops_.chips, "ops: only these chips");
    options.text("--op", ops_.op, "ops: only this operator file");
    options.text("--dtype", ops_.dtype, "ops: only this number format");
    options.text("--backend", ops_.backend, "ops: only this backend");
    options.number("--min-us", ops_.min_us, "ops: only rows of at least so many microseconds");
    options.count("--worst", ops_.worst, "ops: show so many rows with the largest errors");
    options.text("--mapper", ops_.mapper, "ops: tiled or roofline");
    options.flag("--calibrate", calibrate_,
                 "ops: estimate the constants again from these rows first");
    options.flag("--intervals", intervals_,
                 "ops: derive the widths of the 90% intervals from these rows; --calibrate too");
    options.list("--without", without_,
                 "ops, with --calibrate: leave out chips of this architecture");
    options.count("--sample", sample_, "ops, with --calibrate: rows of a chip and operator used");
    options.text("--stage", ops_.stage,
                 "ops, with --calibrate: only gemm, attention, moe, collective or elementwise");
    options.text("--rows", rows_, "ops: write every row with its prediction to this CSV file");
    options.text("--op-times", op_times_,
                 "serving: measured operators of the same chips, to correct runs by");
    options.flag("--json", json_,
                 "moru/validate-schedule/1, -ops/1, -dram/1 or -serving/1 on stdout");
    options.text("--scatter", scatter_,
                 "ops: draw predicted against measured times into this SVG file");
    options.text("-o,--output", output_, "write there instead of stdout");
    options.example(
        "moru validate schedule ../shared/data/golden_sched\n"
        "  moru validate dram ../shared/data/golden_dram --case HBM3_stream\n"
        "  moru validate serving ../shared/data/serving/vllm");
  }

  int run(const Options&) override {
    if (what_ == "dram") {
      const std::vector<DramComparison> cases = validate_dram(path_, case_);
      write_file(output_, json_ ? as_json(cases) : as_table(cases));
      return kExitAnswered;
    }
    if (what_ == "ops") {
      return run_ops();
    }
    if (what_ == "serving") {
      return run_serving();
    }
    const std::vector<ScheduleComparison> cases = validate_schedules(path_, case_);
    write_file(output_, json_ ? as_json(cases) : as_table(cases));
    return kExitAnswered;
  }

 private:
  // What is left out is what is then predicted: --chip chooses the chips of the second step only.
  OpsQuestion calibration_question() const {
    OpsQuestion question = ops_;
    if (!without_.empty()) {
      question.chips.clear();
    }
    return question;
  }

  int run_ops() {
    ops_.folder = path_;
    ops_.keep_rows = !rows_.empty() || !scatter_.empty();
    ops_.derive_widths = intervals_ || calibrate_;
    std::string constants;
    if (calibrate_) {
      const Calibration calibration = calibrate_ops(calibration_question(), without_, sample_);
      ops_.constants = calibration.constants;
      constants = calibration_text(calibration);
    }
    const OpsValidation result = validate_ops(ops_);
    if (!rows_.empty()) {
      write_file(rows_, ops_rows_csv(result));
    }
    if (!scatter_.empty()) {
      constexpr std::size_t kPointsPerOperator = 400;
      write_file(scatter_, ops_scatter_svg(result, kPointsPerOperator));
    }
    write_file(output_, json_ ? ops_json(result) : ops_text(result) + constants);
    return kExitAnswered;
  }

  int run_serving() {
    ServingQuestion question;
    question.path = path_;
    question.chip = ops_.chips.empty() ? "" : ops_.chips.front();
    question.mapper = ops_.mapper;
    question.op_times = op_times_;
    const ServingValidation result = validate_serving(question);
    write_file(output_, json_ ? serving_validation_json(result)
                              : serving_validation_text(result, ops_.worst));
    return kExitAnswered;
  }

  static std::string as_json(const std::vector<ScheduleComparison>& cases) {
    JsonWriter json;
    std::int64_t differences = 0;
    json.begin_object().field("schema", "moru/validate-schedule/1").key("cases").begin_array();
    for (const ScheduleComparison& one : cases) {
      json.begin_object()
          .field("name", one.name)
          .field("steps", one.steps)
          .field("differences", one.differences)
          .end_object();
      differences += one.differences;
    }
    json.end_array().field("differences", differences).end_object();
    return json.take();
  }

  static std::string as_table(const std::vector<ScheduleComparison>& cases) {
    Table table({"case", "steps", "differences", "first difference"},
                {Align::left, Align::right, Align::right, Align::left});
    std::int64_t steps = 0;
    std::int64_t differences = 0;
    std::int64_t fuzz_cases = 0;
    for (const ScheduleComparison& one : cases) {
      steps += one.steps;
      differences += one.differences;
      const bool is_fuzz = one.name.starts_with("fuzz_");
      fuzz_cases += is_fuzz ? 1 : 0;
      if (!is_fuzz || one.differences > 0 || cases.size() == 1) {
        table.row({one.name, with_thousands(one.steps), fmt::format("{}", one.differences),
                   one.first_difference});
      }
    }
    return table.text() + fmt::format("{} cases ({} of them random), {} steps, {} differences\n",
                                      cases.size(), fuzz_cases, with_thousands(steps),
                                      with_thousands(differences));
  }

  static std::string as_json(const std::vector<DramComparison>& cases) {
    JsonWriter json;
    std::int64_t differences = 0;
    json.begin_object().field("schema", "moru/validate-dram/1").key("cases").begin_array();
    for (const DramComparison& one : cases) {
      json.begin_object()
          .field("name", one.name)
          .field("commands", one.commands)
          .field("differences", one.differences)
          .end_object();
      differences += one.differences;
    }
    json.end_array().field("differences", differences).end_object();
    return json.take();
  }

  static std::string as_table(const std::vector<DramComparison>& cases) {
    Table table({"case", "commands", "requests", "differences", "first difference"},
                {Align::left, Align::right, Align::right, Align::right, Align::left});
    std::int64_t commands = 0;
    std::int64_t differences = 0;
    for (const DramComparison& one : cases) {
      commands += one.commands;
      differences += one.differences;
      table.row({one.name, with_thousands(one.commands), with_thousands(one.requests),
                 with_thousands(one.differences), one.first_difference});
    }
    return table.text() + fmt::format("{} cases, {} commands, {} differences\n", cases.size(),
                                      with_thousands(commands), with_thousands(differences));
  }

  std::string what_ = "schedule";
  std::string path_;
  std::string case_;
  OpsQuestion ops_;
  bool calibrate_ = false;
  bool intervals_ = false;
  std::vector<std::string> without_;
  std::int64_t sample_ = 500;
  std::string rows_;
  std::string op_times_;
  std::string scatter_;
  bool json_ = false;
  std::string output_ = "-";
};

MORU_REGISTER(Command, Validate, "validate", "predictions against measured or golden data");

}  // namespace
}  // namespace moru
