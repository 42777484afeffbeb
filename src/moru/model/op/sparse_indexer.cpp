#include "moru/model/op/sparse_indexer.h"

namespace moru {
namespace {

// Scores are fp32: two elements of the model's 16-bit dtype; selection reads them about twice.
constexpr double kScoreElements = 4;

void score(std::string_view name, const AttentionShape& shape, Lowering& out) {
  out.attention(name, shape);
  // ReLU, weight per head and sum over heads, then top-k: a pass over one score per pair.
  out.vector(shape.is_decode ? "index_topk_decode" : "index_topk_prefill",
             {kScoreElements * shape.work.pairs,
              static_cast<double>(shape.work.query_tokens * shape.rule.span) * 2, shape.work.pairs},
             DependsOn::context);
}

}  // namespace

void read_indexer(ConfigReader& config, Mixer& mixer) {
  mixer.index_topk = config.count_or({"index_topk"}, 0);
  const std::int64_t heads = config.count_or({"index_n_heads"}, 0);
  const std::int64_t head_dim = config.count_or({"index_head_dim"}, 0);
  if (mixer.index_topk == 0) {
    return;
  }
  if (heads == 0 || head_dim == 0 || mixer.q_lora_rank == 0) {
    config.error({"index_topk"},
                 "an indexer needs 'index_n_heads', 'index_head_dim' and 'q_lora_rank'");
  }
  mixer.index_heads = heads;
  mixer.index_head_dim = head_dim;
}

void weigh_indexer(const Mixer& mixer, WeightTally& tally) {
  if (mixer.index_heads == 0) {
    return;
  }
  const std::int64_t hidden = tally.model.hidden_size;
  tally.replicated(
      WeightPart::attention,
      mixer.q_lora_rank * mixer.index_heads * mixer.index_head_dim + hidden * mixer.index_head_dim);
  // Head weights stay in 16 bits; a LayerNorm stands on the key.
  tally.replicated(WeightPart::plain, hidden * mixer.index_heads + 2 * mixer.index_head_dim);
}

void lower_indexer_projections(const Mixer& mixer, Lowering& out) {
  if (mixer.index_heads == 0) {
    return;
  }
  const std::int64_t tokens = out.work.tokens;
  out.gemm("index_q_proj", {tokens, mixer.index_heads * mixer.index_head_dim, mixer.q_lora_rank},
           WeightPart::attention);
  out.gemm("index_k_proj", {tokens, mixer.index_head_dim, out.model.hidden_size},
           WeightPart::attention);
  out.gemm("index_weights_proj", {tokens, mixer.index_heads, out.model.hidden_size},
           WeightPart::plain);
  // Norm, rope, Hadamard rotation and conversion of queries and keys to fp8: half the bytes go out.
  const double elements =
      out.tokens() * static_cast<double>((mixer.index_heads + 1) * mixer.index_head_dim);
  out.vector("index_rope_quantize", {elements, elements / 2, 8 * elements});
}

void lower_indexer_context(const Mixer& mixer, Lowering& out) {
  if (mixer.index_heads == 0) {
    return;
  }
  const ContextWork& all_keys = out.context(ContextRule{});
  AttentionShape shape;
  shape.heads = mixer.index_heads;  // every rank scores for itself
  shape.kv_heads = 1;
  shape.head_dim = mixer.index_head_dim;
  shape.v_head_dim = 0;
  shape.rule = mixer.rule;
  shape.kv = DType::fp8;
  shape.work = all_keys.prefill;
  score("indexer_prefill", shape, out);
  shape.is_decode = true;
  shape.work = all_keys.decode;
  score("indexer_decode", shape, out);
}

double indexer_cache_bytes(const Mixer& mixer) {
  return mixer.index_heads == 0
             ? 0
             : static_cast<double>(mixer.index_head_dim) * bytes_per_element(DType::fp8) +
                   bytes_per_element(DType::fp32);
}

}  // namespace moru
