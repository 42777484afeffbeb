#include "moru/mapping/gpu/gemm.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace moru {
namespace {
struct Tile {
  double m;
  double n;
};

// CTA tiles that cuBLAS and CUTLASS instantiate (CUTLASS profiler lists; kernels named
// ampere_*_s16816gemm_*_64x64_*, cutlass_80_wmma_tensorop_*_32x32_128x2 and _16x16_128x2). With
// warp-level mma the warps of a CTA hold 64 x 64 accumulators at most each.
constexpr std::array<Tile, 8> kRegisterTiles = {
    {{256, 128}, {128, 256}, {128, 128}, {128, 64}, {64, 128}, {64, 64}, {32, 32}, {16, 16}}};
// wgmma computes 64 rows at a time and tcgen05 128, columns in steps of 8: cuBLAS instantiates
// nearly every width (kernels nvjet_*_128x208_*, 192x152 …), so the width is fitted to the waves.
// Operands may be swapped: the side in steps of 8 can be either.
constexpr std::array<double, 4> kSharedHeights = {128, 64, 256, 192};
constexpr std::array<double, 2> kTensorHeights = {128, 256};
constexpr double kWidest = 256;
// fused_moe of vLLM and SGLang: block sizes of their tuned configurations and defaults.
constexpr std::array<Tile, 7> kTritonTiles = {
    {{128, 128}, {128, 64}, {64, 128}, {64, 64}, {32, 64}, {16, 128}, {16, 64}}};
// Marlin: up to four blocks of 16 rows (arXiv 2408.11743, section 3.4).
constexpr std::array<Tile, 7> kMarlinTiles = {
    {{64, 256}, {64, 128}, {48, 256}, {32, 256}, {32, 128}, {16, 256}, {16, 128}}};

// CUTLASS without a choice among kernels (see NarrowTiles).
constexpr Tile kFixedTile = {128, 128};
Tile tile_by_rows(MatrixFeed feed, double rows) {
  if (feed == MatrixFeed::registers) {
    return rows <= 16    ? Tile{16, 64}
           : rows <= 32  ? Tile{32, 64}
           : rows <= 256 ? Tile{64, 64}
                         : kFixedTile;
  }
  return rows <= 64 ? Tile{64, 64} : rows <= 128 ? Tile{64, 128} : kFixedTile;
}

// Of non-negative numbers below 2^63; several times as fast as std::floor and std::ceil, which are
// calls on the baseline instruction set.
double floor_of(double value) { return static_cast<double>(static_cast<std::int64_t>(value)); }
double ceil_div(double a, double b) {
  const double whole = floor_of(a / b);
  return whole * b < a ? whole + 1 : whole;
}

// t such that t^p = a^p + b^p; p from the constants, near the larger of the two.
double overlapped(double a, double b, double p) {
  const double most = std::max(a, b);
  if (most <= 0) {
    return 0;
  }
  const double ratio = std::min(a, b) / most;
  if (p == 4) {  // the default, without the cost of two powers per candidate
    const double square = ratio * ratio;
    return most * std::sqrt(std::sqrt(1 + square * square));
  }
  return most * std::pow(1 + std::pow(ratio, p), 1 / p);
}

// Blocks of threads that wait for memory wait together, so the longer of the two hides the other
// only where it is far longer.
double beside_memory(double core, double memory) {
  return std::sqrt(core * core + memory * memory);
}

struct Candidate {
  double cycles = 0;  // of the cores, all waves
  double memory = 0;  // s
  double fill = 0;    // s
  double memory_bytes = 0;
  double loads = 0;    // of them, reads
  double written = 0;  // of them, writes
  double cache_bytes = 0;
  double waves = 0;
  double seconds = 0;
};

class ProductModel {
 public:
  ProductModel(const GpuDevice& device, const Product& product)
      : d_(device), c_(device.constants), p_(product) {
    const bool is_library = has_deep_pipeline() && !p_.is_grouped;
    rate_ = d_.matrix_per_clock[static_cast<std::size_t>(p_.computed)] *
            (is_library ? d_.library_issue : d_.issue_efficiency);
    // Operands as the matrix units see them: expanded weights take the computed width.
    operand_ = bytes_per_element(p_.computed);
    depth_ = (d_.feed == MatrixFeed::registers ? 64 : 128) / operand_;
    compulsory_ =
        p_.count * (p_.n * p_.k * p_.b_bytes * p_.cold_b + p_.m * p_.k * p_.a_bytes * p_.cold_a);
    results_ = p_.count * p_.m * p_.n * p_.c_bytes;
  }

