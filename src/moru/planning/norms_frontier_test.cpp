#include "moru/planning/norms_frontier.h"

#include "moru/norms/testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace moru {
namespace {

using testing::day;
using testing::shipped_rules;

const NormsFrontier& frontier(const std::string& chip) {
  static std::map<std::string, NormsFrontier> known;
  auto found = known.find(chip);
  if (found == known.end()) {
    FrontierQuestion question;
    question.mapper = "roofline";
    found = known
                .emplace(chip, frontier_of(shipped_rules(), load_chip(chip), {}, day("2026-11-21"),
                                           question))
                .first;
  }
  return found->second;
}

const NormsMove* move_by(const NormsFrontier& frontier, NormsLever lever, const std::string& eccn) {
  for (const NormsMove& move : frontier.moves) {
    if (move.lever == lever && move.target.name().starts_with(eccn)) {
      return &move;
    }
  }
  return nullptr;
}

// 4096 / 5.92 = 691.9: at 692 mm2 RNGD's density falls below the line of 3A090.a.
TEST(Frontier, RngdLeaves3A090AAt692Mm2) {
  const NormsFrontier& rngd = frontier("furiosa_rngd");
  EXPECT_TRUE(rngd.now.name().starts_with("3A090.a"));
  const NormsMove* area = move_by(rngd, NormsLever::die_area, "3A090.b");
  ASSERT_NE(area, nullptr);
  EXPECT_EQ(area->from, "653 mm2");
  EXPECT_EQ(area->to, "692 mm2");
  EXPECT_TRUE(area->is_buildable);
  ASSERT_TRUE(area->added_cost);
  EXPECT_NEAR(area->added_cost->mid, 39, 1);
  EXPECT_EQ(area->tokens_per_second, rngd.tokens_per_second);
  EXPECT_EQ(rngd.moves.front().lever, NormsLever::die_area);
}

// 5.92 x 653 / 4096 = 0.9438: the clock that lowers TPP as far.
TEST(Frontier, RngdLeaves3A090AAlsoAt943MHz) {
  const NormsMove* clock = move_by(frontier("furiosa_rngd"), NormsLever::clock, "3A090.b");
  ASSERT_NE(clock, nullptr);
  EXPECT_NEAR(clock->factor, 0.943, 1e-9);  // whole MHz, below 943.8
  const NormsMove* units = move_by(frontier("furiosa_rngd"), NormsLever::units, "3A090.b");
  ASSERT_NE(units, nullptr);
  EXPECT_EQ(units->to, "7 PE");
}

TEST(Frontier, SlowerMemoryTakesRebelOutOfTheTariffWindow) {
  const NormsFrontier& rebel = frontier("rebel_quad");
  EXPECT_NE(rebel.now.name().find("tariff"), std::string::npos);
  const auto memory =
      std::find_if(rebel.moves.begin(), rebel.moves.end(), [](const NormsMove& move) {
        return move.lever == NormsLever::memory_bandwidth && move.factor < 1;
      });
  ASSERT_NE(memory, rebel.moves.end());
  EXPECT_EQ(memory->to, "4.5 TB/s");  // the window is above 4,500 GB/s
  EXPECT_EQ(memory->target.name().find("tariff"), std::string::npos);
}

// The window ends below 5,000 GB/s, too: faster memory is another way out.
TEST(Frontier, FasterMemoryTakesRebelOutOfTheTariffWindowAsWell) {
  const NormsFrontier& rebel = frontier("rebel_quad");
  const auto memory =
      std::find_if(rebel.moves.begin(), rebel.moves.end(), [](const NormsMove& move) {
        return move.lever == NormsLever::memory_bandwidth && move.factor > 1;
      });
  ASSERT_NE(memory, rebel.moves.end());
  EXPECT_EQ(memory->to, "5 TB/s");
  ASSERT_TRUE(memory->added_cost);
  EXPECT_NEAR(memory->added_cost->mid, 144 * 15.1 * (5.0 / 4.8 - 1), 0.5);
}

TEST(Frontier, EveryMoveIsFreerThanTheChipAsItIs) {
  for (const char* chip : {"furiosa_rngd", "rebel_quad", "h100_sxm", "mi210"}) {
    for (const NormsMove& move : frontier(chip).moves) {
      EXPECT_TRUE(is_freer(move.target, frontier(chip).now)) << chip << " " << move.to;
      EXPECT_NE(move.factor, 1) << chip;
    }
  }
}

TEST(Frontier, ADieBeyondTheReticleIsNotBuildable) {
  const NormsFrontier& h100 = frontier("h100_sxm");
  for (const NormsMove& move : h100.moves) {
    if (move.lever == NormsLever::die_area) {
      EXPECT_FALSE(move.is_buildable);
    }
  }
}

}  // namespace
}  // namespace moru
