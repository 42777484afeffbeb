// Multi-head latent attention: keys and values of all heads are projections of one cached latent
// (DeepSeek-V2, arXiv 2405.04434, section 2.1). Decoding absorbs those projections into queries and
// outputs; prefills project the latents to full keys and values first, as vLLM does. With sparse
// attention both run absorbed, because each query reads keys of its own.
#include "moru/model/op/sparse_indexer.h"

#include <fmt/format.h>

namespace moru {
namespace {

constexpr double kRopeFlops = 3;

class LatentAttention final : public MixerBlock {
 public:
  Mixer read(ConfigReader& config, const Family& family, const ContextRule& rule) const override {
    (void)family;
    Mixer mixer;
    mixer.kind = MixerKind::latent_attention;
    mixer.rule = rule;
    mixer.heads = config.count({"num_attention_heads"});
    mixer.kv_heads = 1;
    mixer.q_lora_rank = config.count_or({"q_lora_rank"}, 0);
    mixer.kv_lora_rank = config.count({"kv_lora_rank"});
    mixer.qk_nope_head_dim = config.count({"qk_nope_head_dim"});
    mixer.qk_rope_head_dim = config.count({"qk_rope_head_dim"});
    mixer.v_head_dim = config.count({"v_head_dim"});
    mixer.head_dim = mixer.qk_nope_head_dim + mixer.qk_rope_head_dim;
    if (config.flag({"attention_bias"}, false)) {
      config.error({"attention_bias"}, "latent attention with biases is not modelled");
    }
    // Stated for other code paths: all heads have keys of their own once projected.
    config.touch({"num_key_value_heads", "head_dim", "qk_head_dim"});
    read_indexer(config, mixer);
    return mixer;
  }

  void weigh(const Mixer& mixer, WeightTally& tally) const override {
    const std::int64_t hidden = tally.model.hidden_size;
    const std::int64_t local = share(mixer.heads, tally.parallelism.tensor);
    const std::int64_t latent = mixer.kv_lora_rank + mixer.qk_rope_head_dim;
    tally.replicated(WeightPart::attention, hidden * (mixer.q_lora_rank + latent));
    tally.replicated(WeightPart::plain, mixer.q_lora_rank + mixer.kv_lora_rank);
    const std::int64_t query_input = mixer.q_lora_rank > 0 ? mixer.q_lora_rank : hidden;
    const std::int64_t per_head = query_input * mixer.head_dim +
                                  mixer.kv_lora_rank * (mixer.qk_nope_head_dim + mixer.v_head_dim) +
                                  mixer.v_head_dim * hidden;
    tally.add(WeightPart::attention, static_cast<double>(mixer.heads * per_head),
              static_cast<double>(local * per_head));
    weigh_indexer(mixer, tally);
  }

  void lower(const Mixer& mixer, Lowering& out) const override {
    const std::int64_t tokens = out.work.tokens;
    const std::int64_t hidden = out.model.hidden_size;
    const std::int64_t heads = share(mixer.heads, out.parallelism.tensor);
    const std::int64_t latent = mixer.kv_lora_rank + mixer.qk_rope_head_dim;
    // Every rank computes the latents in full.
    out.gemm(mixer.q_lora_rank > 0 ? "qkv_a_proj" : "kv_a_proj",
             {tokens, mixer.q_lora_rank + latent, hidden}, WeightPart::attention);
    out.norm("latent_norm", mixer.q_lora_rank + mixer.kv_lora_rank, false);
    out.gemm(mixer.q_lora_rank > 0 ? "q_b_proj" : "q_proj",
             {tokens, heads * mixer.head_dim, mixer.q_lora_rank > 0 ? mixer.q_lora_rank : hidden},
             WeightPart::attention);
    const double rotated = out.tokens() * static_cast<double>((heads + 1) * mixer.qk_rope_head_dim);
    out.vector("rope", {rotated, rotated, kRopeFlops * rotated});
    Operator& write = out.add("kv_cache_write", OperatorClass::vector, DependsOn::tokens);
    const double cached = out.tokens() * static_cast<double>(latent);
    write.bytes_read = cached * out.element_bytes();
    write.bytes_written = cached * bytes_per_element(out.model.kv);
    lower_indexer_projections(mixer, out);
    lower_context(mixer, out);
    out.gemm("o_proj", {tokens, hidden, heads * mixer.v_head_dim}, WeightPart::attention);
    out.reduce_hidden("attention_all_reduce");
  }

