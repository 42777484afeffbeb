// Physical sanity of the kernel model on chips and shapes that nobody chose.
#include "moru/chip/chip.h"
#include "moru/mapping/gpu/answer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moru {
namespace {

// Between an edge part and twice the largest of 2026.
GpuDevice random_device() {
  GpuDevice device = gpu_device(load_chip("a100_sxm"), GpuConstants{});
  device.cores = *rc::gen::inRange(16, 300);
  device.clock = device.latency_clock = *rc::gen::inRange(900, 2600) * 1e6;
  const double rate = *rc::gen::element(512.0, 1024.0, 2048.0, 4096.0, 8192.0);
  device.feed = rate >= 7500   ? MatrixFeed::tensor_memory
                : rate >= 3000 ? MatrixFeed::shared_memory
                               : MatrixFeed::registers;
  for (double& one : device.matrix_per_clock) {
    one = rate;
  }
  device.shared_memory = *rc::gen::inRange(96, 256) * 1024.0;
  device.cache_bytes = device.cache_capacity = *rc::gen::inRange(4, 256) * 1e6;
  device.cache_bandwidth = 64 * device.cores * device.clock;
  device.memory_peak = *rc::gen::inRange(200, 9000) * 1e9;
  device.memory = {};
  device.memory.peak = device.memory_peak;
  device.memory.stream = device.memory.mixed = 0.9 * device.memory_peak;
  device.memory_bandwidth = 0.8 * device.memory_peak;
  device.power = *rc::gen::inRange(50, 1200);
  return device;
}

GemmTask random_product() {
  GemmTask task;
  task.m = *rc::gen::inRange<std::int64_t>(1, 8192);
  task.n = *rc::gen::inRange<std::int64_t>(1, 512) * 64;
  task.k = *rc::gen::inRange<std::int64_t>(1, 256) * 64;
  return task;
}

double seconds(const GpuDevice& device, const Task& task) {
  return answer(device, engine_named("ideal"), task)->seconds;
}

double floor_of(const GpuDevice& device, const GemmTask& task) {
  const auto m = static_cast<double>(task.m);
  const auto n = static_cast<double>(task.n);
  const auto k = static_cast<double>(task.k);
  return std::max(2 * m * n * k / device.matrix_rate(DType::bf16), n * k * 2 / device.memory_peak);
}

// Scaling a resource by 1.5 and more may only help; half a percent for the choice among kernels.
constexpr double kSlack = 1.005;

RC_GTEST_PROP(RandomChips, NeverBeatTheRoofline, ()) {
  const GpuDevice device = random_device();
  const GemmTask task = random_product();
  RC_ASSERT(seconds(device, task) >= floor_of(device, task));
}

RC_GTEST_PROP(RandomChips, AreNeverSlowerWithMoreMemoryBandwidth, ()) {
  GpuDevice device = random_device();
  const GemmTask task = random_product();
  const double before = seconds(device, task);
  device.memory_bandwidth *= 1.5;
  device.memory_peak *= 1.5;
  device.memory.scale(1.5);
  // More bandwidth may cost clock: memory and matrix units share the power.
  device.power = 0;
  RC_ASSERT(seconds(device, task) <= before * kSlack);
}

RC_GTEST_PROP(RandomChips, AreNeverSlowerWithMoreCacheBandwidthOrPower, ()) {
  GpuDevice device = random_device();
  const GemmTask task = random_product();
  const double cached = seconds(device, task);
  GpuDevice faster = device;
  faster.cache_bandwidth *= 1.5;
  faster.power = 0;  // a faster kernel may draw more power
  RC_ASSERT(seconds(faster, task) <= cached * 1.05);
  GpuDevice fed = device;
  fed.power *= 1.5;
  RC_ASSERT(seconds(fed, task) <= cached * kSlack);
}

RC_GTEST_PROP(RandomChips, AttendMoreKeysInMoreTime, ()) {
  const GpuDevice device = random_device();
  AttentionTask task;
  task.is_decode = *rc::gen::element(true, false);
  task.batch = *rc::gen::inRange<std::int64_t>(1, 128);
  task.seq_q = task.is_decode ? 1 : *rc::gen::inRange<std::int64_t>(1, 2048);
  task.seq_kv = task.seq_q + *rc::gen::inRange<std::int64_t>(0, 8192);
  task.kv_heads = *rc::gen::element<std::int64_t>(1, 4, 8);
  task.heads = task.kv_heads * *rc::gen::element<std::int64_t>(1, 4, 8);
  const double before = seconds(device, task);
  task.seq_kv *= 2;
  RC_ASSERT(seconds(device, task) >= before / 1.1);
}

RC_GTEST_PROP(RandomChips, ReadTheCacheOfADecodeAtMostAtTheirBandwidth, ()) {
  const GpuDevice device = random_device();
  AttentionTask task;
  task.is_decode = true;
  task.batch = *rc::gen::inRange<std::int64_t>(1, 512);
  task.seq_kv = *rc::gen::inRange<std::int64_t>(1, 65536);
  task.kv_heads = 8;
  task.heads = 64;
  const double bytes = static_cast<double>(task.batch * task.seq_kv) * 8 * 256 * 2;
  RC_ASSERT(seconds(device, task) >= bytes / device.memory_peak);
}

RC_GTEST_PROP(RandomChips, TakeAtLeastTheWeightsOfTheExpertsHit, ()) {
  const GpuDevice device = random_device();
  MoeTask task;
  task.tokens = *rc::gen::inRange<std::int64_t>(1, 4096);
  task.hidden = *rc::gen::inRange<std::int64_t>(8, 64) * 128;
  task.inter = *rc::gen::inRange<std::int64_t>(4, 32) * 128;
  task.experts = *rc::gen::element<std::int64_t>(8, 64, 256);
  task.topk = *rc::gen::element<std::int64_t>(1, 2, 8);
  task.kernel = *rc::gen::element(ExpertKernel::grouped, ExpertKernel::fused, ExpertKernel::triton);
  const double hit = static_cast<double>(std::min(task.experts, task.tokens * task.topk));
  const double bytes = hit * 3 * static_cast<double>(task.hidden * task.inter) * 2;
  const double cold = bytes * uncached_share(device, bytes);
  RC_ASSERT(seconds(device, task) >= cold / device.memory_peak);
}

}  // namespace
}  // namespace moru
