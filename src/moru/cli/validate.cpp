#include "moru/base/file.h"
#include "moru/base/json_writer.h"
#include "moru/base/registry.h"
#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/cli/options.h"
#include "moru/validation/dram.h"
#include "moru/validation/schedule.h"

#include <fmt/format.h>

namespace moru {
namespace {

class Validate final : public Command {
 public:
  void declare(Options& options) override {
    options.choice("what", what_, {"schedule", "dram"}, "what to validate");
    options.required_text("path", path_, "folder with the measured or golden data");
    options.text("--case", case_, "only this case");
    options.flag("--json", json_, "moru/validate-schedule/1 or moru/validate-dram/1 on stdout");
    options.text("-o,--output", output_, "write there instead of stdout");
    options.example(
        "moru validate schedule ../shared/data/golden_sched\n"
        "  moru validate dram ../shared/data/golden_dram --case HBM3_stream");
  }

  int run(const Options&) override {
    if (what_ == "dram") {
      const std::vector<DramComparison> cases = validate_dram(path_, case_);
      write_file(output_, json_ ? as_json(cases) : as_table(cases));
      return kExitAnswered;
    }
    const std::vector<ScheduleComparison> cases = validate_schedules(path_, case_);
    write_file(output_, json_ ? as_json(cases) : as_table(cases));
    return kExitAnswered;
  }

 private:
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
  bool json_ = false;
  std::string output_ = "-";
};

MORU_REGISTER(Command, Validate, "validate", "predictions against measured or golden data");

}  // namespace
}  // namespace moru
