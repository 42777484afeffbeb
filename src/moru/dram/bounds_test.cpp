// Closed forms that any correct model must meet, and the shares measured on real cards.
#include "moru/dram/memory.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

DramAnswer ask(const std::string& part, DramPattern pattern, RefreshMode refresh,
               double data_rate = 0, double load = 1.0) {
  DramQuestion question;
  question.part = part;
  question.data_rate = data_rate;
  question.pattern = pattern;
  question.load = load;
  question.sample_channels = 1;
  question.seconds = 60e-6;
  question.explain = false;
  ControllerOptions options =
      sustained_options(load_dram_spec(part, {SpecMode::strict, data_rate}));
  options.refresh = refresh;
  question.options = options;
  return simulate_dram(question);
}

// All-bank refresh takes the device for tRFC; before it rows are closed (tRP), after it one is
// opened (tRCD), and nothing can be done about either.
TEST(DramBounds, StreamingIsPeakLessTheRefreshShare) {
  for (const char* part :
       {"hbm2-2.0", "hbm2e-3.2", "hbm3-6.4", "hbm3e-8.0", "hbm3e-9.2", "hbm4-8.0", "gddr6-16",
        "gddr7-32", "lpddr5-6.4", "lpddr5x-8.5", "ddr4-3.2", "ddr5-6.4"}) {
    const DramAnswer answer = ask(part, DramPattern::stream, RefreshMode::all_bank);
    const DramSpec& spec = answer.spec;
    const double rcd = static_cast<double>(spec.ticks(spec.has("nRCD") ? "nRCD" : "nRCDRD"));
    const double lost = static_cast<double>(spec.ticks("nRFC") + spec.ticks("nRP")) + rcd;
    const double share = 1 - lost / static_cast<double>(spec.ticks("nREFI"));
    EXPECT_NEAR(answer.share_of_peak(), share, 0.02 * share) << part;
  }
}

// One activate an access: four every tFAW and one every tRRD in each pseudo-channel, less refresh.
TEST(DramBounds, RandomReadsAreBoundByTheActivateWindow) {
  for (const char* part : {"hbm3-6.4", "hbm2-2.0", "hbm4-8.0", "ddr5-6.4"}) {
    const DramAnswer answer = ask(part, DramPattern::random, RefreshMode::all_bank);
    const DramSpec& spec = answer.spec;
    const double step = std::max(static_cast<double>(spec.ticks("nFAW")) / 4,
                                 static_cast<double>(spec.ticks("nRRDS")));
    const double refresh =
        1 - static_cast<double>(spec.ticks("nRFC")) / static_cast<double>(spec.ticks("nREFI"));
    const double bound = static_cast<double>(spec.burst) / step * refresh;
    EXPECT_LE(answer.share_of_peak(), bound * 1.001) << part;
    EXPECT_GE(answer.share_of_peak(), bound * 0.80) << part;
  }
}

TEST(DramBounds, LatencyFloorIsActivatePlusReadLatency) {
  for (const char* part : {"hbm3-6.4", "hbm2-2.0", "gddr6-16", "ddr5-6.4"}) {
    const DramAnswer answer = ask(part, DramPattern::random, RefreshMode::none, 0, 0.002);
    const DramSpec& spec = answer.spec;
    const Tick rcd = spec.ticks(spec.has("nRCD") ? "nRCD" : "nRCDRD");
    const Tick floor = rcd + spec.ticks("nRL") + spec.burst;
    // The request waits for the next tick, and for a rising edge where there are edges.
    EXPECT_GE(answer.counters.read_latency_min, floor) << part;
    EXPECT_LE(answer.counters.read_latency_min, floor + 3) << part;
  }
}

