#include "moru/mapping/systolic/device.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace moru {
namespace {

// An array tile by tile: weights of the next tile load behind the rows of this one; both must be
// ready. Independent of the closed form.
double walk(int m, int n, int k, int height, int width) {
  double loader_free = 0;
  double array_free = 0;
  for (int row = 0; row < k; row += height) {
    for (int column = 0; column < n; column += width) {
      const double loaded = loader_free + height;
      const double start = std::max(loaded, array_free);
      array_free = start + m;
      loader_free = start;  // the other buffer is free once this tile starts
    }
  }
  return array_free + height + width - 2;
}

TEST(Systolic, ClosedFormFollowsATileByTileWalkWithinFivePercent) {
  for (const int size : {128, 256}) {
    for (const int m : {8, 64, 128, 200, 1024, 8192}) {
      for (const int n : {64, 128, 1000, 4096}) {
        for (const int k : {64, 256, 3000}) {
          const double exact = walk(m, n, k, size, size);
          EXPECT_NEAR(array_cycles(m, n, k, size, size) / exact, 1.0, 0.05)
              << m << ' ' << n << ' ' << k << " on " << size;
        }
      }
    }
  }
}

TEST(Systolic, ArraysOfAnUnstatedClockAreCountedByThePeak) {
  const SystolicDevice device = systolic_device(load_chip("tpu_v6e"));
  EXPECT_LT(device.clock, 2.5e9);
  EXPECT_NEAR(2 * device.rows * device.columns * device.arrays * device.cores * device.clock,
              device.rate_16, 1e9);
}

}  // namespace
}  // namespace moru
