#include "moru/mapping/gpu/attention.h"

#include "moru/mapping/gpu/gemm.h"
#include "moru/mapping/gpu/vector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

double round_up(double value, double step) { return std::ceil(value / step) * step; }

double p_norm(double a, double b, double p) {
  const double most = std::max(a, b);
  return most <= 0 ? 0 : most * std::pow(1 + std::pow(std::min(a, b) / most, p), 1 / p);
}

struct Sizes {
  double batch, rows, kv, heads, kv_heads, key, value, window;
  explicit Sizes(const AttentionTask& t)
      : batch(static_cast<double>(t.batch)),
        rows(static_cast<double>(t.seq_q)),
        kv(static_cast<double>(t.seq_kv)),
        heads(static_cast<double>(t.heads)),
        kv_heads(static_cast<double>(std::max<std::int64_t>(t.kv_heads, 1))),
        key(static_cast<double>(t.head_dim)),
        value(static_cast<double>(t.v_head_dim)),
        window(static_cast<double>(t.window)) {}
};

// Cycles of one core for `pairs` (query, key) pairs of one tile: two products on the matrix units,
// one exponential on the special-function unit (16 per clock and core, CUDA programming guide,
// throughput table) and the rest of the online softmax on the vector units (FlashAttention-2, arXiv
// 2307.08691, section 3; FlashAttention-3, arXiv 2407.08608, section 3.1). `beside`: blocks of
// threads on the core at a time.
double pair_cycles(const GpuDevice& d, double matrix_rate, double key, double value,
                   double beside) {
  const GpuConstants& c = d.constants;
  const double matrix =
      2 * (round_up(key, 16) + round_up(value, 16)) / (matrix_rate * d.issue_efficiency);
  // tcgen05 chips compute part of the exponentials with polynomials on the vector units (FA-4).
  const double exponentials =
      (d.feed == MatrixFeed::tensor_memory ? c.exponential_emulation : 1) / 16;
  // Maxima, comparisons and conversions, half of them, run in 64 lanes of a core whatever its rate
  // of multiply-adds (CUDA programming guide, throughput of arithmetic instructions).
  const double lanes = d.vector_per_clock / 2;
  const double vector = c.softmax_operations / 2 * (1 / lanes + 1 / std::min(lanes, 64.0));
  if (d.feed == MatrixFeed::registers) {
    // One block of threads alone on a core computes products and softmax in turn.
    return p_norm(matrix, exponentials + vector, beside > 1 ? c.attention_norm : 1);
  }
  return p_norm(matrix, std::max(exponentials, vector), c.attention_norm);
}

// Cycles per key of reading operands from shared memory with warp-level mma: each warp of 16 query
// rows loads all keys and values (128 bytes per clock and core; ldmatrix), and its queries again
// for each block of 64 keys where registers cannot hold them. Newer units share their operands.
double operand_cycles(const GpuDevice& d, double rows, double key, double value) {
  if (d.feed != MatrixFeed::registers) {
    return 0;
  }
  const double queries = key > 256 ? rows * key / 64 : 0;
  return (rows / 16 * (key + value) + queries) * 2 / 128;
}

DType product_dtype(const GpuDevice& d, const AttentionTask& task) {
  const bool is_narrow = task.kv == DType::fp8 && task.activation == DType::fp8;
  if (is_narrow && d.matrix_per_clock[static_cast<std::size_t>(DType::fp8)] > 0) {
    return DType::fp8;
  }
  return task.activation == DType::fp8 ? DType::bf16 : task.activation;
}

// Average keys of a block of `block` queries under the mask.
double keys_per_block(const AttentionTask& task, const Sizes& s, double block) {
  double keys = s.kv;
  if (task.is_causal) {
    keys = std::min(s.kv, (s.kv - s.rows) + (s.rows + block) / 2);
  }
  if (s.window > 0) {
    // Blocks that the window's edge cuts are computed whole.
    keys = std::min(keys, s.window + block + 64);
  }
  return std::max(keys, 1.0);
}

bool uses_flash2(const GpuDevice& d, const Engine& engine, const AttentionTask& task) {
  return d.feed == MatrixFeed::registers && engine.decodes_with_flash_attention &&
         !task.is_generic && !task.is_latent && !task.is_flashinfer && !task.packs_queries;
}

