#include "moru/dram/fast_forward.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

// Everything the long way, then with jumps: the same counters, the same end.
TEST(DramFastForward, CountersAndEndEqualTheFullSimulation) {
  for (const char* part : {"hbm3-6.4", "hbm2e-3.2"}) {
    const DramSpec spec = load_dram_spec(part);
    ControllerOptions options;
    options.refresh = spec.refresh;
    const StreamRun full = run_stream(spec, options, 400'000, false, false);
    const StreamRun quick = run_stream(spec, options, 400'000, false, true);
    EXPECT_EQ(full.simulated, 400'000U);
    EXPECT_EQ(quick.counters, full.counters) << part;
    EXPECT_EQ(quick.ticks, full.ticks) << part;
    EXPECT_GT(quick.repetitions, 0U) << part << " found no period";
  }
}

// 70 GB of weights over 5 stacks of 16 channels: 27.3 million reads a channel, all alike.
TEST(DramFastForward, ADecodeStepsWeightsTakeLessThanASecond) {
  const DramSpec spec = load_dram_spec("hbm3-6.4");
  ControllerOptions options;
  options.refresh = spec.refresh;
  const StreamRun run = run_stream(spec, options, 70'000'000'000 / (5 * 16 * 32), false, true);
  EXPECT_EQ(run.counters.reads, 27'343'750U);
  // The engine takes well over 8 million a second: what is simulated one by one decides the time.
  EXPECT_LT(run.simulated, 2'000'000U);
}

}  // namespace
}  // namespace moru
