// Random runs of every standard and policy in strict mode, each command checked.
//   dram_fuzz COMMANDS [SEED]
#include "moru/dram/checker.h"
#include "moru/dram/pattern.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <set>

namespace {

using namespace moru;

const std::vector<std::string> kParts = {"hbm2-2.0",   "hbm2e-3.2",   "hbm3-6.4", "hbm3-6.4-16hi",
                                         "hbm3e-9.2",  "hbm4-8.0",    "gddr6-16", "gddr7-32",
                                         "lpddr5-6.4", "lpddr5x-8.5", "ddr4-3.2", "ddr5-6.4"};

ControllerOptions draw_options(const DramSpec& spec, SplitMix64& random) {
  const auto below = [&](std::uint64_t n) { return static_cast<int>(random.next() % n); };
  ControllerOptions options;
  options.read_queue = 4 + below(45);
  options.write_queue = 4 + below(45);
  options.row_policy = static_cast<RowPolicy>(below(3));
  options.row_timeout = 20 + below(500);
  options.scheduler = static_cast<DramScheduler>(below(2));
  options.row_hit_cap = 1 + below(16);
  options.refresh_postpone = below(9);
  options.rfm_every = below(2) * (4 + below(40));
  options.rfm_all_banks = below(2) != 0;
  if (!spec.has_command(DramCommand::rfm_all)) {
    options.rfm_every = 0;
  }
  options.power_down_after = below(2) * (1 + below(300));
  options.self_refresh_after = below(3) == 0 ? 500 + below(5000) : 0;
  std::vector<RefreshMode> modes = {RefreshMode::all_bank};
  if (spec.has_command(DramCommand::ref_bank)) {
    modes.push_back(RefreshMode::per_bank);
  }
  if (spec.has_command(DramCommand::ref_same)) {
    modes.push_back(RefreshMode::same_bank);
  }
  options.refresh = modes[static_cast<std::size_t>(below(modes.size()))];
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  SplitMix64 random(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  std::uint64_t commands = 0;
  std::uint64_t violations = 0;
  int runs = 0;
  std::map<std::string, std::vector<std::uint64_t>> evaluated;
  std::map<std::string, DramSpec> specs;
  while (commands < wanted) {
    const std::string& part = kParts[static_cast<std::size_t>(runs) % kParts.size()];
    const DramSpec& spec = specs.try_emplace(part, load_dram_spec(part)).first->second;
    const ControllerOptions options = draw_options(spec, random);
    PatternSource::Settings settings;
    settings.pattern = static_cast<DramPattern>(random.next() % 10);
    settings.load_permille =
        random.next() % 2 == 0 ? 1000 : static_cast<std::int64_t>(1 + random.next() % 900);
    settings.seed = random.next();
    settings.run_length = 1 + random.next() % 64;
    std::vector<CommandRecord> recorded;
    const std::unique_ptr<DramChannel> channel = DramChannel::make(spec, options);
    PatternSource source(spec, settings);
    channel->record_commands(&recorded);
    channel->set_source(&source);
    const Tick ticks = static_cast<Tick>(20 + random.next() % 12) * spec.ticks("nREFI");
    channel->advance_until(ticks);
    const CheckReport report = check_commands(spec, recorded, options.refresh, ticks);
    commands += report.commands;
    violations += report.violations;
    ++runs;
    std::vector<std::uint64_t>& sum = evaluated[spec.standard];
    sum.resize(std::max(sum.size(), report.evaluated.size()));
    for (std::size_t i = 0; i < report.evaluated.size(); ++i) {
      sum[i] += report.evaluated[i];
    }
    if (report.violations > 0) {
      fmt::print("{} run {} ({}): {}\n", part, runs, enum_name(settings.pattern),
                 report.first.front());
    }
  }
  int rows = 0;
  int reached = 0;
  for (const auto& [part, spec] : specs) {
    const std::vector<std::uint64_t>& sum = evaluated[spec.standard];
    if (sum.size() != spec.constraints.size()) {
      continue;
    }
    for (std::size_t i = 0; i < sum.size(); ++i) {
      rows += 1;
      reached += sum[i] > 0 ? 1 : 0;
    }
  }
  fmt::print("{} runs, {} commands, {} violations, {} of {} rows reached\n", runs, commands,
             violations, reached, rows);
  return violations == 0 ? 0 : 1;
}