// How a kernel cuts queries into tiles: rows of a tile, tiles on the chip, tiles that share a core.
struct Tiling {
  double rows = 128;
  double filled = 128;  // rows the matrix units compute
  double units = 1;
  double resident = 1;
};

Tiling tiling_of(const GpuDevice& d, const Sizes& s, const AttentionTask& task,
                 const Engine& engine) {
  Tiling t;
  const bool is_wide = s.key > 128;
  const bool is_flash2 = uses_flash2(d, engine, task);
  if (task.is_generic) {
    t.rows = is_wide ? 32 : 64;
  } else if (is_flash2 && !task.is_encoder) {
    t.rows = 64;  // with a paged cache it runs its split-KV kernel
  } else if (d.feed == MatrixFeed::registers) {
    t.rows = is_wide ? 64 : 128;
  }
  // One tile holds its queries, and two blocks of keys and values; registers hold the output.
  // FlashAttention-2's split-KV kernel takes 128 keys at a time; its plain one 64, and 32 on cores
  // with 100 KB (flash_fwd_launch_template.h).
  const bool is_small = engine.decodes_as_prefill && d.shared_memory < 128 * 1024;
  const double tile_bytes = (t.rows + 2.0 * (is_flash2 ? 128 : is_small ? 32 : 64)) * s.key * 2;
  t.resident = d.feed == MatrixFeed::registers && 2 * tile_bytes <= d.shared_memory ? 2 : 1;
  const double group = s.heads / s.kv_heads;
  const bool is_packed = s.rows < t.rows / 2 && !engine.decodes_as_prefill &&
                         !is_flash2;  // short queries of one group share a tile
  const double packed = is_packed ? s.rows * group : s.rows;
  const double step = d.feed == MatrixFeed::registers ? 16 : 64;
  // Kernels without packing compute the whole tile.
  t.filled = engine.decodes_as_prefill ? t.rows
                                       : std::min(round_up(std::min(packed, t.rows), step), t.rows);
  t.units = s.batch * (is_packed ? s.kv_heads : s.heads) * std::ceil(packed / t.rows);
  return t;
}

// Rope, KV write and casts around the kernel.
double around_attention(const GpuDevice& d, const Engine& engine, const AttentionTask& task,
                        const Sizes& s) {
  VectorTask pass;
  const double rows = s.batch * s.rows;
  // Of an expanded latent only 64 columns carry positions and only the latent is cached.
  const double q = rows * s.heads * (task.is_expanded_latent ? 64 : s.key) * 2;
  const double kv = rows * (task.is_expanded_latent ? 576 : s.kv_heads * (s.key + s.value)) * 2;
  if (engine.attention_has_rope) {
    pass.bytes_read += q + kv;
    pass.bytes_written += q + kv;
  }
  if (task.activation == DType::fp8 && task.cast_kernels > 0) {
    pass.bytes_read += q + kv;
    pass.bytes_written += (q + kv) / 2;
  }
  pass.rows = std::max(1.0, rows * s.heads / 8);
  return pass.bytes_read > 0 ? vector_body(d, pass) : 0;
}

