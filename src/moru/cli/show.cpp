// moru show: every known thing, with its source.
#include "moru/base/catalogue.h"
#include "moru/base/fields_schema.h"
#include "moru/base/file.h"
#include "moru/base/registry.h"
#include "moru/base/text.h"
#include "moru/chip/chip.h"
#include "moru/cli/options.h"
#include "moru/dram/spec.h"
#include "moru/model/model.h"
#include "moru/planning/plan_file.h"
#include "moru/report/catalogue_report.h"
#include "moru/scenario/scenario.h"
#include "moru/trace/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace moru {
namespace {

Page command_list() {
  Section section{"items", "", {{"name", "name"}, {"meaning", "what it answers"}}, {}};
  for (const auto& [name, entry] : Registry<Command>::entries()) {
    section.rows.push_back({name, entry.doc});
  }
  return {"commands", "", "", {std::move(section)}};
}

Page plan_list() {
  Section section{"items", "", {{"id", "id"}, {"name", "name"}, {"about", "what it shows"}}, {}};
  for (const std::string& id : catalogue_ids(kPlans)) {
    const DemandPlan plan = load_plan(id);
    section.rows.push_back({id, plan.name, plan.about});
  }
  return {"plans", "", "", {std::move(section)}};
}

// A kind of thing. Without `page`, one thing is its row of the list.
struct Kind {
  std::string_view singular;
  std::string_view plural;
  std::string_view about;
  Page (*list)();
  Page (*page)(const std::string& name) = nullptr;
  std::string (*schema)() = nullptr;
  const CatalogueKind* catalogue = nullptr;
};

template <class T>
std::string schema_of() {
  return file_schema<T>(fmt::format("moru {}", T::kTypeName));
}

Page explain_scenario() { return scenario_page(""); }

constexpr std::array kKinds = {
    Kind{"chip", "chips", "accelerators, with what is published of them", chip_list, chip_page,
         schema_of<Chip>, &kChips},
    Kind{"dram", "drams", "DRAM parts, with every timing's source", dram_list, dram_page, nullptr,
         &kDramParts},
    Kind{"model", "models", "language models, from their config.json", model_list, model_page,
         nullptr, &kModels},
    Kind{"workload", "workloads", "request statistics to draw traces from", workload_list,
         workload_page, schema_of<WorkloadSpec>, &kWorkloads},
    Kind{"plan", "plans", "services over the coming months, for `moru demand`", plan_list, nullptr,
         schema_of<DemandPlan>, &kPlans},
    Kind{"scenario", "scenarios", "the fields of a scenario file", explain_scenario, scenario_page,
         schema_of<Scenario>},
    Kind{"trace", "traces", "request trace formats", trace_format_list},
    Kind{"scheduler", "schedulers", "batching policies", scheduler_list},
    Kind{"router", "routers", "how requests are split over replicas", router_list},
    Kind{"mapper", "mappers", "how operators are costed on a chip", mapper_list},
    Kind{"constant", "constants", "constants of the cost model with ranges and sources",
         constant_list},
    Kind{"fact", "facts", "prices, capacities and physical constants with ranges and sources",
         fact_list},
    Kind{"command", "commands", "what moru does", command_list}};

const Kind* find_kind(std::string_view word) {
  for (const Kind& kind : kKinds) {
    if (word == kind.singular || word == kind.plural) {
      return &kind;
    }
  }
  return nullptr;
}

Page kind_list() {
  Section section{"items", "", {{"kind", "moru show"}, {"meaning", "lists"}}, {}};
  for (const Kind& kind : kKinds) {
    section.rows.push_back({kind.plural, kind.about});
  }
  return {"kinds", "", "", {std::move(section)}};
}

// What a kind's things are called. Scenarios are files, not things with names.
std::vector<std::string> names_of(const Kind& kind) {
  std::vector<std::string> names;
  if (kind.catalogue != nullptr) {
    for (const std::string& id : catalogue_ids(*kind.catalogue)) {
      names.push_back(id);
      for (std::string& alias : catalogue_aliases(*kind.catalogue, id)) {
        names.push_back(std::move(alias));
      }
    }
  } else if (kind.page == nullptr) {
    const Page page = kind.list();
    for (const std::vector<Cell>& row : page.sections.front().rows) {
      names.push_back(row.front().text);
    }
  }
  return names;
}

// The row of a list that has the name, as a page.
Page row_page(const Kind& kind, const std::string& name) {
  Page page = kind.list();
  Section& section = page.sections.front();
  const std::vector<std::string> names = names_of(kind);
  std::erase_if(section.rows, [&](const auto& row) { return row.front().text != name; });
  if (section.rows.empty()) {
    fail(fmt::format("no {} '{}'{}; `moru show {}` lists them", kind.singular, name,
                     did_you_mean(name, std::span<const std::string>(names)), kind.plural));
  }
  page.kind = kind.singular;
  page.id = name;
  return page;
}

Page thing_page(const Kind& kind, const std::string& name) {
  return kind.page != nullptr ? kind.page(name) : row_page(kind, name);
}

bool has_thing(const Kind& kind, const std::string& name) {
  if (kind.catalogue != nullptr) {
    return !find_in_catalogue(*kind.catalogue, name).path.empty();
  }
  const std::vector<std::string> names = names_of(kind);
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A name without its kind.
Page anything_page(const std::string& name) {
  std::vector<const Kind*> found;
  for (const Kind& kind : kKinds) {
    if (has_thing(kind, name)) {
      found.push_back(&kind);
    }
  }
  if (found.size() == 1) {
    return thing_page(*found.front(), name);
  }
  if (found.size() > 1) {
    fail(fmt::format("'{0}' is both a {1} and a {2}; say which: moru show {1} {0}", name,
                     found[0]->singular, found[1]->singular));
  }
  if (file_exists(name)) {
    fail(fmt::format(
        "'{0}' is a file; say what it describes: moru show chip {0}, or model, workload, "
        "scenario",
        name));
  }
  // Variants of models (-FP8, -Instruct) and copies under other organisations have no entry.
  std::optional<Page> variant;
  try {
    variant = model_page(name);
  } catch (const Error&) {
  }
  if (variant) {
    return *variant;
  }
  std::vector<std::string> known;
  for (const Kind& kind : kKinds) {
    known.emplace_back(kind.plural);
    for (std::string& one : names_of(kind)) {
      known.push_back(std::move(one));
    }
  }
  fail(fmt::format("nothing is called '{}'{}; `moru show` lists the kinds of things", name,
                   did_you_mean(name, std::span<const std::string>(known))));
}

class Show final : public Command {
 public:
  void declare(Options& options) override {
    options.text("what", what_, "a kind (chips, models, workloads, constants, …) or a name");
    options.text("name", name_, "one thing of that kind, by id, alias or path");
    options.text("--explain", explain_,
                 "chip: one of its estimated figures, with formula, inputs and sources");
    options.flag("--schema", schema_,
                 "chip, workload, plan, scenario: the JSON Schema of such a file");
    options.flag("--json", json_, "moru/show/1 on stdout");
    options.text("-o,--output", output_, "write there instead of stdout");
    options.example("moru show chip h100_sxm");
  }

  int run(const Options& options) override {
    if (!explain_.empty()) {
      const bool names_kind = what_ == "chip" && options.given("name");
      write_file(output_, explain(chip_estimates(load_chip(names_kind ? name_ : what_)), explain_));
      return kExitAnswered;
    }
    write_file(output_, schema_ ? schema(options) : page_output(page(options)));
    return kExitAnswered;
  }

 private:
  std::string page_output(const Page& page) const {
    return json_ ? page_json(page) : page_text(page);
  }

  Page page(const Options& options) const {
    if (what_.empty()) {
      return kind_list();
    }
    const Kind* kind = find_kind(what_);
    if (kind != nullptr) {
      return options.given("name") ? thing_page(*kind, name_) : kind->list();
    }
    if (options.given("name")) {
      std::vector<std::string_view> kinds;
      std::vector<std::string_view> spellings;
      for (const Kind& one : kKinds) {
        kinds.push_back(one.singular);
        spellings.insert(spellings.end(), {one.singular, one.plural});
      }
      fail(fmt::format("'{}' is not a kind of thing{}; kinds: {}", what_,
                       did_you_mean(what_, std::span<const std::string_view>(spellings)),
                       join(std::span<const std::string_view>(kinds), ", ")));
    }
    return anything_page(what_);
  }

  std::string schema(const Options& options) const {
    const Kind* kind = find_kind(what_);
    if (kind == nullptr || kind->schema == nullptr || options.given("name")) {
      fail("--schema goes with chip, workload, plan or scenario: moru show chip --schema");
    }
    return kind->schema();
  }

  std::string what_;
  std::string name_;
  std::string explain_;
  bool schema_ = false;
  bool json_ = false;
  std::string output_ = "-";
};

MORU_REGISTER(Command, Show, "show", "list or explain every known thing, with its source");

}  // namespace
}  // namespace moru
