// Demand of a plan against figures worked out by hand from its inputs.
#include "moru/planning/demand.h"

#include "moru/base/testing.h"
#include "moru/model/model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace moru {
namespace {

using testing::error_of;

const FactBook& facts() {
  static const FactBook book = load_facts();
  return book;
}

// Sizes as the engine would give, so that the rest can be worked out by hand.
ReplicaSize size_of(const std::string& traffic, const std::string& chip) {
  ReplicaSize size;
  size.traffic = traffic;
  size.chip = chip;
  size.chips = 8;
  size.requests_per_second = 10;
  size.prompt_share = 0.5;
  size.mean_prompt = 1154.7;
  size.mean_output = 211.1;
  size.kv_bytes_per_token = 70272;
  return size;
}

std::string plan_text(const std::string& more = "") {
  return "name: test\nstart: 2026-03\nmonths: 3\n"
         "users: {points: [{month: 2026-03, value: 900e6}]}\n"
         "messages_per_user_per_day: 3.555556\n"
         "daily_peak: 1.4\nutilisation: 0.7\n"
         "traffic: [{name: chat, model: deepseek-ai/DeepSeek-V3, prompt_tokens: 1154.7, "
         "output_tokens: 211.1}]\n"
         "chips: [{chip: h200_sxm}]\n" +
         more;
}

DemandPlan plan_of(const std::string& more = "") {
  return plan_from(parse_yaml(plan_text(more), "plan.yaml"));
}

DemandResult demand_of(const DemandPlan& plan, const FactBook& book = facts()) {
  return plan_demand(plan, {size_of("chat", "h200_sxm")}, book);
}

double mid(const DemandResult& result, const std::string& id) {
  return result.estimates.at(id).mid;
}

TEST(Demand, WorldChatLoadIsThatOf3Point2BillionMessagesADay) {
  const DemandResult result = demand_of(plan_of());
  EXPECT_NEAR(mid(result, "2026-03.prompts_per_second"), 37037, 1);
  EXPECT_NEAR(mid(result, "2026-03.output_tokens_per_second") * 1e-6, 7.81, 0.02);
  EXPECT_NEAR(mid(result, "2026-03.input_tokens_per_second") * 1e-6, 42.8, 0.05);
}

TEST(Demand, ShippedWorldPlanGivesTheSameChatLoad) {
  const DemandPlan plan = load_plan("chatgpt-world");
  std::vector<ReplicaSize> sizes;
  for (const PlanTraffic& traffic : plan.traffic) {
    for (const PlanChip& chip : plan.chips) {
      sizes.push_back(size_of(traffic.name, chip.chip));
    }
  }
  const DemandResult result = plan_demand(plan, sizes, facts());
  EXPECT_NEAR(mid(result, "2026-03.prompts_per_second"), 37037, 1);
  EXPECT_NEAR(mid(result, "2026-03.chat_output_tokens_per_second") * 1e-6, 7.81, 0.02);
  EXPECT_NEAR(mid(result, "2026-03.chat_input_tokens_per_second") * 1e-6, 42.8, 0.05);
  EXPECT_NE(result.closest(), nullptr) << "a binding input, or the one that is next";
}

TEST(Demand, ChipsFollowFromTheReplicasRate) {
  // 37,037 req/s at 8 chips per 10 req/s, x 1.4 peak / 0.7 used, 5% in reserve.
  const DemandResult result = demand_of(plan_of());
  EXPECT_NEAR(mid(result, "2026-03.chips") / (37037 * 0.8 * 1.4 / 0.7 * 1.05), 1, 1e-4);
}

TEST(Demand, KvCacheOfAUserIsSevenTimesLargerFor405BThanForLatentAttention) {
  // At 8k tokens: 0.58 GB (MLA, 70,272 B a token) to 4.2 GB (Llama-3.1-405B, 516,096 B).
  EXPECT_NEAR(mid(demand_of(plan_of()), "chat_kv_gb_per_user"), 0.58, 0.005);
  EXPECT_NEAR(kv_bytes_per_token(load_model("meta-llama/Llama-3.1-405B")) * 8192 * 1e-9, 4.2, 0.05);
  EXPECT_NEAR(kv_bytes_per_token(load_model("deepseek-ai/DeepSeek-V3")), 70272, 1);
}

TEST(Demand, LetterOfIntentIs650PetabytesAMonthIfAllWereHbm) {
  const DemandPlan plan = load_plan("letter-of-intent-900k");
  const DemandResult result =
      plan_demand(plan, {size_of("chat", "b200_sxm"), size_of("reasoning", "b200_sxm")}, facts());
  EXPECT_NEAR(mid(result, "pb_per_month_if_all_hbm"), 654, 5);
  EXPECT_NEAR(mid(result, "hbm_gb_per_wafer"), 727, 5);
}

TEST(Demand, TenPointsOfHbmYieldMoveWafersAsTheFormulaSays) {
  FactBook better = facts();
  Fact yield = better.at("hbm_yield");
  const double before = yield.value;
  yield.value += 0.1;
  yield.low = yield.high = std::nullopt;
  better.add("hbm_yield", yield);
  const double ratio = mid(demand_of(plan_of(), better), "2026-03.hbm_wafers") /
                       mid(demand_of(plan_of()), "2026-03.hbm_wafers");
  EXPECT_NEAR(ratio, before / (before + 0.1), 1e-9);
}

TEST(Demand, AFleetThatDoesNotGrowReplacesItsWornChips) {
  // Chips live 5 years: a sixtieth a month.
  const DemandResult result = demand_of(plan_of());
  EXPECT_NEAR(mid(result, "2026-04.new_chips"), mid(result, "2026-04.chips") / 60, 1e-6);
}

constexpr const char* kSupply =
    "revenue_per_user_per_month: 2\n"
    "supply:\n"
    "  - {input: power, supplier: a, country: US, capacity: [{month: 2026-03, value: 30}]}\n"
    "  - {input: power, supplier: b, country: KR, capacity: [{month: 2026-03, value: 20}]}\n"
    "  - {input: power, supplier: c, country: JP, qualified: false, ready_in: 2, price_ratio: 1.5, "
    "capacity: [{month: 2026-03, value: 10}]}\n";

TEST(Demand, PowerBindsAndServesItsShareOfTheUsers) {
  const DemandResult result = demand_of(plan_of(kSupply));
  const double needed = mid(result, "2026-04.power");
  ASSERT_GT(needed, 50);
  ASSERT_NE(result.first_binding(), nullptr);
  EXPECT_EQ(*result.first_binding()->binding, SupplyInput::power);
  // The fleet of the month before keeps running, worn by a sixtieth a month, until power is enough.
  const DemandResult same = demand_of(plan_of(kSupply));
  EXPECT_EQ(demand_json(result, std::nullopt), demand_json(same, std::nullopt)) << "deterministic";
}

TEST(Demand, WithoutASupplierUsersAndRevenueFallAndTheSecondSourceIsNamed) {
  const DemandPlan plan = plan_of(kSupply);
  const DemandResult base = demand_of(plan);
  const DemandResult lost = demand_of(without(plan, "us"));
  const Loss loss = loss_of(base, lost, "us");
  EXPECT_LE(loss.users_served, loss.users_served_before);
  ASSERT_EQ(loss.second_sources.size(), 1U);
  EXPECT_EQ(loss.second_sources[0].supplier, "b") << "cheaper than c";
  // b's 20 MW at first; c's 10 MW after two months.
  EXPECT_NEAR(mid(lost, "2026-03.supply_power"), 20, 1e-9);
  EXPECT_NEAR(mid(lost, "2026-05.supply_power"), 30, 1e-9);
}

TEST(Demand, UnknownSupplierIsRefusedWithThoseThatAreKnown) {
  const std::string error = error_of([] { without(plan_of(kSupply), "TSMC"); });
  EXPECT_NE(error.find("no source called 'TSMC'"), std::string::npos) << error;
}

struct BadPlan {
  const char* title;
  const char* from;
  const char* to;
  const char* error;  // with its line
};

class BadPlans : public ::testing::TestWithParam<BadPlan> {};

TEST_P(BadPlans, AreRefusedWithFileAndLine) {
  std::string text = plan_text(kSupply);
  const std::size_t at = text.find(GetParam().from);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string(GetParam().from).size(), GetParam().to);
  const std::string error = error_of([&] { plan_from(parse_yaml(text, "plan.yaml")); });
  EXPECT_NE(error.find(GetParam().error), std::string::npos) << error;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadPlans,
    ::testing::Values(
        BadPlan{"negative", "value: 900e6", "value: -900e6", "plan.yaml:4:"},
        BadPlan{"month", "start: 2026-03", "start: 2026-13",
                "plan.yaml:2:8: error: '2026-13' is not a month"},
        BadPlan{"missing_users", "users: {points: [{month: 2026-03, value: 900e6}]}", "about: x",
                "either users or wafers"},
        BadPlan{"no_month", "{month: 2026-03, value: 900e6}", "{value: 900e6}", "needs 'month'"},
        BadPlan{"unknown_input", "input: power, supplier: a", "input: steam, supplier: a",
                "plan.yaml:12:"},
        BadPlan{"unknown_field", "daily_peak", "dayly_peak", "did you mean 'daily_peak'"},
        BadPlan{"share", "{chip: h200_sxm}", "{chip: h200_sxm, share: 0.5}", "add up to 0.5"},
        BadPlan{"backwards", "[{month: 2026-03, value: 900e6}]",
                "[{month: 2026-03, value: 900e6}, {month: 2026-01, value: 1e6}]",
                "months must go forward"},
        BadPlan{"peak", "daily_peak: 1.4", "daily_peak: 0.4", "1 or more"},
        BadPlan{"utilisation", "utilisation: 0.7", "utilisation: 1.7", "at most 1"}),
    [](const auto& bad) { return std::string(bad.param.title); });