KernelTime prefill(const GpuDevice& d, const Engine& engine, const AttentionTask& task) {
  const GpuConstants& c = d.constants;
  const Sizes s(task);
  const DType computed = product_dtype(d, task);
  const double rate = d.matrix_per_clock[static_cast<std::size_t>(computed)];
  const Tiling t = tiling_of(d, s, task, engine);
  const double block = std::min(t.rows, s.rows);
  const double keys = round_up(keys_per_block(task, s, block), 64);
  const double longest = round_up(s.window > 0 ? std::min(s.kv, s.window + block + 64) : s.kv, 64);
  const double pair = pair_cycles(d, rate, s.key, s.value, std::min(t.resident, t.units / d.cores));
  const double start = c.tile_start;
  const double exposed = task.is_generic ? c.memory_latency * 2 / 64 : 0;
  // Without room for a second block of keys loads, operands and products take turns.
  const bool fits = (t.filled + 2 * 64) * s.key * 2 <= d.shared_memory;
  const double shared = operand_cycles(d, t.filled, s.key, s.value);
  const double busy = fits ? std::max(t.filled * pair, shared) : t.filled * pair + shared;
  const auto unit_cycles = [&](double n) { return n * (busy + exposed) + start / t.resident; };
  const double average = unit_cycles(keys);
  // A list of blocks, longest first: the last ones finish within a part of an average block.
  const double per_core = t.units / d.cores;
  const double balanced = average * (per_core > 1 ? per_core + 0.5 : 1);
  const double cycles = std::max(balanced, unit_cycles(longest));

  const double kv_bytes = bytes_per_element(task.kv);
  const double kv_total = s.batch * s.kv * s.kv_heads * (s.key + s.value) * kv_bytes;
  const double q_total = s.batch * s.rows * s.heads * (s.key + s.value) * 2;
  KernelTime time;
  time.memory_bytes = (kv_total + q_total) * uncached_share(d, kv_total + q_total);
  time.memory = time.memory_bytes / d.memory_bandwidth;
  time.cache_bytes = t.units * keys * (s.key + s.value) * kv_bytes;
  time.cache = time.cache_bytes / d.cache_bandwidth;
  time.flops = 2 * t.units * t.filled * keys * (s.key + s.value);
  const double width = bytes_per_element(computed) / 2;
  const double core = cycles / d.clock;
  time.clock_share = clock_within_power(
      d, {time.flops * width * (engine.has_quiet_data ? c.quiet_data : 1), time.memory_bytes,
          std::max(core, time.memory), engine.calls_in_a_row});
  time.compute = core / time.clock_share;
  time.waves = per_core;
  time.fill = c.attention_ramp / d.latency_clock;
  time.seconds =
      time.fill + p_norm(time.compute, std::max(time.memory, time.cache), c.overlap_norm);
  time.tile = {static_cast<int>(t.rows), 128, static_cast<int>(s.key), 1};
  const double beside = task.is_encoder && !engine.attention_has_rope ? 0 : engine.prefill_kernels;
  time.launch = launch_time(d, engine, 1 + beside + task.cast_kernels);
  time.seconds += time.launch + around_attention(d, engine, task, s);
  return time;
}

// How a decode kernel cuts its work: blocks of threads (`units`), each with `rows` query rows that
// the matrix units compute and `keys` of one part.
struct DecodeCut {
  double rows = 16;
  double keys = 64;
  double splits = 1;
  double units = 1;
  double readers = 1;  // blocks that read the same keys
  double resident = 2;
  bool has_combine = false;
};

// The fewest parts that keep at least 85% of the most that any number of parts keeps busy, out of
// `slots` blocks of threads at a time; one if that many streams fill 80% of them already
// (num_splits_heuristic of FlashAttention-2 and -3, flash_api.cpp and hopper/heuristics.h).
double flash_splits(double streams, double slots, double blocks, double least_blocks) {
  if (streams >= 0.8 * slots || blocks <= least_blocks) {
    return 1;
  }
  const double most = std::min({128.0, slots, blocks});
  const auto efficiency = [&](double splits) {
    const double waves = streams * splits / slots;
    return waves / std::ceil(waves);
  };
  double best = 0;
  for (double splits = 1; splits <= most; ++splits) {
    best = std::max(best, efficiency(splits));
  }
  double splits = 1;
  while (efficiency(splits) < 0.85 * best) {
    ++splits;
  }
  return splits;
}

// FlashAttention-3, on Hopper and compiled for Ampere: one block of threads per core, queries
// always packed.
bool uses_flash3(const GpuDevice& d, const Engine& engine, const AttentionTask& task) {
  return engine.decodes_with_flash_attention && !task.is_generic && !task.is_latent &&
         !task.is_flashinfer &&
         (d.feed == MatrixFeed::shared_memory ||
          (d.feed == MatrixFeed::registers && task.packs_queries));
}

// The kernels for tcgen05 add up the parts where the last of them ends; the others in a kernel
// behind.
bool adds_parts_inside(const GpuDevice& d, const AttentionTask& task) {
  return !task.is_generic && d.feed == MatrixFeed::tensor_memory;
}