  double occupancy(const Tile& tile) const {
    const double stage = (tile.m + tile.n) * depth_ * operand_;
    const double by_registers = floor_of(128.0 * 1024 / (tile.m * tile.n * 4));
    const double by_shared = floor_of(d_.shared_memory / (stage * 3));
    const double most = d_.feed == MatrixFeed::registers ? 4 : 2;
    return std::clamp(std::min(by_registers, by_shared), 1.0, most);
  }

  // Marlin pipelines four loads (arXiv 2408.11743), Triton's configurations three to four.
  double most_stages() const {
    return has_deep_pipeline() ? 8 : p_.menu == TileMenu::marlin ? 4 : 3;
  }
  bool has_deep_pipeline() const {
    return p_.menu != TileMenu::marlin && p_.menu != TileMenu::triton;
  }

  // Tiles along the rows, of all products.
  double row_tiles(double height) const {
    if (!p_.is_grouped) {
      return p_.count * ceil_div(p_.m, height);
    }
    double tiles = 0;
    for (const RowGroup& group : p_.groups) {
      tiles += group.experts * ceil_div(group.rows, height);
    }
    return std::max(tiles, 1.0);
  }

  // Seconds that no kernel undercuts: compulsory bytes, and every operation at the full rate.
  double bound() const { return bound_of(p_.count * p_.m * p_.n); }
  // The same of kernels with this tile, whose padding is computed as well.
  double bound(const Tile& tile) const {
    return bound_of(row_tiles(tile.m) * tile.m * ceil_div(p_.n, tile.n) * tile.n);
  }

  Candidate evaluate(const Tile& tile, double splits) {
    const double units = row_tiles(tile.m) * ceil_div(p_.n, tile.n) * splits;
    const double occ = occupancy(tile);
    const double slots = d_.cores * occ;
    const double steps = ceil_div(ceil_div(p_.k, depth_), splits);
    const double stage_a = std::min(tile.m, p_.m) * p_.a_bytes * depth_;
    const double stage_b = std::min(tile.n, p_.n) * p_.b_bytes * depth_;
    const double stage = stage_a + stage_b;
    // Two cores that multiply together (tcgen05, cta_group::2) fetch half of the columns each.
    const double fetched = d_.feed == MatrixFeed::tensor_memory ? stage_a + stage_b / 2 : stage;
    const double stage_room = (tile.m + tile.n) * depth_ * operand_;
    const double stages =
        std::clamp(floor_of(d_.shared_memory / occ / stage_room), 2.0, most_stages());

    Candidate result;
    const double full = floor_of(units / slots);
    const double rest = units - full * slots;
    traffic(tile, splits, units, slots, result);
    // Of the loads of all cores, those that miss the shared cache wait for memory.
    const double misses = std::min(1.0, result.loads / result.cache_bytes);
    latency_cycles_ = (c_.cache_latency + (c_.memory_latency - c_.cache_latency) * misses) *
                      d_.clock / d_.latency_clock;
    result.cycles = full * wave_cycles(tile, splits, steps, {occ, slots, fetched, stages});
    if (rest > 0) {
      const double resident = ceil_div(rest, d_.cores);
      result.cycles += wave_cycles(tile, splits, steps, {resident, rest, fetched, stages});
    }
    result.waves = full + (rest > 0 ? rest / slots : 0);
    const double active = std::min(units, slots);
    // One of a compiler's few stages is being computed, the others are on their way.
    const double loading = has_deep_pipeline() ? stages : stages - 1;
    const double in_flight = active * std::min(loading * stage, c_.bytes_in_flight_per_core / occ);
    const double bandwidth =
        std::min(d_.memory_bandwidth, in_flight / (c_.memory_latency / d_.latency_clock));
    result.memory =
        result.loads / bandwidth + result.written / (d_.memory_bandwidth * c_.write_efficiency);
    finish(tile, splits, result);
    return result;
  }

