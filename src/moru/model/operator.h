// The operators of a forward pass as one chip executes them: shapes, work and bytes, no time.
//
// All figures are per chip and per launch; `repeat` says how many identical launches one forward
// pass makes (usually the number of layers of one kind). A mapper turns an Operator into an OpCost.
#pragma once

#include "moru/base/dtype.h"
#include "moru/model/batch.h"

#include <cstdint>
#include <string_view>

namespace moru {

enum class OperatorClass {
  gemm,          // dense product, [m x k] x [k x n], `batch` of them
  grouped_gemm,  // experts of a mixture: `tokens x topk` rows spread over `experts`
  attention,     // scores, softmax and weighted sum, fused
  recurrence,    // linear attention and state-space scans with a state per sequence
  vector,        // norms, activations, rope, routing, conversion: one pass over data
  gather,        // embedding rows, sampling
  collective,    // between chips
};
template <>
struct EnumNames<OperatorClass> {
  static constexpr std::array<std::pair<std::string_view, OperatorClass>, 7> values = {
      {{"gemm", OperatorClass::gemm},
       {"grouped_gemm", OperatorClass::grouped_gemm},
       {"attention", OperatorClass::attention},
       {"recurrence", OperatorClass::recurrence},
       {"vector", OperatorClass::vector},
       {"gather", OperatorClass::gather},
       {"collective", OperatorClass::collective}}};
};

// Which of a batch's sums the figures depend on; a step-time table needs only one axis for each.
enum class DependsOn { tokens, sampled, context };

enum class CollectiveKind {
  none,
  all_reduce,
  all_gather,
  reduce_scatter,
  all_to_all,
  send_receive
};
template <>
struct EnumNames<CollectiveKind> {
  static constexpr std::array<std::pair<std::string_view, CollectiveKind>, 6> values = {
      {{"none", CollectiveKind::none},
       {"all_reduce", CollectiveKind::all_reduce},
       {"all_gather", CollectiveKind::all_gather},
       {"reduce_scatter", CollectiveKind::reduce_scatter},
       {"all_to_all", CollectiveKind::all_to_all},
       {"send_receive", CollectiveKind::send_receive}}};
};

// gemm: m rows, n columns, k summed; `batch` independent products.
struct GemmShape {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  std::int64_t batch = 1;
};

// grouped_gemm: all products of the routed experts on this chip, activation included.
struct MoeShape {
  std::int64_t tokens = 0;   // tokens that the router saw (of the whole expert-parallel group)
  std::int64_t topk = 0;     // experts per token
  std::int64_t experts = 0;  // of the model
  std::int64_t local_experts = 0;  // on this chip
  std::int64_t hidden = 0;
  std::int64_t inter = 0;  // per expert on this chip, after tensor parallelism
  bool is_gated = true;    // up and gate projections, else up only
  double local_rows = 0;   // expected (token, expert) rows on this chip, balanced routing
  double experts_hit = 0;  // expected distinct local experts that get at least one row
};

// attention: dense (MHA, GQA, MQA) or latent (MLA absorbed: heads share one latent key of
// head_dim = kv_lora_rank + rope, values are its first v_head_dim columns).
struct AttentionShape {
  std::int64_t heads = 0;     // query heads on this chip
  std::int64_t kv_heads = 0;  // key heads on this chip
  std::int64_t head_dim = 0;
  std::int64_t v_head_dim = 0;
  bool is_latent = false;
  bool is_decode = false;
  bool is_beside_prefill = false;  // a decode in a step that also prefills: one call for both
  ContextRule rule;
  DType kv = DType::bf16;
  AttentionWork work;
};

// recurrence: `heads` states of rows x columns per sequence, read and written once per step.
struct RecurrenceShape {
  std::int64_t heads = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t sequences = 0;
  std::int64_t tokens = 0;
  std::int64_t chunk = 0;  // tokens that a chunked scan processes at once
};

struct CollectiveShape {
  CollectiveKind kind = CollectiveKind::none;
  std::int64_t ranks = 1;
  double bytes = 0;  // as nccl-tests' "size": the buffer of one rank; all_gather: the gathered one
};

struct Operator {
  std::string_view name;  // static storage: "qkv_proj", "attention_decode", "moe_experts"
  OperatorClass op_class = OperatorClass::vector;
  DependsOn depends_on = DependsOn::tokens;
  int repeat = 1;
  DType activation = DType::bf16;
  DType weight = DType::bf16;
  double flops = 0;       // arithmetic; a multiply-add counts two
  double bytes_read = 0;  // activations and KV cache, weights excluded
  double bytes_written = 0;
  double weight_bytes = 0;  // weights read, only those touched
  double rows = 0;          // tokens, sampled tokens or queries that it works on
  // The shape of op_class; the others stay empty.
  GemmShape gemm;
  MoeShape moe;
  AttentionShape attention;
  RecurrenceShape recurrence;
  CollectiveShape collective;
};

}  // namespace moru
