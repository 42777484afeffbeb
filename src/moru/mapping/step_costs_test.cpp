#include "moru/mapping/step_costs.h"

#include "moru/base/registry.h"

#include <gtest/gtest.h>

#include <cmath>

namespace moru {
namespace {

struct Fixture {
  Fixture(const std::string& model_name, const std::string& chip_name, Parallelism split = {})
      : model(load_model(model_name)),
        chip(load_chip(chip_name)),
        mapper(std::move(*Registry<Mapper>::make("roofline", "mapper")->prepare(chip, {}))),
        costs(model, split, *mapper) {}

  double full(const BatchWork& work) const {
    double seconds = 0;
    for (const CostedOperator& costed : costs.operators(work, work.tokens, 0)) {
      seconds += costed.seconds();
    }
    return seconds;
  }

  Model model;
  Chip chip;
  std::unique_ptr<ChipMapper> mapper;
  StepCosts costs;
};

class Tables : public ::testing::TestWithParam<const char*> {};

// Operators of one rule only, whatever the mix of rules: the table of each is built alone.
TEST_P(Tables, AreWithinAThousandthOfTheFullEvaluation) {
  Fixture fixture(GetParam(), "h200_sxm");
  for (const std::int64_t sequences : {1, 3, 64, 700}) {
    for (std::int64_t context = 1; context < 200'000; context = context * 3 + 1) {
      std::vector<Sequence> batch(static_cast<std::size_t>(sequences), {1, context});
      batch.front().context = context / 2;
      const BatchWork work = batch_work(fixture.model.context_rules(), batch);
      EXPECT_NEAR(fixture.costs.seconds(work, work.tokens, 0) / fixture.full(work), 1, 0.001)
          << sequences << " sequences of " << context;
    }
  }
}

TEST_P(Tables, HoldMixedBatchesAsWell) {
  Fixture fixture(GetParam(), "h200_sxm");
  std::vector<Sequence> batch(40, {1, 3000});
  batch.push_back({512, 0});
  batch.push_back({100, 4000});
  const BatchWork work = batch_work(fixture.model.context_rules(), batch);
  EXPECT_NEAR(fixture.costs.seconds(work, work.tokens, 0) / fixture.full(work), 1, 0.001);
}

// Dense, two windows, sparse with an indexer, gated delta net, Mamba-2, latent, chunked.
INSTANTIATE_TEST_SUITE_P(All, Tables,
                         ::testing::Values("meta-llama/Llama-3.1-8B", "openai/gpt-oss-120b",
                                           "deepseek-ai/DeepSeek-V3.2", "Qwen/Qwen3.5-35B-A3B",
                                           "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
                                           "deepseek-ai/DeepSeek-V2-Lite",
                                           "meta-llama/Llama-4-Scout-17B-16E-Instruct",
                                           "google/gemma-3-12b-it"));

TEST(StepCosts, TotalsAreTheSumOfTheRecordedSteps) {
  Fixture fixture("openai/gpt-oss-20b", "h100_sxm");
  double sum = 0;
  for (std::int64_t i = 1; i < 50; ++i) {
    std::vector<Sequence> batch(static_cast<std::size_t>(i), {1, 37 * i});
    if (i % 7 == 0) {
      batch.push_back({64, 10});
    }
    const BatchWork work = batch_work(fixture.model.context_rules(), batch);
    sum += fixture.costs.seconds(work, work.tokens, 0);
    fixture.costs.record(0);
  }
  const RunTotals totals = fixture.costs.totals();
  EXPECT_NEAR(totals.time.seconds / sum, 1, 1e-9);
  double by_bound = 0;
  for (const double part : totals.time.by_bound) {
    by_bound += part;
  }
  EXPECT_NEAR(by_bound / sum, 1, 1e-9);
  EXPECT_LT(totals.time.low, totals.time.seconds);
  EXPECT_GT(totals.time.high, totals.time.seconds);
  fixture.costs.forget_recorded();
  EXPECT_EQ(fixture.costs.totals().time.seconds, 0);
}

TEST(DecodeTable, PositionsLieBetweenTheirKnots) {
  for (const double keys : {1.0, 1.5, 2.0, 33.3, 4097.0, 1e6, 123456789.0}) {
    const DecodeTable::Position at = DecodeTable::position(1, keys);
    const double low = DecodeTable::keys_at(at.index);
    const double high = DecodeTable::keys_at(at.index + 1);
    EXPECT_LE(low, keys);
    EXPECT_LT(keys, high);
    EXPECT_NEAR(low + at.fraction * (high - low), keys, keys * 1e-12);
    EXPECT_LE(high / low, 1 + 1.0 / 32 + 1e-12);
  }
}

}  // namespace
}  // namespace moru
