// The checker and the engine's strict mode against each other.
#include "moru/dram/checker.h"

#include "moru/dram/channel.h"
#include "moru/dram/pattern.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

struct StrictRun {
  std::vector<CommandRecord> commands;
  ChannelCounters counters;
  CheckReport report;
};

StrictRun run_strict(const DramSpec& spec, const ControllerOptions& options,
                     const PatternSource::Settings& pattern, Tick ticks) {
  StrictRun run;
  const std::unique_ptr<DramChannel> channel = DramChannel::make(spec, options);
  PatternSource source(spec, pattern);
  channel->record_commands(&run.commands);
  channel->set_source(&source);
  channel->advance_until(ticks);
  run.counters = channel->counters();
  run.report = check_commands(spec, run.commands, options.refresh, ticks);
  return run;
}

std::string first_of(const CheckReport& report) {
  return report.first.empty() ? std::string() : report.first.front();
}

const std::vector<std::string> kParts = {"hbm2-2.0",    "hbm2e-3.2", "hbm3-6.4", "hbm3e-9.2",
                                         "hbm4-8.0",    "gddr6-16",  "gddr7-32", "lpddr5-6.4",
                                         "lpddr5x-8.5", "ddr4-3.2",  "ddr5-6.4"};

TEST(DramChecker, StrictRunsOfEveryStandardBreakNoRule) {
  for (const std::string& part : kParts) {
    const DramSpec spec = load_dram_spec(part);
    for (const DramPattern pattern :
         {DramPattern::stream, DramPattern::randmix, DramPattern::hot}) {
      ControllerOptions options;
      options.refresh = spec.refresh;
      const StrictRun run =
          run_strict(spec, options, {pattern, 1000, 5}, spec.ticks("nREFI") * 3 / 2);
      EXPECT_GT(run.report.commands, 500U) << part;
      EXPECT_EQ(run.report.violations, 0U)
          << part << " " << enum_name(pattern) << ": " << first_of(run.report);
    }
  }
}

TEST(DramChecker, EveryPolicyKeepsTheRules) {
  for (const char* part : {"hbm3-6.4", "ddr5-6.4", "lpddr5-6.4", "gddr7-32", "hbm2-2.0"}) {
    const DramSpec spec = load_dram_spec(part);
    for (const RowPolicy policy : {RowPolicy::closed, RowPolicy::timeout}) {
      ControllerOptions options;
      options.refresh = spec.refresh;
      options.row_policy = policy;
      options.scheduler = DramScheduler::fr_fcfs_cap;
      options.row_hit_cap = 4;
      options.refresh_postpone = 8;
      options.rfm_every = spec.has_command(DramCommand::rfm_bank) ? 12 : 0;
      options.power_down_after = 60;
      options.self_refresh_after = policy == RowPolicy::closed ? 4000 : 0;
      for (const std::int64_t load : {1000, 300, 5}) {
        const DramPattern pattern = load == 300 ? DramPattern::burst : DramPattern::local;
        const StrictRun run = run_strict(spec, options, {pattern, load, 9},
                                         (load == 5 ? 5 : 2) * spec.ticks("nREFI"));
        EXPECT_EQ(run.report.violations, 0U)
            << part << " " << enum_name(policy) << " load " << load << ": " << first_of(run.report);
        EXPECT_GT(run.counters.reads, 10U) << part;
        if (load == 5) {
          EXPECT_GT(run.counters.commands[index_of(DramCommand::pd_enter)], 5U) << part;
        }
      }
    }
  }
}

TEST(DramChecker, SeesEachKindOfMistake) {
  const DramSpec spec = load_dram_spec("hbm3-6.4");
  ControllerOptions options;
  const StrictRun run = run_strict(spec, options, {DramPattern::randmix, 1000, 3}, 20'000);
  const auto violations_after = [&](auto change) {
    std::vector<CommandRecord> commands = run.commands;
    change(commands);
    return check_commands(spec, commands, options.refresh, 20'000).violations;
  };
  const auto first_index = [&](DramCommand wanted) {
    return std::find_if(run.commands.begin() + 200, run.commands.end(),
                        [&](const CommandRecord& c) { return c.command == wanted; }) -
           run.commands.begin();
  };
  ASSERT_EQ(run.report.violations, 0U);
  const auto act = first_index(DramCommand::act);
  const auto rd = first_index(DramCommand::rd);
  EXPECT_GT(violations_after([&](auto& c) { c.erase(c.begin() + act); }), 0U);
  EXPECT_GT(violations_after([&](auto& c) { c[static_cast<std::size_t>(rd)].row += 1; }), 0U);
  EXPECT_GT(violations_after([&](auto& c) {
              std::erase_if(c,
                            [](const CommandRecord& r) { return r.command == DramCommand::pre; });
            }),
            0U);
  EXPECT_GT(check_commands(spec, {}, RefreshMode::all_bank, 11 * spec.ticks("nREFI")).violations,
            0U);
}

}  // namespace
}  // namespace moru
