#include "moru/norms/growth.h"

#include "moru/base/testing.h"
#include "moru/norms/burden.h"
#include "moru/norms/testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace moru {
namespace {

using testing::day;
using testing::error_of;
using testing::shipped_rules;

constexpr const char* kPlan = R"(plan: test
start: 2026-01-01
months: 25
values: {office_in_kr: false, rev_krw: 0, ai_rev_krw: 0}
growth:
  - {quantity: dau_kr, points: {2026-01: 250e3, 2028-01: 4e6}}
)";

DutyPlan plan_of(const std::string& text) {
  return plan_from(parse_yaml(text, "plan.yaml"), shipped_rules());
}

double dau_in(const DutyPlan& plan, int month) {
  return plan.subject_in(month, SubjectKind::service, shipped_rules())
      .values.at("dau_kr")
      .value.low;
}

TEST(Growth, IsByTheSameFactorEveryMonth) {
  const DutyPlan plan = plan_of(kPlan);
  EXPECT_EQ(dau_in(plan, 0), 250e3);
  EXPECT_NEAR(dau_in(plan, 12), 1e6, 1);  // half way, the square root of 16
  EXPECT_EQ(dau_in(plan, 24), 4e6);
  EXPECT_EQ(dau_in(plan, 40), 4e6);
}

TEST(Timeline, FindsTheMonthInWhichAMillionIsReached) {
  const DutyTimeline timeline = timeline_of(shipped_rules(), plan_of(kPlan));
  const auto event =
      std::find_if(timeline.events.begin(), timeline.events.end(), [](const DutyChange& one) {
        return one.verdict.rule->id == "kr.ai_basic_act.domestic_rep" &&
               one.verdict.status == VerdictStatus::notify;
      });
  ASSERT_NE(event, timeline.events.end());
  // 250,000 x 16^(12/24) = 1,000,000; rounding may leave it a hair below in that month.
  EXPECT_GE(event->month, 12);
  EXPECT_LE(event->month, 13);
  EXPECT_EQ(event->because, "crosses dau_kr >= 1e6");
}

TEST(Timeline, ARuleComesInItsOwnMonth) {
  std::string text = kPlan;
  text.replace(text.find("250e3"), 5, "2e6");
  text.replace(text.find("2026-01-01"), 10, "2025-12-01");
  const DutyTimeline timeline = timeline_of(shipped_rules(), plan_of(text));
  ASSERT_FALSE(timeline.events.empty());
  const auto event = std::find_if(
      timeline.events.begin(), timeline.events.end(),
      [](const DutyChange& one) { return one.verdict.rule->id == "kr.ai_basic_act.domestic_rep"; });
  ASSERT_NE(event, timeline.events.end());
  EXPECT_EQ(event->month, 1);  // 2026-01-22 lies in the second month
  EXPECT_EQ(event->because, "in force since 2026-01-22");
}

TEST(Growth, PlansAreRefusedByFileAndLine) {
  const auto error_with = [](const std::string& from, const std::string& to) {
    std::string text = kPlan;
    text.replace(text.find(from), from.size(), to);
    return error_of([&] { plan_of(text); });
  };
  EXPECT_NE(error_with("dau_kr, p", "dau_k, p").find("plan.yaml:6:16: error: 'dau_k' is not"),
            std::string::npos);
  EXPECT_NE(error_with("2026-01: 250e3", "2026-13: 250e3").find("is not a month"),
            std::string::npos);
  EXPECT_NE(error_with("250e3", "-5").find("zero or more"), std::string::npos);
  EXPECT_NE(error_with("months: 25", "months: 0").find("from 1 to"), std::string::npos);
  EXPECT_NE(error_with("2026-01-01", "2026-01-15").find("first of a month"), std::string::npos);
  EXPECT_NE(
      error_with("points: {2026-01: 250e3, 2028-01: 4e6}", "points: {}").find("at least one point"),
      std::string::npos);
  EXPECT_NE(error_with("start: 2026-01-01\n", "").find("needs 'start'"), std::string::npos);
}

const FirstDuty* first_by(const DutyBurden& burden, const std::string& size) {
  for (const FirstDuty& duty : burden.firsts) {
    if (duty.quantity == size) {
      return &duty;
    }
  }
  return nullptr;
}

TEST(Burden, AnOfficeInKoreaSparesTheRepresentative) {
  const Rulebook& rules = shipped_rules();
  const int date = day("2026-11-21");
  const DutyBurden startup = burden_of(rules, load_subject("startup", rules), date);
  const DutyBurden leader = burden_of(rules, load_subject("leader", rules), date);
  EXPECT_EQ(first_by(startup, "dau_kr"), nullptr);
  // The leader's revenue alone makes one due, so users add nothing.
  EXPECT_EQ(first_by(leader, "dau_kr"), nullptr);
  ASSERT_NE(first_by(leader, "train_flop"), nullptr);
  EXPECT_EQ(first_by(leader, "train_flop")->threshold, 1e23);
  EXPECT_EQ(first_by(leader, "train_flop")->rule, "eu.aiact.gpai");
  // Not offered in the Union, the start-up first meets the frontier laws.
  ASSERT_NE(first_by(startup, "train_flop"), nullptr);
  EXPECT_EQ(first_by(startup, "train_flop")->threshold, 1e26);
}

TEST(Burden, TheLeaderMeetsMoreDuties) {
  const Rulebook& rules = shipped_rules();
  const int date = day("2026-11-21");
  EXPECT_GT(burden_of(rules, load_subject("leader", rules), date).duties.size(),
            burden_of(rules, load_subject("startup", rules), date).duties.size());
}

}  // namespace
}  // namespace moru
