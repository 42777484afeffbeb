#include "moru/mapping/engine.h"

namespace moru {
namespace {

// Order of QuantScheme: none fp8 fp8_static fp8_block nvfp4 mxfp4_a16 mxfp4_a8 int4_a16 int8_a16
// int8.
constexpr NarrowTiles kChosen = NarrowTiles::chosen;
constexpr NarrowTiles kByRows = NarrowTiles::by_rows;
constexpr NarrowTiles kFixed = NarrowTiles::fixed;
constexpr Engine kEngines[] = {
    {.name = "ideal",
     .doc = "recorded graph, activations quantised by the kernel before, no metadata kernels",
     .weight_copies = 0,
     .moe_kernels = 4},
    {.name = "vllm",
     .doc = "CUDA graph; one kernel quantises activations (scaled_fp8_quant, scaled_fp4_quant); "
            "FlashAttention with a separate KV write; custom all-reduce up to 8 MiB",
     .is_eager = {false, false, false, true},
     .has_quiet_data = true,
     .keeps_depth_whole = true,
     .narrow_tiles = {kChosen, kByRows, kByRows, kChosen, kFixed, kChosen, kChosen, kChosen,
                      kChosen, kByRows},
     .quant_kernels = {0, 1, 1, 1, 1, 0, 1, 0, 0, 1},
     .calls_in_a_row = 9,
     .quantises_by_row = {false, true, true, true, false, false, true, false, false, true},
     .scale_packing_kernels = 2,
     .weight_copies = 6,
     .repeats_one_product = {false, false, false, true, true},
     .prefill_kernels = 1,
     .decode_kernels = 0,
     .decodes_with_flash_attention = true,
     .moe_kernels = 7,
     .direct_allreduce_bytes = 8 * 1024 * 1024},
    {.name = "sglang",
     .doc = "CUDA graph; one kernel quantises activations (sgl_per_token_quant_fp8); custom "
            "all-reduce up to 8 MiB",
     .keeps_depth_whole = true,
     .narrow_tiles = {kChosen, kFixed, kFixed, kChosen, kFixed, kChosen, kChosen, kChosen, kChosen,
                      kByRows},
     .quant_kernels = {0, 1, 1, 1, 1, 0, 1, 0, 0, 1},
     .batched_quant_kernels = 2,
     .calls_in_a_row = 9,
     .scale_packing_kernels = 3,
     .weight_copies = 6,
     .copies_activations = true,
     .prefill_kernels = 1,
     .decode_kernels = 1,
     .decodes_with_flash_attention = true,
     .moe_kernels = 7,
     .direct_allreduce_bytes = 8 * 1024 * 1024},
    {.name = "trtllm",
     .doc = "CUDA graph; per-tensor fp8 activations take a maximum, a scale and a cast; attention "
            "includes rope and KV write; all-reduce of its own up to 8 MB, 16 MB of two ranks "
            "(customAllReduceUtils.h)",
     .narrow_tiles = {kChosen, kChosen, kChosen, kChosen, kFixed},
     .quant_kernels = {0, 4, 4, 1, 1, 0, 1, 0, 0, 1},
     .calls_in_a_row = 9,
     .weight_copies = 5,
     .copies_until_cache_is_full = true,
     .prefill_kernels = 3,
     .decode_kernels = 0,
     .attention_has_rope = true,
     .keeps_latent_keys_whole = true,
     .moe_kernels = 7,
     .direct_allreduce_bytes = 8e6,
     .direct_pair_bytes = 16e6},
    {.name = "vidur",
     .doc = "torch profiler, kernel time only, weights cold",
     .is_kernel_time = true,
     .prefill_kernels = 1},
    {.name = "llmservingsim",
     .doc = "vLLM layerwise profile, kernel time only",
     .is_kernel_time = true,
     .prefill_kernels = 1,
     .decodes_with_flash_attention = true},
    {.name = "llmservingsim_v0",
     .doc = "Hugging Face modules, kernel time only",
     .is_kernel_time = true,
     .decodes_as_prefill = true},
    {.name = "llmcompassplus",
     .doc = "CUTLASS profiler, best of its kernels, operands in the product's format",
     .takes_best_kernel = true,
     .weight_copies = 1},
    {.name = "llmcompass",
     .doc = "wall clock of a PyTorch call with launch and synchronisation",
     .is_wall_clock = true},
    {.name = "pytorch-eager",
     .doc = "wall clock of PyTorch calls, unfused attention",
     .is_wall_clock = true},
    {.name = "pytorchsim",
     .doc = "cycles of one TPU core, one operation per program",
     .uses_one_core = true},
    {.name = "nccl", .doc = "nccl-tests", .direct_allreduce_bytes = 0},
};

}  // namespace

const Engine& engine_named(std::string_view name) {
  for (const Engine& engine : kEngines) {
    if (engine.name == name) {
      return engine;
    }
  }
  return kEngines[2];  // one quantisation kernel, graphs, nothing else special
}

Engine service_engine(std::string_view name) {
  Engine engine = engine_named(name);
  engine.is_eager = {};
  engine.has_quiet_data = false;
  engine.calls_in_a_row = 0;
  engine.weight_copies = 0;
  engine.prefill_kernels = 0;
  engine.decode_kernels = 0;
  engine.attention_has_rope = false;
  if (name == "trtllm") {
    // Its checkpoints hold static activation scales; the norm or activation before casts.
    engine.quant_kernels[static_cast<std::size_t>(QuantScheme::fp8)] = 0;
  }
  return engine;
}

}  // namespace moru
