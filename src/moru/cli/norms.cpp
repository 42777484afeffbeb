// moru norms: which rules a chip, a model, a service or a site falls under, by date.
#include "moru/base/catalogue.h"
#include "moru/base/file.h"
#include "moru/base/registry.h"
#include "moru/base/text.h"
#include "moru/cli/options.h"
#include "moru/norms/verdict.h"
#include "moru/planning/norms_frontier_text.h"
#include "moru/report/norms_report.h"

#include <fmt/format.h>

#include <array>

namespace moru {
namespace {

class Norms final : public Command {
 public:
  void declare(Options& options) override;
  int run(const Options& options) override;

 private:
  void check();
  void compare();
  void frontier();
  void timeline();
  void burden();
  void list_rules();
  void list_quantities();
  void list_domains();

  struct Action {
    std::string_view name;
    void (Norms::*run)();
  };
  static constexpr std::array<Action, 8> kActions = {{{"check", &Norms::check},
                                                      {"compare", &Norms::compare},
                                                      {"frontier", &Norms::frontier},
                                                      {"timeline", &Norms::timeline},
                                                      {"burden", &Norms::burden},
                                                      {"rules", &Norms::list_rules},
                                                      {"quantities", &Norms::list_quantities},
                                                      {"domains", &Norms::list_domains}}};

  int one_date() const;
  const std::string& one_subject(const char* example) const;
  Subject with_settings(Subject subject) const;
  void write(const std::string& text) const;
  void refuse_options_of_others(const Options& options) const;