DecodeCut cut_decode(const GpuDevice& d, const Engine& engine, const AttentionTask& task,
                     const Sizes& s, double kv) {
  DecodeCut cut;
  const double group = s.heads / s.kv_heads;
  const bool is_mma = d.feed == MatrixFeed::registers;
  const bool is_flash2 = uses_flash2(d, engine, task);
  // FlashAttention-2 computes 64 query rows whatever there are and 64 to 256 keys at a time
  // (splitkv launch template); with a window it does not pack the queries of a group.
  const double block = !is_flash2 ? 64 : s.key <= 64 ? 256 : s.key <= 128 ? 128 : 64;
  const bool is_packed = !is_flash2 || (s.window <= 0 && !task.is_beside_prefill);
  const double queries = is_packed ? group : 1;
  const double most_rows = is_mma ? 64 : 128;
  // mma takes 16 rows; wgmma 64, unless keys take the place of rows (XQA and TensorRT-LLM gen: 8).
  const bool is_swapped = engine.attention_has_rope || d.feed == MatrixFeed::tensor_memory;
  const double step = is_flash2 ? 64 : is_mma || is_swapped ? 16 : 64;
  cut.rows = std::min(round_up(queries, step), most_rows);
  cut.readers = is_packed ? std::ceil(group / most_rows) : group;
  const double streams = s.batch * s.kv_heads * cut.readers;
  const bool is_flash3 = uses_flash3(d, engine, task);
  cut.resident = d.feed == MatrixFeed::shared_memory || is_flash3 ? 1 : 2;
  // As many parts as fill the cores, of at least one block of keys each.
  const bool is_whole = task.is_latent && engine.keeps_latent_keys_whole && is_mma;
  const double blocks = std::ceil(kv / std::max(block, 128.0));
  // SGLang's Triton kernels take at most eight parts (triton_attention_num_kv_splits).
  const double most = task.is_generic ? std::min(blocks, 8.0) : blocks;
  const double filling = std::clamp(std::floor(d.cores * cut.resident / streams), 1.0, most);
  if (is_flash2) {
    // mha_varlen_fwd splits the keys only where it packs a group's queries; it counts on two blocks
    // of threads per core.
    const bool is_split = is_packed && group > 1;
    cut.splits = is_split ? flash_splits(streams, 2 * d.cores, std::ceil(kv / block), 1) : 1;
  } else if (is_flash3) {
    cut.splits = flash_splits(streams, d.cores, std::ceil(kv / 128), 4);
  } else {
    cut.splits = is_whole ? 1 : filling;
  }
  cut.units = streams * cut.splits;
  cut.keys = task.is_mean ? kv / cut.splits + block / 2 : round_up(kv / cut.splits, block);
  cut.has_combine = cut.splits > 1 && !adds_parts_inside(d, task);
  return cut;
}

// Kernels of a decode beside the attention kernel and the one that combines its parts.
double kernels_beside_decode(const GpuDevice& d, const Engine& engine, const AttentionTask& task) {
  // FlashAttention-3 lays out its work in a kernel of its own (flash_prepare_scheduler.cu).
  const double schedule =
      d.feed == MatrixFeed::shared_memory && engine.decodes_with_flash_attention && !task.is_generic
          ? 1
          : 0;
  // Before tcgen05's decode kernels rope and KV write are a kernel of their own; XQA does both.
  const double rope = engine.attention_has_rope && d.feed == MatrixFeed::tensor_memory ? 1 : 0;
  // FlashInfer always writes parts and merges them.
  const double merge =
      task.is_flashinfer && d.feed != MatrixFeed::tensor_memory && engine.decode_kernels < 1 ? 1
                                                                                             : 0;
  return std::max(engine.decode_kernels, schedule + merge) + rope + task.cast_kernels;
}

bool is_packed_group(const DecodeCut& cut, const Sizes& s) {
  return cut.readers < s.heads / s.kv_heads;
}