// Best sustained read bandwidth measured on cards, working set above four times the L2, as a share
// of the datasheet's: A100 0.876, H100 0.946, B200 0.917 of 8.0 TB/s, RTX PRO 6000 0.960 of 1597
// GB/s.
TEST(DramBounds, MeasuredSharesOfRealCardsAreExplained) {
  struct Card {
    const char* name;
    const char* part;
    double data_rate;  // the card's bandwidth over its pins
    RefreshMode refresh;
    double measured;
  };
  for (const Card& card : {Card{"A100", "hbm2e-3.2", 3200, RefreshMode::all_bank, 0.876},
                           Card{"H100", "hbm3-6.4-8gb", 5230, RefreshMode::per_bank, 0.946},
                           Card{"B200", "hbm3e-8.0", 8000, RefreshMode::all_bank, 0.917},
                           Card{"RTX PRO 6000", "gddr7-28", 24950, RefreshMode::per_bank, 0.960}}) {
    const DramAnswer answer = ask(card.part, DramPattern::stream, card.refresh, card.data_rate);
    EXPECT_NEAR(answer.share_of_peak(), card.measured, 0.04 * card.measured) << card.name;
  }
}

TEST(DramBounds, RandomReadsNameTheActivateWindowAsTheirBound) {
  DramQuestion question;
  question.pattern = DramPattern::random;
  question.sample_channels = 1;
  const DramAnswer answer = simulate_dram(question);
  ASSERT_GE(answer.bound.size(), 2U);
  EXPECT_NE(answer.bound[0].what.find("nFAW"), std::string::npos) << answer.bound[0].what;
}

TEST(DramMemory, ThreadsDoNotChangeTheResult) {
  DramQuestion question;
  question.pattern = DramPattern::randmix;
  question.seconds = 5e-6;
  question.threads = 1;
  const DramAnswer one = simulate_dram(question);
  question.threads = 4;
  const DramAnswer four = simulate_dram(question);
  EXPECT_EQ(one.counters, four.counters);
  EXPECT_GT(one.counters.reads, 1000U);
}

// 64 MB over 16 channels: 131,072 reads of 32 B each, jumped over or not.
TEST(DramMemory, BytesAreStreamedExactlyWithOrWithoutJumps) {
  DramQuestion question;
  question.bytes = 64 * 1048576;
  question.may_jump = false;
  const DramAnswer full = simulate_dram(question);
  question.may_jump = true;
  const DramAnswer quick = simulate_dram(question);
  EXPECT_EQ(full.counters.reads, 16U * 131'072);
  EXPECT_EQ(full.simulated, 131'072U);
  EXPECT_EQ(quick.counters, full.counters);
  EXPECT_EQ(quick.ticks, full.ticks);
}

// A pseudo-channel with queues of its own counts as a channel, and keeps more pieces in flight.
TEST(DramMemory, SeparateQueuesSustainMoreShortRuns) {
  DramQuestion question;
  question.pattern = DramPattern::paged;
  question.page_bytes = question.interleave = 256;
  question.sample_channels = 1;
  question.explain = false;
  const DramAnswer shared = simulate_dram(question);
  question.separate_queues = true;
  const DramAnswer separate = simulate_dram(question);
  EXPECT_EQ(separate.channels, 2 * shared.channels);
  EXPECT_DOUBLE_EQ(separate.peak_bytes_per_second, shared.peak_bytes_per_second);
  EXPECT_GT(separate.share_of_peak(), 1.1 * shared.share_of_peak());
}

// Larger KV pages keep rows open longer: never worse, and far better than single accesses.
TEST(DramMemory, LargerPagesSustainMore) {
  double last = 0;
  for (const std::int64_t page : {4096, 65536, 1 << 20}) {
    DramQuestion question;
    question.pattern = DramPattern::paged;
    question.page_bytes = page;
    question.stacks = 5;
    question.sample_channels = 1;
    question.seconds = 40e-6;
    question.explain = false;
    const double share = simulate_dram(question).share_of_peak();
    EXPECT_GE(share, last * 0.99) << page;
    last = share;
  }
  EXPECT_GT(last, 0.8);
}

}  // namespace
}  // namespace moru
