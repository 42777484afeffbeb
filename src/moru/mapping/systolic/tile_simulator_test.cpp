#include "moru/mapping/systolic/tile_simulator.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

TEST(TileSimulator, OneTileIsLoadedStreamedDrainedAndStored) {
  // 128 x 128 weights and 128 x 128 activations of two bytes at 256 B a clock: 256 clocks; 128
  // rows; 256 to drain; 32 KB of results: 128.
  TileJob job;
  job.m = job.n = job.k = 128;
  job.bytes_per_clock = 256;
  EXPECT_DOUBLE_EQ(simulate_tiles(job).clocks, 256 + 128 + 256 + 128);
}

TEST(TileSimulator, AgreesWithTheClosedFormWithinFivePercent) {
  for (const double size : {128.0, 256.0}) {
    for (const double m : {8.0, 128.0, 1000.0, 8192.0}) {
      for (const double n : {256.0, 4096.0, 14336.0}) {
        for (const double k : {512.0, 4096.0}) {
          for (const double rate : {64.0, 512.0, 4096.0}) {
            for (const double arrays : {1.0, 4.0}) {
              const TileJob job{m, n, k, size, size, arrays, rate, 2, 500};
              const double walked = simulate_tiles(job).clocks;
              EXPECT_NEAR(pipeline_clocks(job) / walked, 1.0, 0.05)
                  << m << ' ' << n << ' ' << k << " on " << arrays << " x " << size << " at "
                  << rate;
            }
          }
        }
      }
    }
  }
}

TEST(TileSimulator, NeverBeatsItsArraysOrItsMemory) {
  const TileJob job{512, 8192, 8192, 128, 128, 2, 300, 1, 100};
  const TileRun run = simulate_tiles(job);
  EXPECT_GE(run.clocks, run.array_busy);
  EXPECT_GE(run.clocks, run.memory_busy);
}

}  // namespace
}  // namespace moru