// One query per sequence: a block of threads takes the queries of one key head (GQA packing) and a
// part of the keys; parts are combined by a second kernel (FlashDecoding).
KernelTime decode(const GpuDevice& d, const Engine& engine, const AttentionTask& task) {
  const GpuConstants& c = d.constants;
  const Sizes s(task);
  const DType computed = task.activation == DType::fp8 ? product_dtype(d, task) : DType::bf16;
  const double rate = d.matrix_per_clock[static_cast<std::size_t>(computed)];
  const double kv = s.window > 0 ? std::min(s.kv, s.window) : s.kv;
  const double width = task.is_latent ? s.key : s.key + s.value;  // latent values are keys too
  const double kv_total = s.batch * kv * s.kv_heads * width * bytes_per_element(task.kv);
  const DecodeCut cut = cut_decode(d, engine, task, s, kv);
  const double slots = d.cores * cut.resident;
  const double per_core = std::max(1.0, cut.units / d.cores);
  const double pair =
      pair_cycles(d, rate, s.key, s.value, std::min(cut.resident, cut.units / d.cores));
  // Queries and two blocks of keys must fit shared memory, or loads wait for the products.
  const bool fits = (cut.rows + 2 * 64) * s.key * 2 <= d.shared_memory;
  const double exposed = task.is_generic || !fits ? c.memory_latency * 2 / 64 : 0;
  KernelTime time;
  // The first part waits for everything and streams nothing meanwhile; later ones start while their
  // predecessors finish.
  time.fill = c.decode_start / d.latency_clock;
  const double shared = operand_cycles(d, cut.rows, s.key, s.value);
  const double busy = fits ? std::max(cut.rows * pair, shared) : cut.rows * pair + shared;
  const double core_cycles =
      per_core * (busy + exposed) * cut.keys +
      (std::max(1.0, std::ceil(per_core / cut.resident)) - 1) * c.later_start;
  time.compute = core_cycles / d.clock;
  time.memory_bytes = kv_total * (task.is_repeated ? uncached_share(d, kv_total) : 1);
  if (cut.readers > 1 && !is_packed_group(cut, s)) {
    // Heads are the slowest index of the grid: the next query head of a group finds the keys in the
    // cache only if those of one key head of all sequences fit.
    const double one_head = kv_total / s.kv_heads;
    time.memory_bytes += kv_total * (cut.readers - 1) * uncached_share(d, one_head);
  }
  // FlashAttention-2 keeps one block of keys in flight per block of threads (cp.async), newer
  // kernels several (TMA, XQA): Little's law limits chips with much bandwidth per core.
  const bool is_shallow =
      task.is_generic || (engine.decodes_with_flash_attention && !task.is_flashinfer &&
                          d.feed == MatrixFeed::registers);
  const double per_block =
      is_shallow ? c.shallow_bytes_in_flight : c.bytes_in_flight_per_core / cut.resident;
  const double in_flight = std::min(cut.units, slots) * per_block;
  const double waves = cut.units / slots;
  const double tail = is_shallow && waves > 1 ? std::ceil(waves) / waves : 1;
  time.memory =
      time.memory_bytes / std::min(d.memory.pieces(task.kv_piece()) * c.decode_efficiency,
                                   in_flight / tail / (c.memory_latency / d.latency_clock));
  time.cache_bytes = kv_total * cut.readers;
  time.cache = time.cache_bytes /
               std::min(d.cache_bandwidth, in_flight / (c.cache_latency / d.latency_clock));
  time.flops = 2 * s.batch * s.heads * kv * (s.key + s.value);
  time.waves = cut.units / slots;
  time.launch = launch_time(d, engine,
                            1 + kernels_beside_decode(d, engine, task) + (cut.has_combine ? 1 : 0));
  time.tile = {static_cast<int>(cut.rows), 128, static_cast<int>(s.key),
               static_cast<int>(cut.splits)};
  const double moved = std::max(time.memory, time.cache);
  // Without room for a second block of keys nothing overlaps.
  const double body = fits ? p_norm(time.compute, moved, c.overlap_norm) : time.compute + moved;
  time.seconds = time.launch + time.fill + body;
  if (task.converts_cache) {
    // Read in 8 bits, written in 16, then read again by the kernel.
    time.seconds += 4 * kv_total / d.memory_bandwidth;
  }
  return time;
}

}  // namespace

tl::expected<KernelTime, Infeasible> time_attention(const GpuDevice& device, const Engine& engine,
                                                    const AttentionTask& task) {
  if (device.matrix_per_clock[static_cast<std::size_t>(DType::bf16)] <= 0) {
    return tl::unexpected(Infeasible{
        fmt::format("{} has no 16-bit matrix rate; give it one under `peak:`", device.id)});
  }
  KernelTime time = task.is_decode && !engine.decodes_as_prefill ? decode(device, engine, task)
                                                                 : prefill(device, engine, task);
  time.seconds = std::max(time.seconds, task.host_launches * device.python_operator);
  return time;
}

}  // namespace moru
