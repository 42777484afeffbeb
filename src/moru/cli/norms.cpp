// moru norms: which rules a chip, a model, a service or a site falls under, by date.
#include "moru/base/file.h"
#include "moru/base/registry.h"
#include "moru/cli/options.h"
#include "moru/norms/verdict.h"
#include "moru/report/norms_report.h"

#include <fmt/format.h>

namespace moru {
namespace {

class Norms final : public Command {
 public:
  void declare(Options& options) override {
    options.required_text("action", action_, "check or compare");
    options.list("subject", subjects_, "chip id, model id, chip YAML, or a subject YAML");
    options.list("--date", dates_, "YYYY-MM-DD; several for compare");
    options.list("--set", settings_, "name=value: state an input, e.g. training_tokens=15e12");
    options.text("--to", destination_, "destination of an export, ISO 3166 alpha-2");
    options.list("--rules", rule_files_, "further files of rules: proposals and drafts");
    options.flag("--all", lists_all_, "list rules that do not apply, too");
    options.flag("--explain", explains_, "formula, inputs, source and trust of every figure");
    options.flag("--json", is_json_, "moru/norms/1 on stdout");
    options.text("-o,--output", output_, "write there instead of stdout");
    options.example("moru norms check furiosa_rngd --date 2026-11-21");
  }

  int run(const Options& options) override {
    if (action_ == "check") {
      check();
    } else if (action_ == "compare") {
      compare();
    } else {
      fail(fmt::format("'{}' is not something norms does; known: check, compare", action_));
    }
    static_cast<void>(options);
    return kExitAnswered;
  }

 private:
  int one_date() const {
    if (dates_.size() > 1) {
      fail("one --date at a time; `moru norms compare` puts several side by side");
    }
    return parsed_date(dates_.empty() ? kRulesAsOf : dates_.front());
  }

  static int parsed_date(const std::string& text) {
    const auto days = parse_date(text);
    if (!days) {
      fail(fmt::format("--date '{}' is not a date such as 2026-01-22", text));
    }
    if (*days > *parse_date(kRulesAsOf)) {
      note(fmt::format("the rules were read up to {}; what came later is not in them", kRulesAsOf));
    }
    return *days;
  }

  Subject subject(const std::string& name, const Rulebook& rules) const {
    Subject loaded = load_subject(name, rules);
    for (const std::string& setting : settings_) {
      set_value(loaded, setting, rules);
    }
    if (!destination_.empty()) {
      set_value(loaded, "destination=" + destination_, rules);
    }
    return loaded;
  }

  void write(const std::string& text) const {
    if (is_json_) {
      note(kNotLegalAdvice);
    }
    write_file(output_, text);
  }

  void check() const {
    if (subjects_.size() != 1) {
      fail("check wants one subject: moru norms check h100_sxm --date 2026-11-21");
    }
    const int date = one_date();
    const Rulebook rules = load_rulebook(rule_files_);
    const Verdicts verdicts = check_rules(rules, subject(subjects_.front(), rules), date);
    write(is_json_ ? verdicts_json(rules, verdicts)
                   : verdicts_text(rules, verdicts, {lists_all_, explains_, true}));
  }

  void compare() const {
    if (subjects_.empty()) {
      fail(
          "compare wants subjects: moru norms compare a100_sxm,a800_sxm --date "
          "2022-12-01,2024-01-01");
    }
    const Rulebook rules = load_rulebook(rule_files_);
    std::vector<int> days;
    for (const std::string& date : dates_) {
      days.push_back(parsed_date(date));
    }
    if (days.empty()) {
      days.push_back(parsed_date(kRulesAsOf));
    }
    std::vector<Verdicts> columns;
    for (const std::string& name : subjects_) {
      const Subject loaded = subject(name, rules);
      for (const int day : days) {
        columns.push_back(check_rules(rules, loaded, day));
      }
    }
    write(is_json_ ? comparison_json(rules, columns) : comparison_text(rules, columns));
  }

  std::string action_;
  std::vector<std::string> subjects_;
  std::vector<std::string> dates_;
  std::vector<std::string> settings_;
  std::vector<std::string> rule_files_;
  std::string destination_;
  std::string output_ = "-";
  bool lists_all_ = false;
  bool explains_ = false;
  bool is_json_ = false;
};

MORU_REGISTER(Command, Norms, "norms",
              "which rules a chip, model or site falls under, by date, with margins");

}  // namespace
}  // namespace moru