  std::string action_;
  std::vector<std::string> subjects_;
  std::vector<std::string> dates_;
  std::vector<std::string> settings_;
  std::vector<std::string> rule_files_;
  std::string destination_;
  FrontierQuestion question_;
  std::string output_ = "-";
  bool lists_all_ = false;
  bool explains_ = false;
  bool is_json_ = false;
  Rulebook rules_;
};

int parsed_date(const std::string& text) {
  const auto days = parse_date(text);
  if (!days) {
    fail(fmt::format("--date '{}' is not a date such as 2026-01-22", text));
  }
  if (*days > *parse_date(kRulesAsOf)) {
    note(fmt::format("the rules were read up to {}; what came later is not in them", kRulesAsOf));
  }
  return *days;
}

void Norms::declare(Options& options) {
  options.required_text("action", action_,
                        "check, compare, frontier, timeline, burden, rules, quantities or domains");
  options.list("subject", subjects_,
               "chip id, model id, chip YAML, or a YAML that says `subject:` or `plan:`");
  options.repeated("--date", dates_, "YYYY-MM-DD (compare: several); by default the last day read");
  options.repeated("--set", settings_, "name=value: state an input, e.g. training_tokens=15e12");
  options.text("--to", destination_, "destination of an export, ISO 3166 alpha-2; CN by default");
  options.repeated("--rules", rule_files_, "further files of rules: proposals and drafts");
  options.text("--model", question_.model, "frontier: model whose tokens/s count");
  options.count("--batch", question_.batch, "frontier: requests that one chip serves at a time");
  options.count("--random-input-len", question_.prompt_tokens, "frontier: prompt tokens of each");
  options.count("--random-output-len", question_.output_tokens, "frontier: output tokens of each");
  options.text("--mapper", question_.mapper,
               "frontier: how operators map onto the chip; tiled, or roofline where the chip's "
               "cores are not stated");
  options.number("--price", question_.chip_price, "frontier: USD of one chip; 0 takes its own");
  options.flag("--all", lists_all_, "check: list rules that do not apply, too");
  options.flag("--explain", explains_, "formula, inputs, source and trust of every figure");
  options.flag("--json", is_json_, "moru/norms/1 (check) and its kin on stdout");
  options.text("-o,--output", output_, "write there instead of stdout");
  options.example(
      "moru norms check furiosa_rngd --date 2026-11-21\n"
      "  moru norms compare a100_sxm,a800_sxm --date 2022-12-01,2024-01-01\n"
      "  moru norms frontier furiosa_rngd --explain\n"
      "  moru norms timeline examples/norms/growing-service.yaml");
}

int Norms::run(const Options& options) {
  std::vector<std::string_view> names;
  for (const Action& action : kActions) {
    names.push_back(action.name);
    if (action.name == action_) {
      refuse_options_of_others(options);
      rules_ = load_rulebook(rule_files_);
      (this->*action.run)();
      return kExitAnswered;
    }
  }
  fail(fmt::format("'{}' is not something norms does{}; known: {}", action_,
                   did_you_mean(action_, std::span<const std::string_view>(names)),
                   join(std::span<const std::string_view>(names), ", ")));
}

int Norms::one_date() const {
  if (dates_.size() > 1) {
    fail("one --date at a time; `moru norms compare` puts several side by side");
  }
  return parsed_date(dates_.empty() ? kRulesAsOf : dates_.front());
}

const std::string& Norms::one_subject(const char* example) const {
  if (subjects_.size() != 1) {
    fail(fmt::format("{} wants one subject: moru norms {} {}", action_, action_, example));
  }
  return subjects_.front();
}

Subject Norms::with_settings(Subject subject) const {
  for (const std::string& setting : settings_) {
    set_value(subject, setting, rules_);
  }
  if (!destination_.empty()) {
    set_value(subject, "destination=" + destination_, rules_);
  }
  return subject;
}

void Norms::write(const std::string& text) const {
  if (is_json_) {
    note(kNotLegalAdvice);
  }
  write_file(output_, text);
}

// What is given but would do nothing is a mistake of the user's.
void Norms::refuse_options_of_others(const Options& options) const {
  constexpr std::pair<const char*, std::string_view> kOwners[] = {
      {"--model", "frontier"},
      {"--batch", "frontier"},
      {"--random-input-len", "frontier"},
      {"--random-output-len", "frontier"},
      {"--mapper", "frontier"},
      {"--price", "frontier"},
      {"--all", "check"},
      {"--to", "check compare frontier timeline burden"},
      {"--set", "check compare frontier timeline burden"},
      {"--date", "check compare frontier burden"},
      {"--explain", "check frontier timeline burden"}};
  for (const auto& [option, owners] : kOwners) {
    if (options.given(option) && owners.find(action_) == std::string_view::npos) {
      fail(fmt::format("{} does nothing in `moru norms {}`; leave it out", option, action_));
    }
  }
  if (!subjects_.empty() && (action_ == "rules" || action_ == "quantities")) {
    fail(fmt::format("`moru norms {}` lists all of them; leave '{}' out", action_,
                     subjects_.front()));
  }
}

void Norms::check() {
  const int date = one_date();
  const Subject subject =
      with_settings(load_subject(one_subject("h100_sxm --date 2026-11-21"), rules_));
  const Verdicts verdicts = check_rules(rules_, subject, date);
  write(is_json_ ? verdicts_json(rules_, verdicts)
                 : verdicts_text(rules_, verdicts, {lists_all_, explains_, true}));
}

void Norms::compare() {
  if (subjects_.empty()) {
    fail(
        "compare wants subjects: moru norms compare a100_sxm,a800_sxm --date "
        "2022-12-01,2024-01-01");
  }
  std::vector<int> days;
  for (const std::string& date : dates_) {
    days.push_back(parsed_date(date));
  }
  if (days.empty()) {
    days.push_back(parsed_date(kRulesAsOf));
  }
  std::vector<Verdicts> columns;
  for (const std::string& name : subjects_) {
    const Subject subject = with_settings(load_subject(name, rules_));
    for (const int day : days) {
      columns.push_back(check_rules(rules_, subject, day));
    }
  }
  write(is_json_ ? comparison_json(rules_, columns) : comparison_text(rules_, columns));
}

void Norms::frontier() {
  constexpr std::int64_t kMost = 1'000'000;
  for (const std::int64_t count :
       {question_.batch, question_.prompt_tokens, question_.output_tokens}) {
    if (count < 1 || count > kMost) {
      fail("--batch, --random-input-len and --random-output-len lie from 1 to a million");
    }
  }
  if (!(question_.chip_price >= 0)) {
    fail("--price is zero or more");
  }
  const int date = one_date();
  const Chip chip = load_chip(one_subject("furiosa_rngd"));
  const NormsFrontier found = frontier_of(rules_, chip, with_settings({}), date, question_);
  write(is_json_ ? frontier_json(found, question_) : frontier_text(found, question_, explains_));
}

void Norms::timeline() {
  const Document document = read_document(one_subject("examples/norms/growing-service.yaml"));
  DutyPlan plan = plan_from(document, rules_);
  plan.constant = with_settings(std::move(plan.constant));
  const DutyTimeline found = timeline_of(rules_, plan);
  write(is_json_ ? timeline_json(plan, found) : timeline_text(rules_, plan, found, explains_));
}

void Norms::burden() {
  const int date = one_date();
  const std::vector<std::string> names =
      subjects_.empty() ? std::vector<std::string>{"ai_startup", "ai_leader"} : subjects_;
  if (names.size() != 2) {
    fail("burden wants two subjects, the smaller first: moru norms burden startup leader");
  }
  std::vector<DutyBurden> burdens;
  for (const std::string& name : names) {
    burdens.push_back(burden_of(rules_, with_settings(load_subject(name, rules_)), date));
  }
  write(is_json_ ? burden_json(rules_, burdens, date)
                 : burden_text(rules_, burdens, date, explains_));
}

void Norms::list_rules() { write(is_json_ ? rules_json(rules_) : rules_text(rules_)); }

void Norms::list_quantities() {
  write(is_json_ ? quantities_json(rules_) : quantities_text(rules_));
}

void Norms::list_domains() {
  write(is_json_ ? domains_json(rules_) : domains_text(rules_, subjects_));
}

MORU_REGISTER(Command, Norms, "norms",
              "which rules a chip, model or site falls under, by date, with margins");

}  // namespace
}  // namespace moru