  void lower_context(const Mixer& mixer, Lowering& out) const override {
    lower_indexer_context(mixer, out);
    const ContextWork& context = out.context(mixer.rule);
    if (mixer.rule.kind == ContextKind::sparse) {
      lower_absorbed(mixer, context.prefill, false, out);
    } else {
      lower_projected(mixer, context.prefill, out);
    }
    lower_absorbed(mixer, context.decode, true, out);
  }

  BlockBytes cache(const Mixer& mixer, const Model& model, int tensor) const override {
    (void)tensor;  // every rank holds all latents
    return {static_cast<double>(mixer.kv_lora_rank + mixer.qk_rope_head_dim) *
                    bytes_per_element(model.kv) +
                indexer_cache_bytes(mixer),
            0};
  }

  double live_elements(const Mixer& mixer, const Model&, int tensor) const override {
    const std::int64_t heads = share(mixer.heads, tensor);
    return static_cast<double>(mixer.q_lora_rank + mixer.kv_lora_rank + mixer.qk_rope_head_dim +
                               heads * (mixer.head_dim + mixer.head_dim + 2 * mixer.v_head_dim) +
                               mixer.index_heads * mixer.index_head_dim);
  }

 private:
  static void lower_projected(const Mixer& mixer, const AttentionWork& work, Lowering& out) {
    const std::int64_t heads = share(mixer.heads, out.parallelism.tensor);
    const auto keys = static_cast<std::int64_t>(work.cached_keys);
    out.gemm("kv_b_proj",
             {keys, heads * (mixer.qk_nope_head_dim + mixer.v_head_dim), mixer.kv_lora_rank},
             WeightPart::attention, DependsOn::context);
    AttentionShape shape;
    shape.heads = heads;
    shape.kv_heads = heads;
    shape.head_dim = mixer.head_dim;
    shape.v_head_dim = mixer.v_head_dim;
    shape.rule = mixer.rule;
    shape.kv = out.model.dtype;  // just projected, not from the cache
    shape.work = work;
    out.attention("attention_prefill", shape);
  }

  static void lower_absorbed(const Mixer& mixer, const AttentionWork& work, bool is_decode,
                             Lowering& out) {
    const std::int64_t heads = share(mixer.heads, out.parallelism.tensor);
    // W_UK and W_UV are kept per head in the model's dtype for these two batched products.
    out.gemm("q_absorb_proj",
             {work.query_tokens, mixer.kv_lora_rank, mixer.qk_nope_head_dim, heads},
             WeightPart::plain, DependsOn::context);
    AttentionShape shape;
    shape.heads = heads;
    shape.kv_heads = 1;
    shape.head_dim = mixer.kv_lora_rank + mixer.qk_rope_head_dim;
    shape.v_head_dim = mixer.kv_lora_rank;
    shape.is_latent = true;
    shape.is_decode = is_decode;
    shape.rule = mixer.rule;
    shape.kv = out.model.kv;
    shape.work = work;
    out.attention(is_decode ? "attention_decode" : "attention_prefill", shape);
    out.gemm("v_absorb_proj", {work.query_tokens, mixer.v_head_dim, mixer.kv_lora_rank, heads},
             WeightPart::plain, DependsOn::context);
  }
};

const LatentAttention kBlock;
const RegisterMixer kRegistered(MixerKind::latent_attention, kBlock);

}  // namespace
}  // namespace moru