 private:
  double bound_of(double results) const {
    const double core = 2 * results * p_.k / (rate_ * d_.cores * d_.clock);
    return c_.memory_latency / d_.latency_clock +
           beside_memory(core, compulsory_ / d_.memory_bandwidth);
  }

  // CTAs that run at the same time.
  struct Wave {
    double resident;  // on one core
    double active;    // on the chip
    double fetched;   // bytes of one k-step of one CTA out of the shared cache
    double stages;
  };

  // Cycles of one k-step of a core.
  double step_cycles(const Tile& tile, const Wave& w) const {
    const double matrix = w.resident * 2 * tile.m * tile.n * depth_ / rate_;
    double reads;  // elements of operand per unit of depth
    switch (d_.feed) {
      case MatrixFeed::registers:
        reads = tile.m * tile.n / 32 + tile.m + tile.n;
        break;
      case MatrixFeed::shared_memory:
        reads = tile.m + tile.n * std::max(1.0, tile.m / 64);
        break;
      default:
        reads = std::min(tile.m, 128.0) + tile.n / (tile.m > 128 ? 2 : 1);
        break;
    }
    const double shared = w.resident * reads * depth_ * operand_ / 128;
    const double cache = w.active * w.fetched / d_.cache_bandwidth * d_.clock;
    const double expand = w.resident * p_.expand * tile.n * depth_ / 128;
    return overlapped(std::max(matrix + expand, shared), cache, c_.overlap_norm) + c_.step_cycles;
  }

  // A CTA cannot be faster than its chain of loads, products and stores; a core not faster than the
  // work of its CTAs. Persistent kernels store one tile while they compute the next.
  double wave_cycles(const Tile& tile, double splits, double steps, const Wave& w) const {
    const double store =
        tile.m * tile.n * (splits > 1 ? 4.0 : p_.c_bytes) / c_.store_bytes_per_clock;
    const double busy = steps * step_cycles(tile, w);
    const double chain = steps * latency_cycles_ / w.stages;
    if (d_.feed == MatrixFeed::registers) {
      return std::max(busy + w.resident * store, chain + latency_cycles_ + store);
    }
    return std::max({busy, chain, w.resident * store + 0.5 * latency_cycles_});
  }

  void traffic(const Tile& tile, double splits, double units, double slots,
               Candidate& result) const {
    const double tiles_m = ceil_div(p_.m, tile.m);
    const double per_product = std::max(1.0, slots / p_.count);
    const double block_m = std::clamp(std::sqrt(per_product * tile.n / tile.m), 1.0, tiles_m);
    const double block_n = std::max(1.0, per_product / splits / block_m);
    const double waves = std::max(1.0, units / slots);
    const double room = d_.cache_capacity / 2;
    const double a_once = p_.count * p_.m * p_.k * p_.a_bytes;
    const double b_once = p_.count * p_.n * p_.k * p_.b_bytes;
    const double a_waves = waves * block_m * tile.m * p_.k * p_.a_bytes * std::min(p_.count, slots);
    const double b_waves = waves * block_n * tile.n * p_.k * p_.b_bytes * std::min(p_.count, slots);
    double a = a_once * p_.cold_a;
    double b = b_once * p_.cold_b;
    if (a_once + b_once > room) {
      // Blocks of output tiles are computed one after the other; what does not fit is read again.
      const double again_a =
          a_once <= room * 0.5 ? a : std::max(a, std::min(a_waves, a_once * waves));
      const double again_b =
          b_once <= room * 0.5 ? b : std::max(b, std::min(b_waves, b_once * waves));
      a = again_a;
      b = again_b;
    }
    const double spill = results_ * evicted_share(d_, results_ + a_once);
    result.loads = a + b;
    result.memory_bytes = a + b + spill;
    result.written = spill;
    result.cache_bytes = units * (tile.m + tile.n) * p_.k / splits * operand_;
  }

