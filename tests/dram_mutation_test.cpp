// Does the checker notice a device that takes one row of its table less seriously?
#include "moru/dram/checker.h"
#include "moru/dram/spec.h"

#include "dram_directed.h"
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace moru {
namespace {

const std::vector<std::string> kParts = {"hbm2-2.0", "hbm3-6.4",   "hbm4-8.0", "gddr6-16",
                                         "gddr7-32", "lpddr5-6.4", "ddr4-3.2", "ddr5-6.4"};

void aim_at(testing::DirectedTrace& trace, const DramConstraint& row) {
  for (const DramCommand from : row.from) {
    for (const DramCommand to : row.to) {
      for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        trace.aim(row, from, to, seed);
      }
    }
  }
}

bool is_caught(const DramSpec& honest, const DramSpec& tampered, std::size_t row) {
  testing::DirectedTrace trace(tampered);
  aim_at(trace, honest.constraints[row]);
  return check_commands(honest, trace.commands, RefreshMode::none, 0).violations > 0;
}

bool holds_pair(const DramConstraint& row, DramCommand from, DramCommand to) {
  return std::find(row.from.begin(), row.from.end(), from) != row.from.end() &&
         std::find(row.to.begin(), row.to.end(), to) != row.to.end();
}

// Levels that hold the same banks are one: a channel of one rank is that rank.
int width_of(const DramSpec& spec, DramLevel level) {
  const DramGeometry& g = spec.geometry;
  switch (level) {
    case DramLevel::channel:
      return g.flat_banks();
    case DramLevel::pseudo_channel:
      return g.flat_banks() / g.pseudo_channels;
    case DramLevel::sid:
      return g.banks_per_rank();
    case DramLevel::bank_group:
      return g.banks;
    case DramLevel::bank:
      return 1;
  }
  return 1;
}

// The most that plain rows other than `except` ask between two commands anywhere in a node of
// `width`.
std::int64_t strongest(const DramSpec& spec, std::size_t except, DramCommand from, DramCommand to,
                       int width) {
  std::int64_t min = 0;
  for (std::size_t i = 0; i < spec.constraints.size(); ++i) {
    const DramConstraint& row = spec.constraints[i];
    if (i != except && !row.siblings && row.window == 1 && width_of(spec, row.level) >= width &&
        holds_pair(row, from, to)) {
      min = std::max(min, row.min);
    }
  }
  return min;
}

// Whether the rest of the table asks for as much: directly; through the precharge that must lie
// between a command to an open bank and one that needs it closed; or, for a window, by so many
// single steps.
bool is_implied(const DramSpec& spec, std::size_t index) {
  const DramConstraint& row = spec.constraints[index];
  const auto needs_closed = [](DramCommand c) {
    return c == DramCommand::act || c == DramCommand::sr_enter ||
           (index_of(c) >= index_of(DramCommand::ref_all) &&
            index_of(c) <= index_of(DramCommand::rfm_bank));
  };
  for (const DramCommand from : row.from) {
    for (const DramCommand to : row.to) {
      if (row.siblings) {
        if (spec.geometry.sids > 1) {
          return false;
        }
        continue;
      }
      const int width = width_of(spec, row.level);
      std::int64_t asked = strongest(spec, index, from, to, width) * row.window;
      if (from == DramCommand::sr_exit && (is_read(to) || is_write(to))) {
        asked = row.min;  // self-refresh leaves the banks closed: the activate waits first
      }
      // Within a pseudo-channel two commands share a stack id or are of siblings.
      if (row.level == DramLevel::pseudo_channel && row.window == 1) {
        std::int64_t within = 0;
        std::int64_t across = spec.geometry.sids == 1 ? row.min : 0;
        for (const DramConstraint& other : spec.constraints) {
          if (other.level == DramLevel::sid && holds_pair(other, from, to)) {
            (other.siblings ? across : within) =
                std::max(other.siblings ? across : within, other.min);
          }
        }
        asked = std::max(asked, std::min(within, across));
      }
      const bool is_open_to_closed =
          from == DramCommand::act || from == DramCommand::rd || from == DramCommand::wr;
      // A bank's own precharge, or its part of an all-bank one: the weaker of the two ways.
      if (is_open_to_closed && needs_closed(to) && (width == 1 || to != DramCommand::act)) {
        asked = std::max(asked, strongest(spec, index, from, DramCommand::pre, 1) +
                                    strongest(spec, index, DramCommand::pre, to, 1));
      }
      if (asked < row.min) {
        return false;
      }
    }
  }
  return true;
}

TEST(DramMutation, HonestDevicesPassAndEveryRowIsReached) {
  for (const std::string& part : kParts) {
    const DramSpec spec = load_dram_spec(part);
    testing::DirectedTrace trace(spec);
    for (const DramConstraint& row : spec.constraints) {
      aim_at(trace, row);
    }
    const CheckReport report = check_commands(spec, trace.commands, RefreshMode::none, 0);
    EXPECT_EQ(report.violations, 0U)
        << part << ": " << (report.first.empty() ? "" : report.first[0]);
    for (std::size_t i = 0; i < spec.constraints.size(); ++i) {
      const DramConstraint& row = spec.constraints[i];
      const bool is_vacuous = row.siblings && spec.geometry.sids == 1;
      EXPECT_TRUE(report.evaluated[i] > 0 || is_vacuous)
          << part << " row " << i << " (" << row.formula << ") was never asked";
    }
  }
}

TEST(DramMutation, AtLeast99PercentOfTamperedRowsAreNoticed) {
  int made = 0;
  int caught = 0;
  int implied = 0;
  std::string missed;
  for (const std::string& part : kParts) {
    const DramSpec honest = load_dram_spec(part);
    for (std::size_t i = 0; i < honest.constraints.size(); ++i) {
      for (const bool removed : {false, true}) {
        DramSpec tampered = honest;
        const std::int64_t lower = honest.constraints[i].min - honest.ticks_per_clock;
        if (removed) {
          tampered.constraints[i].min = -1'000'000;
        } else {
          tampered.constraints[i].min = lower;
        }
        if (honest.constraints[i].min <= honest.ticks_per_clock || is_implied(honest, i)) {
          ++implied;
          continue;
        }
        ++made;
        if (is_caught(honest, tampered, i)) {
          ++caught;
        } else {
          const DramConstraint& row = honest.constraints[i];
          missed += part + (removed ? " removed " : " lowered ") +
                    std::string(enum_name(row.level)) + " " + std::string(enum_name(row.from[0])) +
                    "->" + std::string(enum_name(row.to[0])) + " " + std::to_string(row.min) +
                    " (" + row.formula + ")\n";
        }
      }
    }
  }
  std::printf("%d tampered tables, %d noticed, %d left out as implied by another row\n", made,
              caught, implied);
  EXPECT_GT(made, 500);
  EXPECT_GE(caught, made * 99 / 100) << missed;
}

}  // namespace
}  // namespace moru
