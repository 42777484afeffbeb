// How fast operators are evaluated: cold products and attention, and the tile simulator.
#include "moru/chip/chip.h"
#include "moru/mapping/gpu/answer.h"
#include "moru/mapping/systolic/tile_simulator.h"

#include <benchmark/benchmark.h>

namespace moru {
namespace {

void products(benchmark::State& state, const char* chip) {
  const GpuDevice device = gpu_device(load_chip(chip), GpuConstants{});
  const Engine& engine = engine_named("ideal");
  GemmTask task;
  std::int64_t turn = 0;
  for (auto _ : state) {
    task.m = 1 + turn % 4096;
    task.n = 64 * (1 + turn % 400);
    task.k = 64 * (1 + turn % 200);
    ++turn;
    benchmark::DoNotOptimize(answer(device, engine, task));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(products, a100_sxm, "a100_sxm");
BENCHMARK_CAPTURE(products, h100_sxm, "h100_sxm");
BENCHMARK_CAPTURE(products, b200_sxm, "b200_sxm");

void attention(benchmark::State& state, bool is_decode) {
  const GpuDevice device = gpu_device(load_chip("h100_sxm"), GpuConstants{});
  const Engine& engine = engine_named("ideal");
  AttentionTask task;
  task.is_decode = is_decode;
  task.heads = 64;
  task.kv_heads = 8;
  std::int64_t turn = 0;
  for (auto _ : state) {
    task.batch = 1 + turn % 256;
    task.seq_kv = 1 + turn % 32768;
    task.seq_q = is_decode ? 1 : task.seq_kv;
    ++turn;
    benchmark::DoNotOptimize(answer(device, engine, task));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(attention, prefill, false);
BENCHMARK_CAPTURE(attention, decode, true);

// Items are clocks of the arrays.
void tile_simulator(benchmark::State& state) {
  const TileJob job{4096, 16384, 16384, 128, 128, 1, 512, 2, 500};
  double clocks = 0;
  for (auto _ : state) {
    clocks += simulate_tiles(job).clocks;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(clocks));
}
BENCHMARK(tile_simulator);

}  // namespace
}  // namespace moru