  void finish(const Tile& tile, double splits, Candidate& result) const {
    result.fill = c_.memory_latency / d_.latency_clock;
    if (d_.feed != MatrixFeed::registers) {
      result.fill += tile.m * tile.n * p_.c_bytes / c_.store_bytes_per_clock / d_.clock;
    }
    if (splits > 1) {
      const double partial = results_ / p_.c_bytes * 4 * splits;
      result.fill += 2 * partial / d_.cache_bandwidth + c_.dependent_kernel / d_.latency_clock;
    }
    const double core = result.cycles / d_.clock;
    result.seconds = result.fill + beside_memory(core, result.memory);
  }

  const GpuDevice& d_;
  const GpuConstants& c_;
  const Product& p_;
  double rate_;
  double operand_;
  double latency_cycles_ = 0;
  double depth_;
  double compulsory_;
  double results_;
};

constexpr double kNoCandidate = 1e30;
// Where the menu has nearly every width, the search stops at a kernel within 1% of what none
// undercuts.
constexpr double kGap = 1.01;

struct Choice {
  Candidate candidate;
  Tile tile = {0, 0};
  double splits = 1;
};

class Search {
 public:
  Search(ProductModel& model, const Product& p, const GpuDevice& device)
      : model_(model), p_(p), device_(device), bound_(model.bound()) {
    best_.candidate.seconds = kNoCandidate;
    second_.candidate.seconds = kNoCandidate;
  }

  const Choice& second() const { return second_; }

  // Tiles of a few powers of two leave wide gaps between kernels.
  bool has_coarse_menu() const {
    return p_.menu == TileMenu::library && device_.feed == MatrixFeed::registers;
  }

  void try_tile(const Tile& tile) {
    const double enough = has_coarse_menu() ? 0 : kGap * bound_;
    const double worst = has_coarse_menu() ? second_.candidate.seconds : best_.candidate.seconds;
    if (best_.candidate.seconds <= enough || model_.bound(tile) > worst) {
      return;
    }
    const double ctas = p_.count * ceil_div(p_.m, tile.m) * ceil_div(p_.n, tile.n);
    const double most = p_.is_grouped || p_.keeps_depth_whole
                            ? 1
                            : std::clamp(floor_of(2 * device_.cores / ctas), 1.0, 32.0);
    for (double splits = 1; splits <= most && splits * 128 <= std::max(p_.k, 128.0); splits *= 2) {
      const Candidate candidate = model_.evaluate(tile, splits);
      if (candidate.seconds < best_.candidate.seconds) {
        second_ = best_;
        best_ = {candidate, tile, splits};
      } else if (candidate.seconds < second_.candidate.seconds && !is_best(tile, splits)) {
        second_ = {candidate, tile, splits};
      }
    }
  }

  // Tiles `height` rows of one side high and as wide as fills one, two, … waves.
  void try_widths(double height, bool is_swapped) {
    const double across = is_swapped ? p_.n : p_.m;
    const double along = is_swapped ? p_.m : p_.n;
    const double rows = p_.count * ceil_div(across, height);
    double last = 0;
    for (const double waves : {1.0, 2.0, 0.5, 1e9, 3.0, 4.0}) {
      const double columns = std::max(1.0, floor_of(waves * device_.cores / rows));
      const double width = std::clamp(8 * ceil_div(ceil_div(along, columns), 8), 8.0, kWidest);
      const double used = waves > 1e6 ? std::min(kWidest, 8 * ceil_div(along, 8)) : width;
      if (used != last && height * used <= 256 * 256) {
        try_tile(is_swapped ? Tile{used, height} : Tile{height, used});
      }
      last = used;
    }
  }

