#include "moru/mapping/gpu/gemm.h"

#include "moru/chip/chip.h"
#include "moru/mapping/constants.h"
#include "moru/mapping/gpu/answer.h"
#include "moru/mapping/interval.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace moru {
namespace {

const char* const kChips[] = {"a100_sxm", "h100_sxm", "b200_sxm", "rtx_pro_6000_server",
                              "mi210",    "l40s"};

GemmTask random_shape(std::mt19937& random) {
  std::uniform_real_distribution<double> log2(0, 15);
  GemmTask task;
  task.m = static_cast<std::int64_t>(std::exp2(log2(random)));
  task.n = static_cast<std::int64_t>(16 * std::exp2(log2(random) * 0.8));
  task.k = static_cast<std::int64_t>(16 * std::exp2(log2(random) * 0.8));
  return task;
}

double seconds(const GpuDevice& device, const Task& task) {
  const auto time = answer(device, engine_named("ideal"), task);
  return time ? time->seconds : -1;
}

// Williams et al., CACM 2009: no program is faster than the larger of arithmetic over peak and
// bytes over bandwidth. Weights come from memory; activations may come from the cache.
TEST(Gemm, NeverFasterThanTheRoofline) {
  std::mt19937 random(7);
  for (const char* name : kChips) {
    const GpuDevice device = gpu_device(load_chip(name), GpuConstants{});
    for (int i = 0; i < 60; ++i) {
      const GemmTask task = random_shape(random);
      const double flops = 2.0 * static_cast<double>(task.m * task.n) * static_cast<double>(task.k);
      const double bytes = 2.0 * static_cast<double>(task.n * task.k);
      const double roof =
          std::max(flops / device.matrix_rate(DType::bf16), bytes / device.memory_peak);
      EXPECT_GT(seconds(device, task), roof)
          << name << ' ' << task.m << ' ' << task.n << ' ' << task.k;
    }
  }
}

TEST(Gemm, NeverSlowerWithMoreMemoryBandwidth) {
  std::mt19937 random(11);
  GpuDevice device = gpu_device(load_chip("h100_sxm"), GpuConstants{});
  device.power = 0;  // a faster memory may leave less power to the cores
  GpuDevice faster = device;
  faster.memory_bandwidth *= 1.5;
  faster.memory_peak *= 1.5;
  for (int i = 0; i < 100; ++i) {
    const GemmTask task = random_shape(random);
    EXPECT_LE(seconds(faster, task), seconds(device, task) * (1 + 1e-9));
  }
}

TEST(Gemm, TwiceTheBatchOfALargeProductTakesTwiceAsLong) {
  const GpuDevice device = gpu_device(load_chip("a100_sxm"), GpuConstants{});
  GemmTask task;
  task.m = task.n = task.k = 8192;
  const double one = seconds(device, task);
  task.batch = 2;
  EXPECT_NEAR(seconds(device, task) / one, 2.0, 0.1);
}

// P = TDP less the static share; work above it lowers the clock by the root of the excess.
TEST(Power, LongMatrixWorkLowersTheClockAndShortRunsDoNot) {
  const GpuDevice device = gpu_device(load_chip("b200_sxm"), GpuConstants{});
  const double flops = device.matrix_rate(DType::bf16);
  const double endless = clock_within_power(device, {flops, 0, 1, 0});
  EXPECT_LT(endless, 0.95);
  EXPECT_NEAR(endless, std::sqrt(device.power / (device.matrix_energy * flops)), 1e-9);
  EXPECT_GT(clock_within_power(device, {flops * 1e-6, 0, 1e-6, 1}), 0.99);
}

TEST(Attention, CausalPrefillTakesLessThanFull) {
  const GpuDevice device = gpu_device(load_chip("h100_sxm"), GpuConstants{});
  AttentionTask task;
  task.batch = 4;
  task.seq_q = task.seq_kv = 8192;
  task.heads = task.kv_heads = 32;
  const double causal = seconds(device, task);
  task.is_causal = false;
  EXPECT_NEAR(seconds(device, task) / causal, 2.0, 0.25);
}

TEST(Attention, DecodeReadsTheCacheAtMostAtMemoryBandwidth) {
  const GpuDevice device = gpu_device(load_chip("h200_sxm"), GpuConstants{});
  AttentionTask task;
  task.is_decode = true;
  task.batch = 64;
  task.seq_kv = 16384;
  task.heads = 64;
  task.kv_heads = 8;
  const double bytes = 64.0 * 16384 * 8 * 256 * 2;
  EXPECT_GT(seconds(device, task), bytes / device.memory_peak);
  EXPECT_LT(seconds(device, task), 2 * bytes / device.memory_peak);
}

TEST(Refusal, SaysWhichRateIsMissing) {
  GpuDevice device = gpu_device(load_chip("mi210"), GpuConstants{});
  std::fill(std::begin(device.matrix_per_clock), std::end(device.matrix_per_clock), 0.0);
  const auto time = answer(device, engine_named("vllm"), GemmTask{});
  ASSERT_FALSE(time);
  EXPECT_NE(time.error().reason.find("peak:"), std::string::npos);
}

// What was learnt from measured rows must stay little enough to be physics.
TEST(Constants, AtMostFortyNumbersAreEstimatedFromRows) {
  std::size_t estimated = interval_widths().size() + kCountedKernelNumbers;
  for (const GpuConstant& one : gpu_constants()) {
    estimated += one.is_estimated ? 1 : 0;
    EXPECT_FALSE(one.source.empty()) << one.name;
    const double value = GpuConstants{}.*one.member;
    EXPECT_LE(one.low, value * (1 + 1e-9)) << one.name;
    EXPECT_GE(one.high, value * (1 - 1e-9)) << one.name;
  }
  for (const Constant* one : all_constants()) {
    estimated += one->source.find("estimated from rows") != std::string_view::npos ? 1 : 0;
  }
  EXPECT_LE(estimated, 40U);
}

}  // namespace
}  // namespace moru
