// What a kernel is asked to do, as an engine would ask it: the questions of the kernel-level
// models.
//
// An Operator (model/operator.h) says what a forward pass needs; a task says in addition how it is
// quantised and what was left in the cache. Both GPU and systolic models answer tasks.
#pragma once

#include "moru/base/dtype.h"
#include "moru/mapping/op_cost.h"
#include "moru/model/operator.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace moru {

// How weights and activations of a product are stored and multiplied.
enum class QuantScheme {
  none,        // as the activations are
  fp8,         // fp8 x fp8, activations quantised at run time, one scale per token or tensor
  fp8_static,  // the same with a scale known beforehand
  fp8_block,   // fp8 x fp8, a scale per 128 activations and per 128 x 128 weights
  nvfp4,       // fp4 x fp4 with an fp8 scale per 16
  mxfp4_a16,   // fp4 weights, expanded to the activations' 16 bits
  mxfp4_a8,    // fp4 weights times 8-bit activations
  int4_a16,    // int4 weights, expanded to 16 bits
  int8_a16,    // int8 weights, expanded to 16 bits
  int8,        // int8 x int8 (SmoothQuant and W8A8)
};
inline constexpr std::size_t kQuantSchemes = 10;

struct GemmTask {
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
  std::int64_t batch = 1;
  DType activation = DType::bf16;
  QuantScheme scheme = QuantScheme::none;
  bool is_in_graph = false;  // part of a recorded graph, whatever the engine does by default
  bool is_quantised_before = false;  // activations arrive in the product's format
  // How many different weight matrices are cycled through; what of them fits the shared cache is
  // read from there. 0: always from memory.
  double weight_copies = 0;
  double further_kernels = 0;  // whose start is timed with it
};

struct AttentionTask {
  std::int64_t batch = 1;
  std::int64_t seq_q = 1;
  std::int64_t seq_kv = 1;
  std::int64_t heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t head_dim = 128;
  std::int64_t v_head_dim = 128;
  std::int64_t window = 0;    // 0: all
  std::int64_t kv_block = 0;  // tokens whose keys stand together in memory; 0: all of a sequence
  bool is_causal = true;
  bool is_decode = false;
  bool is_expanded_latent = false;  // keys and values expanded from a latent of 512 + 64 per token
  bool is_latent = false;           // values are the first v_head_dim columns of the keys
  double host_launches = 0;    // started from Python one by one: the call takes at least their time
  bool is_generic = false;     // a portable kernel (Triton): small tiles, loads not overlapped
  bool is_flashinfer = false;  // FlashInfer's own kernels: work planned per core
  bool packs_queries = false;  // FlashAttention-3's schedule, whatever the chip
  bool is_beside_prefill = false;  // decodes in one call with a chunk of a prompt
  bool is_encoder = false;         // no KV cache to write
  bool converts_cache = false;     // the whole 8-bit cache is widened in every call
  double cast_kernels = 0;         // that turn 16-bit queries, keys or values into 8 bits before
  // Lengths are means over a batch of unlike sequences: what is rounded up to whole blocks of keys
  // is so by half a block on average.
  bool is_mean = false;
  bool is_repeated = false;  // the same KV again and again: what fits the cache stays there
  DType activation = DType::bf16;
  DType kv = DType::bf16;

  // Bytes of the keys of one KV block; 0: as many as there are.
  double kv_piece() const {
    return static_cast<double>(kv_block * kv_heads * head_dim) * bytes_per_element(kv);
  }
};

// Which kernels multiply the experts' rows.
enum class ExpertKernel {
  grouped,  // CUTLASS and DeepGEMM grouped products behind a sort and a permutation
  fused,    // TensorRT-LLM gen: permutation and activation inside the products
  triton,   // written in Triton: fixed tiles, every (token, expert) pair walked, local or not
  marlin,   // warp-level mma on expanded 4-bit weights, every pair walked
};

struct MoeTask {
  std::int64_t tokens = 1;  // of the whole expert-parallel group
  std::int64_t hidden = 1;
  std::int64_t inter = 1;  // of one expert, before tensor parallelism
  std::int64_t topk = 1;
  std::int64_t experts = 1;
  std::int64_t tp = 1;
  std::int64_t ep = 1;
  bool is_gated = true;
  double experts_hit = 0;  // of the whole model, if forced; 0: as the load says
  ExpertKernel kernel = ExpertKernel::grouped;
  // Every pair of a token that has an expert on the rank is computed, as if all its experts were
  // local (SGLang's fused_moe before 0.5.12 with a rank's weights alone).
  bool computes_all_pairs = false;
  bool computes_all_tokens = false;  // … and of tokens that have none as well
  double further_kernels = 0;        // around the products, beside those of the engine
  double skew = 0;                   // exponent of a power-law load over the experts; 0: balanced
  DType activation = DType::bf16;
  QuantScheme scheme = QuantScheme::none;
};

struct VectorTask {
  double bytes_read = 0;
  double bytes_written = 0;
  double flops = 0;  // on the vector units
  double kernels = 1;
  double rows = 1;            // independent units of work
  bool is_reduction = false;  // every row is reduced before it is written
  double width = 0;   // elements of a row where a kernel moves them one by one; 0: several at once
  double passes = 1;  // of a reduction over a row, one after the other
  bool is_cold = false;  // inputs come from memory whatever the cache holds
};

// Between chips; `bytes` as nccl-tests' size.
struct CollectiveTask {
  CollectiveKind kind = CollectiveKind::all_reduce;
  std::int64_t ranks = 2;
  double bytes = 0;
  std::int64_t node_ranks = 0;     // of them on one node; 0: as many as a node holds
  bool is_expert_traffic = false;  // dispatch or combine of expert parallelism
  bool is_combine = false;         // expert traffic back: copies of a token are summed
  double tokens = 0;               // expert traffic: of one rank
  double token_bytes = 0;          // one token of it as sent
  double cores = 0;                // that move data; 0: as many as the library takes
  bool is_eager = false;           // started by the host, call by call, on a copy of the buffer
  bool is_pairwise = false;        // linked in pairs: more than two ranks go through the host
};

using SingleTask = std::variant<GemmTask, AttentionTask, MoeTask, VectorTask, CollectiveTask>;

// One after the other in one graph; `is_one_kernel`: the parts share a launch.
struct ChainTask {
  std::vector<SingleTask> parts;
  bool is_one_kernel = false;
};

using Task = std::variant<GemmTask, AttentionTask, MoeTask, VectorTask, CollectiveTask, ChainTask>;

// Which uncertainty a prediction carries (mapping/interval.h).
enum class Uncertainty {
  gemm,
  quantised_gemm,  // products with casts around them or of single heads; passes over data
  collective,
  kernel,       // attention and experts: which of several kernels a library takes
  latent_head,  // decode of latents, prompts and decodes in one kernel
};

// Time of one task. The parts overlap; seconds is not their sum.
struct KernelTime {
  double seconds = 0;
  double launch = 0;   // starting kernels, their dependent latency included
  double fill = 0;     // pipeline fill, drain and epilogue
  double compute = 0;  // matrix and vector units
  double memory = 0;
  double cache = 0;
  double link = 0;
  double memory_bytes = 0;
  double cache_bytes = 0;
  double flops = 0;
  double waves = 0;
  double clock_share = 1;        // of the highest clock, as power allows
  std::array<int, 4> tile = {};  // rows, columns, depth, split; 0 where there is none
  // The next best kernel of the menu, with another tile or split.
  std::array<int, 4> other_tile = {};
  double other_seconds = 0;
};

}  // namespace moru
