// What a serving engine brings to a kernel: which kernels surround it and how they are started.
//
// These are facts about software (kernels per call, graphs or eager launch, quantisation path),
// read in the engines' sources; they are not multipliers.
#pragma once

#include "moru/mapping/task.h"

#include <array>
#include <string_view>

namespace moru {

// How 8- and 4-bit products on warp-level mma and wgmma are cut into tiles.
enum class NarrowTiles {
  chosen,  // the library's menu and heuristic
  by_rows,  // CUTLASS, lower tiles for fewer rows (vLLM, scaled_mm_sm90_fp8_dispatch.cuh, …sm120…)
  fixed     // CUTLASS, 128 x 128 whatever the shape; by_rows on chips without 4-bit formats
};

struct Engine {
  std::string_view name;
  std::string_view doc;
  // Schemes whose products are launched from Python one by one; a call takes at least the host's
  // time.
  std::array<bool, kQuantSchemes> is_eager = {};
  // Only the kernels' own time is counted (a profiler's), not the gaps between them.
  bool is_kernel_time = false;
  // A wall clock that includes the framework's call, launch and synchronisation.
  bool is_wall_clock = false;
  // Weights as allocated, mostly zeros: few bits toggle, so the matrix units draw less power.
  bool has_quiet_data = false;
  // The fastest of all kernels is timed, not the one that a library's heuristic picks.
  bool takes_best_kernel = false;
  // 8- and 4-bit products by CUTLASS kernels that never split the depth.
  bool keeps_depth_whole = false;
  std::array<NarrowTiles, kQuantSchemes> narrow_tiles = {};
  // Kernels beside the product itself that quantise the activations, per scheme.
  std::array<double, kQuantSchemes> quant_kernels = {};
  // The same of batched products.
  double batched_quant_kernels = 1;
  // Replays timed one after the other, warm-up included; 0: without end, as in a service. Power
  // limits act on the average over a time, so short runs keep the highest clock.
  double calls_in_a_row = 0;
  // Schemes whose quantisation kernel gives each row of activations a block of threads of its own,
  // instead of streaming over all elements.
  std::array<bool, kQuantSchemes> quantises_by_row = {};
  // Further kernels of fp8_block where block scales are packed for the matrix units (tcgen05).
  double scale_packing_kernels = 0;
  // Weight copies the timing loop cycles through (see GemmTask); 0: weights always cold.
  double weight_copies = 0;
  // Schemes whose loop repeats one product, with random weights; the others' are left as allocated
  // where has_quiet_data.
  std::array<bool, kQuantSchemes> repeats_one_product = {};
  // Only as many copies as exceed the shared cache.
  bool copies_until_cache_is_full = false;
  // Every copy has activations of its own, so that these leave the cache as well.
  bool copies_activations = false;
  // Kernels beside attention itself: metadata, rope, KV write.
  double prefill_kernels = 0;
  double decode_kernels = 0;
  bool attention_has_rope = false;  // rope and KV write are part of the call
  // FlashAttention-2 where there is nothing newer: one block of keys in flight per block of
  // threads.
  bool decodes_with_flash_attention = false;
  // Latent decode without tcgen05 or wgmma kernels: one block of threads walks all keys of a
  // sequence.
  bool keeps_latent_keys_whole = false;
  // Decode runs through the variable-length prefill kernel: no split of the keys, no GQA packing.
  bool decodes_as_prefill = false;
  // Kernels of a fused MoE call: routing, sort, permute, two grouped products, activation, reduce.
  double moe_kernels = 7;
  // Programs of single operations on one core of a chip; transfers and compute do not overlap.
  bool uses_one_core = false;
  // all-reduce kernels that read the peers' buffers directly, used up to this size; 0: NCCL.
  double direct_allreduce_bytes = 0;
  double direct_pair_bytes = 0;  // … of two ranks, where it differs
};

// Counts of kernels that the sources leave open and the smallest measured times decided: they count
// as numbers estimated from rows.
inline constexpr double kModularExpertKernels = 6;  // vLLM's prepare and finalise around experts
inline constexpr double kPlainRouterKernels = 8;    // a router of more than 16 experts per token
inline constexpr int kCountedKernelNumbers = 2;

// By backend label: vllm, sglang, trtllm, ideal, …; unknown labels get the defaults ("ideal" with
// the kernels an engine needs).
const Engine& engine_named(std::string_view name);

// The same software in a running service instead of in a timing loop: weights and activations come
// from memory, recorded graphs replay every kernel, the chip's power settles, and rope and KV write
// are operators of their own.
Engine service_engine(std::string_view name);

}  // namespace moru
