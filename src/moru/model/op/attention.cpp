// Multi-head, grouped-query and multi-query attention with full, sliding-window or chunked context.
#include "moru/model/op/block.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

// Rotation of a pair of elements: four products and two sums for two elements.
constexpr double kRopeFlops = 3;
// A sigmoid counts as four operations (negate, exp, add, divide); the product is one more.
constexpr double kGateFlops = 5;

std::int64_t query_width(const Mixer& mixer) {
  return mixer.head_dim * (mixer.has_output_gate ? 2 : 1);
}

// Columns that the projection of one key head gives.
std::int64_t projected_kv_width(const Mixer& mixer) {
  return mixer.head_dim + (mixer.has_no_v_proj ? 0 : mixer.v_head_dim);
}

class Attention final : public MixerBlock {
 public:
  Mixer read(ConfigReader& config, const Family& family, const ContextRule& rule) const override {
    Mixer mixer;
    mixer.kind = MixerKind::attention;
    mixer.rule = rule;
    read_heads(config, family, mixer);
    const bool has_bias = config.flag({"attention_bias", "bias"}, false);
    mixer.has_qkv_bias = config.flag({"qkv_bias"}, has_bias || family.has(kQkvBias));
    mixer.has_output_bias = family.has(kOutputBias) || (has_bias && !family.has(kNoOutputBias));
    mixer.has_qk_norm = config.flag({"use_qk_norm"}, family.has(kQkNorm));
    mixer.has_wide_qk_norm = config.text({"qk_norm_type"}) == "per_layer";
    mixer.has_output_gate =
        config.flag({"attn_output_gate", "attention_output_gate"}, family.has(kOutputGate));
    mixer.has_rope = !family.has(kNoRope) && !config.flag({"alibi"}, false);
    mixer.has_sinks = family.has(kSinks);
    mixer.has_no_v_proj =
        config.flag({"attention_k_eq_v"}, false) && rule.kind == ContextKind::full;
    if (rule.kind == ContextKind::window) {
      mixer.has_sinks = config.flag({"add_swa_attention_sink_bias"}, mixer.has_sinks);
      config.touch({"add_full_attention_sink_bias"});
    } else {
      mixer.has_sinks = config.flag({"add_full_attention_sink_bias"}, mixer.has_sinks);
    }
    return mixer;
  }

  void weigh(const Mixer& mixer, WeightTally& tally) const override {
    const std::int64_t hidden = tally.model.hidden_size;
    const std::int64_t tensor = tally.parallelism.tensor;
    const auto qkv = [&](std::int64_t heads, std::int64_t kv_heads) {
      const std::int64_t columns =
          heads * query_width(mixer) + kv_heads * projected_kv_width(mixer);
      return static_cast<double>(columns * (hidden + (mixer.has_qkv_bias ? 1 : 0)));
    };
    const std::int64_t local_heads = share(mixer.heads, tensor);
    tally.add(WeightPart::attention, qkv(mixer.heads, mixer.kv_heads),
              qkv(local_heads, kv_share(mixer.kv_heads, tensor)));
    tally.add(WeightPart::attention, static_cast<double>(mixer.heads * mixer.v_head_dim * hidden),
              static_cast<double>(local_heads * mixer.v_head_dim * hidden));
    if (mixer.has_output_bias) {
      tally.replicated(WeightPart::plain, hidden);
    }
    if (mixer.has_qk_norm) {
      tally.replicated(WeightPart::plain, mixer.has_wide_qk_norm
                                              ? (mixer.heads + mixer.kv_heads) * mixer.head_dim
                                              : 2 * mixer.head_dim);
    }
    if (mixer.has_sinks) {
      tally.add(WeightPart::plain, static_cast<double>(mixer.heads),
                static_cast<double>(local_heads));
    }
  }

  void lower(const Mixer& mixer, Lowering& out) const override {
    const std::int64_t tensor = out.parallelism.tensor;
    const std::int64_t heads = share(mixer.heads, tensor);
    const std::int64_t kv_heads = kv_share(mixer.kv_heads, tensor);
    const std::int64_t kv_width = kv_heads * (mixer.head_dim + mixer.v_head_dim);
    out.gemm("qkv_proj",
             {out.work.tokens, heads * query_width(mixer) + kv_heads * projected_kv_width(mixer),
              out.model.hidden_size},
             WeightPart::attention);
    const double rotated = out.tokens() * static_cast<double>((heads + kv_heads) * mixer.head_dim);
    if (mixer.has_qk_norm) {
      out.vector("qk_norm", {rotated, rotated, 4 * rotated});
    }
    if (mixer.has_rope) {
      out.vector("rope", {rotated, rotated, kRopeFlops * rotated});
    }
    if (!mixer.shares_kv) {
      const double cached = out.tokens() * static_cast<double>(kv_width);
      Operator& write = out.add("kv_cache_write", OperatorClass::vector, DependsOn::tokens);
      write.bytes_read = cached * out.element_bytes();
      write.bytes_written = cached * bytes_per_element(out.model.kv);
    }
    lower_context(mixer, out);
    const double output = out.tokens() * static_cast<double>(heads * mixer.v_head_dim);
    if (mixer.has_output_gate) {
      out.vector("attention_gate", {2 * output, output, kGateFlops * output});
    }
    out.gemm("o_proj", {out.work.tokens, out.model.hidden_size, heads * mixer.v_head_dim},
             WeightPart::attention);
    out.reduce_hidden("attention_all_reduce");
  }

