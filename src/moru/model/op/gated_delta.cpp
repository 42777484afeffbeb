// Gated DeltaNet: linear attention whose state is decayed and corrected by the delta rule (Yang,
// Kautz, Hatamizadeh 2024, "Gated Delta Networks", arXiv 2412.06464), as Qwen3-Next and Qwen3.5 use
// it.
#include "moru/model/op/block.h"

#include <fmt/format.h>

namespace moru {
namespace {

// flash-linear-attention's kernels, which vLLM runs, process 64 tokens at once.
constexpr std::int64_t kChunk = 64;

std::int64_t convolved(const Mixer& mixer, std::int64_t tensor) {
  return 2 * share(mixer.key_heads, tensor) * mixer.key_head_dim +
         share(mixer.value_heads, tensor) * mixer.value_head_dim;
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

// One token at a time (their eq. 10): decay, read by the key, rank-one correction, read by the
// query: 1 + 2 + 2 + 2 operations per state element.
double step_flops(const RecurrenceShape& shape) {
  return 7.0 * static_cast<double>(shape.tokens) * static_cast<double>(shape.heads) *
         static_cast<double>(shape.rows) * static_cast<double>(shape.columns);
}

// Chunkwise (their section 3.3), C tokens with keys of d_k and values of d_v: K K^T and Q K^T take
// 2 C d_k each, the triangular inverse applied to keys and values 2 C (d_k + d_v), the masked
// scores times values 2 C d_v, and three products with the state 2 d_k d_v each, per token and
// head.
double chunk_flops(const RecurrenceShape& shape) {
  const auto rows = static_cast<double>(shape.rows);
  const auto columns = static_cast<double>(shape.columns);
  const auto chunk = static_cast<double>(shape.chunk);
  return static_cast<double>(shape.tokens) * static_cast<double>(shape.heads) *
         (2 * chunk * (3 * columns + 2 * rows) + 6 * rows * columns);
}

class GatedDelta final : public MixerBlock {
 public:
  Mixer read(ConfigReader& config, const Family&, const ContextRule&) const override {
    Mixer mixer;
    mixer.kind = MixerKind::gated_delta;
    mixer.key_heads = config.count({"linear_num_key_heads"});
    mixer.value_heads = config.count({"linear_num_value_heads"});
    mixer.key_head_dim = config.count({"linear_key_head_dim"});
    mixer.value_head_dim = config.count({"linear_value_head_dim"});
    mixer.conv_kernel = config.count({"linear_conv_kernel_dim"});
    mixer.chunk_size = kChunk;
    if (mixer.value_heads % mixer.key_heads != 0) {
      config.contradiction({"linear_num_value_heads"},
                           fmt::format("{} value heads cannot share {} key heads evenly",
                                       mixer.value_heads, mixer.key_heads));
    }
    return mixer;
  }

  void weigh(const Mixer& mixer, WeightTally& tally) const override {
    const std::int64_t hidden = tally.model.hidden_size;
    const auto projections = [&](std::int64_t tensor) {
      const std::int64_t values = share(mixer.value_heads, tensor) * mixer.value_head_dim;
      // Queries, keys, values and output gate, then back.
      return static_cast<double>(hidden * (convolved(mixer, tensor) + values) + values * hidden);
    };
    const auto small = [&](std::int64_t tensor) {
      const std::int64_t heads = share(mixer.value_heads, tensor);
      // Write strength and decay of each head, its A and dt bias, and the convolution.
      return static_cast<double>(2 * heads * hidden + 2 * heads +
                                 convolved(mixer, tensor) * mixer.conv_kernel);
    };
    const std::int64_t tensor = tally.parallelism.tensor;
    tally.add(WeightPart::attention, projections(1), projections(tensor));
    tally.add(WeightPart::plain, small(1), small(tensor));
    tally.replicated(WeightPart::plain, mixer.value_head_dim);
  }

  void lower(const Mixer& mixer, Lowering& out) const override {
    const std::int64_t tensor = out.parallelism.tensor;
    const std::int64_t hidden = out.model.hidden_size;
    const std::int64_t heads = share(mixer.value_heads, tensor);
    const std::int64_t values = heads * mixer.value_head_dim;
    out.gemm("in_proj_qkvz", {out.work.tokens, convolved(mixer, tensor) + values, hidden},
             WeightPart::attention);
    out.gemm("in_proj_ba", {out.work.tokens, 2 * heads, hidden}, WeightPart::plain);
    lower_context(mixer, out);
    const double elements = out.tokens() * static_cast<double>(values);
    // RMSNorm, SiLU of the gate, and their product.
    out.vector("gated_norm", {2 * elements, elements, 10 * elements});
    out.gemm("out_proj", {out.work.tokens, hidden, values}, WeightPart::attention);
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
    out.recurrence("delta_rule_prefill", prefill, chunk_flops(prefill),
                   channels * static_cast<double>(prefill.tokens));
    const RecurrenceShape decode = shape_of(mixer, context.decode, tensor, 1);
    out.recurrence("delta_rule_decode", decode, step_flops(decode),
                   channels * static_cast<double>(decode.tokens));
  }

  BlockBytes cache(const Mixer& mixer, const Model& model, int tensor) const override {
    const double state = static_cast<double>(share(mixer.value_heads, tensor) *
                                             mixer.value_head_dim * mixer.key_head_dim);
    const double window = static_cast<double>((mixer.conv_kernel - 1) * convolved(mixer, tensor));
    return {0, state * bytes_per_element(model.state) + window * bytes_per_element(model.dtype)};
  }

  double live_elements(const Mixer& mixer, const Model&, int tensor) const override {
    return static_cast<double>(2 * convolved(mixer, tensor) +
                               2 * share(mixer.value_heads, tensor) * mixer.value_head_dim);
  }
};

const GatedDelta kBlock;
const RegisterMixer kRegistered(MixerKind::gated_delta, kBlock);

}  // namespace
}  // namespace moru
