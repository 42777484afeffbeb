// The engine against the reference: golden traces where the measured data are present, a slow model
// tick by tick everywhere else.
#include "moru/base/catalogue.h"
#include "moru/base/node.h"
#include "moru/dram/checker.h"
#include "moru/dram/pattern.h"
#include "moru/validation/dram.h"

#include "dram_tick_model.h"
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

namespace moru {
namespace {

std::string golden_folder() { return measured_data_root() + "/golden_dram"; }

bool is_absent(const std::string& path) {
  if (std::filesystem::exists(path)) {
    return false;
  }
  const char* ci = std::getenv("CI");
  EXPECT_FALSE(ci != nullptr && std::string(ci) == "true") << path << " is missing";
  return true;
}

struct ModelCase {
  std::string standard;
  DramPattern pattern;
  std::int64_t load = 1000;
  RefreshMode refresh = RefreshMode::all_bank;
};

std::string name_of(const ::testing::TestParamInfo<ModelCase>& info) {
  const ModelCase& c = info.param;
  return c.standard + "_" + std::string(enum_name(c.pattern)) + "_" + std::to_string(c.load) +
         (c.refresh == RefreshMode::per_bank ? "_refpb" : "");
}

class AgainstTickModel : public ::testing::TestWithParam<ModelCase> {};

TEST_P(AgainstTickModel, SameCommandsAndTimes) {
  const ModelCase& c = GetParam();
  const DramSpec spec = reference_spec(c.standard);
  DramCase one;
  // Two all-bank refreshes, or a round of per-bank ones.
  one.ticks = spec.ticks("nREFI") + spec.ticks("nREFI") / 4;
  one.pattern = {c.pattern, c.load, 77, static_cast<std::uint64_t>(one.ticks), one.ticks};
  one.options.refresh = c.refresh;
  const std::vector<DramRequest> requests = requests_of(one, spec);
  const DramRun run = run_dram_case(one, spec, requests);
  testing::DramTickModel model(spec, one.options);
  model.run(requests, one.ticks);
  ASSERT_GT(run.commands.size(), 20U);
  EXPECT_EQ(command_lines(spec, run.commands), command_lines(spec, model.commands));
  EXPECT_EQ(request_lines(run.times, one.ticks), request_lines(model.times, one.ticks));
}

INSTANTIATE_TEST_SUITE_P(
    Dram, AgainstTickModel,
    ::testing::Values(
        ModelCase{"GDDR6", DramPattern::stream}, ModelCase{"GDDR6", DramPattern::randmix},
        ModelCase{"GDDR6", DramPattern::hot}, ModelCase{"GDDR6", DramPattern::local},
        ModelCase{"GDDR6", DramPattern::burst, 300}, ModelCase{"GDDR6", DramPattern::random, 10},
        ModelCase{"HBM4", DramPattern::randmix, 1000, RefreshMode::per_bank},
        ModelCase{"HBM3", DramPattern::wrheavy, 1000, RefreshMode::per_bank},
        ModelCase{"HBM3", DramPattern::burst, 200}, ModelCase{"HBM4", DramPattern::stride},
        ModelCase{"HBM2", DramPattern::hot}, ModelCase{"HBM2", DramPattern::wrheavy},
        ModelCase{"LPDDR5", DramPattern::burst, 400}, ModelCase{"LPDDR5", DramPattern::wrheavy},
        ModelCase{"LPDDR5", DramPattern::stride}, ModelCase{"DDR5", DramPattern::hot},
        ModelCase{"DDR5", DramPattern::burst, 500}),
    name_of);

// One short golden case of every standard; `moru validate dram` runs all of them in full.
TEST(DramGolden, ShortCasesAreIdentical) {
  if (is_absent(golden_folder())) {
    GTEST_SKIP() << "SKIP golden DRAM traces: no " << golden_folder();
  }
  for (const char* name : {"HBM3_random_load1pct", "HBM4_random_load1pct", "HBM2_random_load1pct",
                           "LPDDR5_random_load1pct", "DDR5_random_load1pct"}) {
    const std::vector<DramComparison> result = validate_dram(golden_folder(), name);
    ASSERT_EQ(result.size(), 1U);
    EXPECT_GT(result[0].commands, 500);
    EXPECT_EQ(result[0].differences, 0) << result[0].first_difference;
  }
}

// The formulas of our tables against the reference's evaluated rows, pair by pair.
TEST(DramGolden, TablesEvaluateToTheReferencesRows) {
  const std::string path = golden_folder() + "/standards.json";
  if (is_absent(path)) {
    GTEST_SKIP() << "SKIP golden DRAM tables: no " << path;
  }
  using Row = std::tuple<int, int, int, std::int64_t, int, bool>;
  const Document document = read_document(path);
  for (const Node::Entry& standard : document.root.entries) {
    const DramSpec spec = reference_spec(standard.key);
    std::set<Row> ours;
    for (const DramConstraint& row : spec.constraints) {
      for (const DramCommand from : row.from) {
        for (const DramCommand to : row.to) {
          ours.insert({static_cast<int>(row.level), index_of(from), index_of(to), row.min,
                       row.window, row.siblings});
        }
      }
    }
    const std::map<std::string, DramLevel> levels = {{"Channel", DramLevel::channel},
                                                     {"PseudoChannel", DramLevel::pseudo_channel},
                                                     {"Rank", DramLevel::sid},
                                                     {"Sid", DramLevel::sid},
                                                     {"BankGroup", DramLevel::bank_group},
                                                     {"Bank", DramLevel::bank}};
    std::set<Row> theirs;
    for (const Node& row : standard.value.find("constraints")->items) {
      for (const Node& from : row.find("from")->items) {
        for (const Node& to : row.find("to")->items) {
          theirs.insert(
              {static_cast<int>(levels.at(row.find("level")->text)),
               index_of(*enum_value<DramCommand>(from.text)),
               index_of(*enum_value<DramCommand>(to.text)), std::stoll(row.find("min_ticks")->text),
               std::stoi(row.find("window")->text), row.find("applies_to")->text == "siblings"});
        }
      }
    }
    EXPECT_EQ(ours, theirs) << standard.key;
    EXPECT_EQ(std::to_string(spec.read_latency), standard.value.find("read_latency")->text);
  }
}

// The reference's own commands, held against the strict table of the same part: what it breaks are
// the constraints it lacks.
TEST(DramGolden, TheReferencesMissingConstraintsAreReported) {
  if (is_absent(golden_folder())) {
    GTEST_SKIP() << "SKIP golden DRAM traces: no " << golden_folder();
  }
  for (const auto& [name, part, row] : {std::tuple("HBM3_refpb_randmix", "hbm3-6.4", "REFpb"),
                                        std::tuple("HBM3_hot", "hbm3-6.4", "")}) {
    const DramCase one = read_dram_cases(golden_folder(), name).front();
    const DramSpec reference = reference_spec(one.standard);
    const DramRun run = run_dram_case(one, reference, requests_of(one, reference));
    // Clean by its own table …
    EXPECT_EQ(check_commands(reference, run.commands, RefreshMode::none, one.ticks).violations, 0U);
    // … and by the full one only where the rows it lacks do not bind.
    const CheckReport strict =
        check_commands(load_dram_spec(part), run.commands, RefreshMode::none, one.ticks);
    if (std::string(row).empty()) {
      EXPECT_EQ(strict.violations, 0U) << strict.first.front();
    } else {
      ASSERT_GT(strict.violations, 0U);
      EXPECT_NE(strict.first.front().find(row), std::string::npos) << strict.first.front();
    }
  }
}

}  // namespace
}  // namespace moru