  void lower_context(const Mixer& mixer, Lowering& out) const override {
    AttentionShape shape;
    shape.heads = share(mixer.heads, out.parallelism.tensor);
    shape.kv_heads = kv_share(mixer.kv_heads, out.parallelism.tensor);
    shape.head_dim = mixer.head_dim;
    shape.v_head_dim = mixer.v_head_dim;
    shape.rule = mixer.rule;
    shape.kv = out.model.kv;
    const ContextWork& context = out.context(mixer.rule);
    shape.work = context.prefill;
    out.attention("attention_prefill", shape);
    shape.is_decode = true;
    shape.is_beside_prefill = context.prefill.sequences > 0;
    shape.work = context.decode;
    out.attention("attention_decode", shape);
  }

  BlockBytes cache(const Mixer& mixer, const Model& model, int tensor) const override {
    if (mixer.shares_kv) {
      return {};
    }
    return {static_cast<double>(kv_share(mixer.kv_heads, tensor) *
                                (mixer.head_dim + mixer.v_head_dim)) *
                bytes_per_element(model.kv),
            0};
  }

  double live_elements(const Mixer& mixer, const Model&, int tensor) const override {
    const std::int64_t heads = share(mixer.heads, tensor);
    return static_cast<double>(heads * (query_width(mixer) + mixer.v_head_dim) +
                               kv_share(mixer.kv_heads, tensor) *
                                   (mixer.head_dim + mixer.v_head_dim));
  }

 private:
  // MiMo-V2 gives its sliding layers their own heads.
  static void read_heads(ConfigReader& config, const Family& family, Mixer& mixer) {
    const std::int64_t hidden = config.count({"hidden_size", "n_embd", "d_model"});
    const bool slides = rule_has_own_heads(config, mixer.rule);
    mixer.heads = config.count({"num_attention_heads", "n_head", "num_heads"});
    const std::int64_t all =
        config.flag({"multi_query"}, family.has(kMultiQuery)) ? 1 : mixer.heads;
    mixer.kv_heads = config.count_or({"num_key_value_heads", "num_kv_heads", "n_head_kv"}, all);
    mixer.head_dim = config.count_or({"head_dim", "attention_head_dim"}, 0);
    if (slides) {
      mixer.heads = config.count({"swa_num_attention_heads"});
      mixer.kv_heads = config.count({"swa_num_key_value_heads"});
      mixer.head_dim = config.count({"swa_head_dim"});
    }
    if (mixer.rule.kind == ContextKind::full) {  // Gemma 4's full layers
      mixer.kv_heads = config.count_or({"num_global_key_value_heads"}, mixer.kv_heads);
      mixer.head_dim = config.count_or({"global_head_dim"}, mixer.head_dim);
    }
    check_heads(config, hidden, mixer);
    mixer.v_head_dim = config.count_or({"v_head_dim"}, mixer.head_dim);
    if (slides) {
      mixer.v_head_dim = config.count_or({"swa_v_head_dim"}, mixer.head_dim);
    }
    if (mixer.head_dim == 0 || mixer.v_head_dim == 0) {
      config.error({"head_dim", "v_head_dim"}, "'head_dim' must be at least 1, not 0");
      mixer.head_dim = std::max<std::int64_t>(mixer.head_dim, 1);
    }
  }

  static bool rule_has_own_heads(ConfigReader& config, const ContextRule& rule) {
    const bool has = config.has({"swa_num_attention_heads"});
    config.touch({"swa_num_key_value_heads", "swa_head_dim", "swa_v_head_dim"});
    return has && rule.kind == ContextKind::window;
  }

  static void check_heads(ConfigReader& config, std::int64_t hidden, Mixer& mixer) {
    if (mixer.kv_heads == 0 || mixer.heads % mixer.kv_heads != 0) {
      config.contradiction(
          {"num_key_value_heads", "num_kv_heads", "num_attention_heads"},
          fmt::format("{} query heads cannot share {} key heads evenly; "
                      "'num_attention_heads' must be a multiple of 'num_key_value_heads'",
                      mixer.heads, mixer.kv_heads));
      mixer.kv_heads = mixer.heads;
    }
    if (config.find({"head_dim", "attention_head_dim"}) != nullptr) {
      return;
    }
    if (hidden % mixer.heads != 0) {
      config.contradiction(
          {"num_attention_heads", "n_head"},
          fmt::format("hidden size {} is not a multiple of {} heads; state 'head_dim'", hidden,
                      mixer.heads));
    }
    mixer.head_dim = std::max<std::int64_t>(hidden / mixer.heads, 1);
  }
};

const Attention kBlock;
const RegisterMixer kRegistered(MixerKind::attention, kBlock);

}  // namespace
}  // namespace moru