TEST(Plans, ShippedOnesAreRead) {
  for (const std::string& id : catalogue_ids(kPlans)) {
    EXPECT_NO_THROW(load_plan(id)) << id;
  }
  EXPECT_EQ(catalogue_ids(kPlans).size(), 4U);
}

TEST(Series, IsGeometricBetweenPointsAndGrowsAfterThem) {
  const std::vector<PlanPoint> points = {{"2026-01", 100, {}, {}, "", ""},
                                         {"2026-05", 1600, {}, {}, "", ""}};
  const std::vector<double> values = {100, 1600};
  EXPECT_DOUBLE_EQ(series_at(points, values, *parse_month("2025-06"), 0.5), 100);
  EXPECT_NEAR(series_at(points, values, *parse_month("2026-03"), 0.5), 400, 1e-9);
  EXPECT_NEAR(series_at(points, values, *parse_month("2026-07"), 0.5), 1600 * 2.25, 1e-9);
}

TEST(Month, ReadsAndWritesItself) {
  EXPECT_EQ(to_string(*parse_month("2026-12") + 1), "2027-01");
  EXPECT_FALSE(parse_month("2026-00"));
  EXPECT_FALSE(parse_month("26-01"));
  EXPECT_FALSE(parse_month("2026-1x"));
}

TEST(Sizing, AHigherObjectiveServesFewerRequests) {
  PlanTraffic traffic;
  traffic.name = "chat";
  traffic.model = "meta-llama/Llama-3.1-8B";
  traffic.prompt_tokens = 500.0;
  traffic.output_tokens = 50.0;
  PlanChip chip;
  chip.chip = "h100_sxm";
  Slo loose;
  loose.ttft = Seconds{5};
  loose.tpot = Seconds{0.1};
  loose.attainment = 0.9;
  Slo strict = loose;
  strict.tpot = Seconds{0.012};
  const ReplicaSize many = size_replica(traffic, chip, loose);
  const ReplicaSize few = size_replica(traffic, chip, strict);
  EXPECT_GT(many.requests_per_second, few.requests_per_second);
  EXPECT_LE(few.mean_tpot_ms, 12);
  // Prompts alone cannot run faster than the datasheet's 989 TFLOPS: 2 x 8.03e9 x 500 FLOP each.
  EXPECT_LT(many.requests_per_second, 989e12 / (2 * 8.03e9 * 550));
}

}  // namespace
}  // namespace moru
