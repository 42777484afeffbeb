// Mamba-2: a state-space scan with one decay per head (Dao and Gu 2024, "Transformers are SSMs",
// arXiv 2405.21060).
#include "moru/model/op/block.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

// Groups on one rank: B and C are copied where there are fewer groups than ranks.
std::int64_t convolved(const Mixer& mixer, std::int64_t tensor) {
  return share(mixer.inner, tensor) + 2 * kv_share(mixer.groups, tensor) * mixer.key_head_dim;
}

RecurrenceShape shape_of(const Mixer& mixer, const AttentionWork& work, std::int64_t tensor,
                         std::int64_t chunk) {
  return {share(mixer.value_heads, tensor),
          mixer.value_head_dim,
          mixer.key_head_dim,
          work.sequences,
          work.query_tokens,
          chunk};
}

// One token at a time: decay, input outer product and sum (4 per state element), read by C (2).
double step_flops(const RecurrenceShape& shape) {
  return 6.0 * static_cast<double>(shape.tokens) * static_cast<double>(shape.heads) *
         static_cast<double>(shape.rows) * static_cast<double>(shape.columns);
}

// The block decomposition of their section 6 with chunks of Q: C B^T (2 Q N per group), masked
// scores times inputs (2 Q P per head), chunk states and their reading (2 N P each), per token.
double chunk_flops(const RecurrenceShape& shape, std::int64_t groups) {
  const auto rows = static_cast<double>(shape.rows);
  const auto columns = static_cast<double>(shape.columns);
  const auto chunk = static_cast<double>(shape.chunk);
  return static_cast<double>(shape.tokens) *
         (static_cast<double>(shape.heads) * (2 * chunk * rows + 4 * rows * columns) +
          static_cast<double>(groups) * 2 * chunk * columns);
}

class Mamba2 final : public MixerBlock {
 public:
  Mixer read(ConfigReader& config, const Family& family, const ContextRule&) const override {
    Mixer mixer;
    mixer.kind = MixerKind::mamba2;
    const std::int64_t hidden = config.count({"hidden_size", "d_model"});
    // Defaults of mamba_ssm's Mamba2 class, which writes only what differs into ssm_cfg.
    const std::int64_t expanded = config.count_or({"expand", "mamba_expand"}, 2) * hidden;
    mixer.value_head_dim = family.has(kRecurrent)
                               ? config.count_or({"head_dim"}, 64)
                               : config.count_or({"mamba_head_dim", "mamba_d_head"}, 64);
    if (mixer.value_head_dim == 0) {
      config.error({"mamba_head_dim"}, "'mamba_head_dim' must be at least 1, not 0");
      mixer.value_head_dim = 1;
    }
    mixer.value_heads = config.count_or({"mamba_num_heads", "mamba_n_heads", "num_heads"},
                                        std::max<std::int64_t>(expanded / mixer.value_head_dim, 1));
    mixer.inner = mixer.value_heads * mixer.value_head_dim;
    mixer.key_head_dim = config.count_or({"ssm_state_size", "mamba_d_state", "state_size"}, 128);
    mixer.groups = config.count_or({"n_groups", "mamba_n_groups"}, 1);
    mixer.conv_kernel = config.count_or({"conv_kernel", "mamba_d_conv"}, 4);
    mixer.chunk_size = config.count_or({"chunk_size", "mamba_chunk_size"}, 256);
    mixer.has_qkv_bias = config.flag({"use_bias", "mamba_proj_bias"}, false);
    config.touch({"mamba_proj_bias", "mamba_conv_bias", "use_conv_bias"});
    if (mixer.groups == 0 || mixer.value_heads % std::max<std::int64_t>(mixer.groups, 1) != 0) {
      config.contradiction(
          {"n_groups", "mamba_n_groups"},
          fmt::format("{} heads cannot share {} groups evenly", mixer.value_heads, mixer.groups));
    }
    return mixer;
  }

  void weigh(const Mixer& mixer, WeightTally& tally) const override {
    const std::int64_t hidden = tally.model.hidden_size;
    const std::int64_t tensor = tally.parallelism.tensor;
    const auto projections = [&](std::int64_t ranks) {
      const std::int64_t inner = share(mixer.inner, ranks);
      const std::int64_t in = inner + convolved(mixer, ranks) + share(mixer.value_heads, ranks);
      return static_cast<double>(hidden * (in + inner));
    };
    const auto small = [&](std::int64_t ranks) {
      // Convolution with bias; A, D and dt bias of each head; the gated norm.
      return static_cast<double>(convolved(mixer, ranks) * (mixer.conv_kernel + 1) +
                                 3 * share(mixer.value_heads, ranks) + share(mixer.inner, ranks));
    };
    tally.add(WeightPart::attention, projections(1), projections(tensor));
    tally.add(WeightPart::plain, small(1), small(tensor));
  }

  void lower(const Mixer& mixer, Lowering& out) const override {
    const std::int64_t tensor = out.parallelism.tensor;
    const std::int64_t hidden = out.model.hidden_size;
    const std::int64_t inner = share(mixer.inner, tensor);
    out.gemm("in_proj",
             {out.work.tokens, inner + convolved(mixer, tensor) + share(mixer.value_heads, tensor),
              hidden},
             WeightPart::attention);
    lower_context(mixer, out);
    const double elements = out.tokens() * static_cast<double>(inner);
    out.vector("gated_norm", {2 * elements, elements, 10 * elements});
    out.gemm("out_proj", {out.work.tokens, hidden, inner}, WeightPart::attention);
    out.reduce_hidden("attention_all_reduce");
  }

  void lower_context(const Mixer& mixer, Lowering& out) const override {
    const std::int64_t tensor = out.parallelism.tensor;
    const ContextWork& context = out.context(mixer.rule);
    const double channels = static_cast<double>(convolved(mixer, tensor));
    const double kept = static_cast<double>(out.work.sequences) *
                        static_cast<double>(mixer.conv_kernel - 1) * channels;
    const double elements = out.tokens() * channels;
    out.vector("causal_conv",
               {elements + kept, elements + kept,
                (2 * static_cast<double>(mixer.conv_kernel) + 8) * elements},
               DependsOn::context);
    const RecurrenceShape prefill = shape_of(mixer, context.prefill, tensor, mixer.chunk_size);
    out.recurrence("ssm_scan_prefill", prefill,
                   chunk_flops(prefill, kv_share(mixer.groups, tensor)),
                   channels * static_cast<double>(prefill.tokens));
    const RecurrenceShape decode = shape_of(mixer, context.decode, tensor, 1);
    out.recurrence("ssm_scan_decode", decode, step_flops(decode),
                   channels * static_cast<double>(decode.tokens));
  }

  BlockBytes cache(const Mixer& mixer, const Model& model, int tensor) const override {
    const double state = static_cast<double>(share(mixer.value_heads, tensor) *
                                             mixer.value_head_dim * mixer.key_head_dim);
    const double window = static_cast<double>((mixer.conv_kernel - 1) * convolved(mixer, tensor));
    return {0, state * bytes_per_element(model.state) + window * bytes_per_element(model.dtype)};
  }

  double live_elements(const Mixer& mixer, const Model&, int tensor) const override {
    return static_cast<double>(2 * convolved(mixer, tensor) + 2 * share(mixer.inner, tensor));
  }
};

const Mamba2 kBlock;
const RegisterMixer kRegistered(MixerKind::mamba2, kBlock);

}  // namespace
}  // namespace moru