  Choice run() {
    if (p_.menu == TileMenu::by_rows || p_.menu == TileMenu::fixed) {
      try_tile(p_.menu == TileMenu::fixed ? kFixedTile : tile_by_rows(device_.feed, p_.m));
      return best_;
    }
    if (p_.menu != TileMenu::library) {
      for (const Tile& tile : p_.menu == TileMenu::triton ? kTritonTiles : kMarlinTiles) {
        try_tile(tile);
      }
      return best_;
    }
    if (device_.feed == MatrixFeed::registers) {
      for (const Tile& tile : kRegisterTiles) {
        try_tile(tile);
      }
      return best_;
    }
    const auto try_all = [&](auto& heights) {
      for (const double height : heights) {
        try_widths(height, false);
        try_widths(height, true);
      }
    };
    if (device_.feed == MatrixFeed::shared_memory) {
      try_all(kSharedHeights);
    } else {
      try_all(kTensorHeights);
    }
    return best_;
  }

 private:
  // The widths that fill one, two, … waves may coincide.
  bool is_best(const Tile& tile, double splits) const {
    return tile.m == best_.tile.m && tile.n == best_.tile.n && splits == best_.splits;
  }

  ProductModel& model_;
  const Product& p_;
  const GpuDevice& device_;
  double bound_;
  Choice best_;
  Choice second_;
};

// From one call to the next, over which power averages: a framework that launches every product
// from the host leaves gaps after short ones.
double interval_between(const GpuDevice& device, const Engine& engine, double seconds) {
  if (engine.is_wall_clock) {
    return seconds + device.constants.host_dispatch;
  }
  return engine.is_kernel_time ? std::max(seconds, device.constants.host_dispatch) : seconds;
}

// A kernel at the clock that power allows.
KernelTime within_power(const GpuDevice& device, const Product& product, const Engine& engine,
                        const Candidate& candidate) {
  KernelTime time;
  time.flops = 2 * product.m * product.n * product.k * product.count;
  const double width = bytes_per_element(product.computed) / 2;
  const bool is_quiet = engine.has_quiet_data && !product.has_random_data;
  const double activity = is_quiet ? device.constants.quiet_data : 1;
  time.clock_share =
      clock_within_power(device, {time.flops * width * activity, candidate.memory_bytes,
                                  interval_between(device, engine, candidate.seconds),
                                  engine.calls_in_a_row * product.copies});
  time.compute = candidate.cycles / device.clock / time.clock_share;
  time.memory = candidate.memory;
  time.fill = candidate.fill;
  time.seconds = time.fill + beside_memory(time.compute, time.memory);
  return time;
}

std::array<int, 4> tile_of(const Choice& choice) {
  return {static_cast<int>(choice.tile.m), static_cast<int>(choice.tile.n), 0,
          static_cast<int>(choice.splits)};
}

}  // namespace

KernelTime time_product(const GpuDevice& device, const Product& product, const Engine& engine) {
  ProductModel model(device, product);
  Search search(model, product, device);
  const Choice best = search.run();
  KernelTime time = within_power(device, product, engine, best.candidate);
  time.memory_bytes = best.candidate.memory_bytes;
  time.cache_bytes = best.candidate.cache_bytes;
  time.cache = time.cache_bytes / device.cache_bandwidth;
  time.waves = best.candidate.waves;
  time.tile = tile_of(best);
  const Choice& second = search.second();
  if (second.candidate.seconds < kNoCandidate) {
    time.other_tile = tile_of(second);
    time.other_seconds = within_power(device, product, engine, second.candidate).seconds;
    // A library's heuristic finds the second best kernel as often as the best.
    if (search.has_coarse_menu() && !engine.takes_best_kernel) {
      time.seconds = (time.seconds + time.other_seconds) / 2;
    }
  }
  return time;
}

}  // namespace moru
