// Mamba: a selective state-space scan with a decay per channel and state (Gu and Dao 2023, "Mamba",
// arXiv 2312.00752), and its form in Jamba, which norms dt, B and C.
#include "moru/model/op/block.h"

namespace moru {
namespace {

// Per channel and state: dt*A and its exponential, dt*B*x, state update, product with C and sum:
// the nine operations that the selective-scan kernel of the Mamba paper is counted with.
constexpr double kScanFlops = 9;

class Mamba1 final : public MixerBlock {
 public:
  Mixer read(ConfigReader& config, const Family& family, const ContextRule&) const override {
    Mixer mixer;
    mixer.kind = MixerKind::mamba1;
    const std::int64_t hidden = config.count({"hidden_size", "d_model"});
    // Defaults of mamba_ssm's Mamba class.
    const std::int64_t expanded = config.count_or({"mamba_expand", "expand"}, 2) * hidden;
    mixer.inner =
        family.has(kRecurrent) ? config.count_or({"intermediate_size"}, expanded) : expanded;
    mixer.key_head_dim = config.count_or({"mamba_d_state", "state_size"}, 16);
    mixer.conv_kernel = config.count_or({"mamba_d_conv", "conv_kernel"}, 4);
    const std::int64_t usual_rank = (hidden + 15) / 16;  // what "auto" stands for
    mixer.dt_rank = config.text({"mamba_dt_rank", "time_step_rank"}) == "auto"
                        ? usual_rank
                        : config.count_or({"mamba_dt_rank", "time_step_rank"}, usual_rank);
    mixer.has_qkv_bias = config.flag({"mamba_proj_bias", "use_bias"}, false);
    mixer.has_qk_norm = family.has(kDtNorms);
    config.touch({"mamba_conv_bias", "use_conv_bias"});
    if (mixer.inner == 0 || mixer.dt_rank == 0 || mixer.conv_kernel == 0 ||
        mixer.key_head_dim == 0) {
      config.error({"mamba_expand", "mamba_dt_rank", "mamba_d_conv", "mamba_d_state"},
                   "the sizes of a Mamba layer must be at least 1");
    }
    return mixer;
  }

  void weigh(const Mixer& mixer, WeightTally& tally) const override {
    const std::int64_t hidden = tally.model.hidden_size;
    const std::int64_t columns = mixer.dt_rank + 2 * mixer.key_head_dim;
    // In (twice), x_proj, dt_proj and out.
    const std::int64_t projected = 2 * hidden + columns + mixer.dt_rank + hidden;
    // Convolution with bias, dt bias, A and D.
    const std::int64_t small = mixer.conv_kernel + 1 + 1 + mixer.key_head_dim + 1;
    const auto inner = static_cast<double>(mixer.inner);
    const auto local = static_cast<double>(share(mixer.inner, tally.parallelism.tensor));
    tally.add(WeightPart::attention, inner * static_cast<double>(projected),
              local * static_cast<double>(projected));
    tally.add(WeightPart::plain, inner * static_cast<double>(small),
              local * static_cast<double>(small));
    if (mixer.has_qk_norm) {
      tally.replicated(WeightPart::plain, columns);
    }
  }

  void lower(const Mixer& mixer, Lowering& out) const override {
    const std::int64_t hidden = out.model.hidden_size;
    const std::int64_t inner = share(mixer.inner, out.parallelism.tensor);
    const std::int64_t columns = mixer.dt_rank + 2 * mixer.key_head_dim;
    out.gemm("in_proj", {out.work.tokens, 2 * inner, hidden}, WeightPart::attention);
    lower_conv(mixer, out);
    out.gemm("x_proj", {out.work.tokens, columns, inner}, WeightPart::attention);
    out.collective("x_proj_all_reduce",
                   {CollectiveKind::all_reduce, out.parallelism.tensor,
                    out.tokens() * static_cast<double>(columns) * out.element_bytes()});
    out.gemm("dt_proj", {out.work.tokens, inner, mixer.dt_rank}, WeightPart::attention);
    lower_scan(mixer, out);
    out.gemm("out_proj", {out.work.tokens, hidden, inner}, WeightPart::attention);
    out.reduce_hidden("attention_all_reduce");
  }

  void lower_context(const Mixer& mixer, Lowering& out) const override {
    lower_conv(mixer, out);
    lower_scan(mixer, out);
  }

  BlockBytes cache(const Mixer& mixer, const Model& model, int tensor) const override {
    const auto inner = static_cast<double>(share(mixer.inner, tensor));
    return {0,
            inner * (static_cast<double>(mixer.key_head_dim) * bytes_per_element(model.state) +
                     static_cast<double>(mixer.conv_kernel - 1) * bytes_per_element(model.dtype))};
  }

  double live_elements(const Mixer& mixer, const Model&, int tensor) const override {
    return static_cast<double>(4 * share(mixer.inner, tensor) + mixer.dt_rank +
                               2 * mixer.key_head_dim);
  }

 private:
  static void lower_conv(const Mixer& mixer, Lowering& out) {
    const auto inner = static_cast<double>(share(mixer.inner, out.parallelism.tensor));
    const double kept = static_cast<double>(out.work.sequences) *
                        static_cast<double>(mixer.conv_kernel - 1) * inner;
    const double elements = out.tokens() * inner;
    out.vector("causal_conv",
               {elements + kept, elements + kept,
                (2 * static_cast<double>(mixer.conv_kernel) + 8) * elements},
               DependsOn::context);
  }

  static void lower_scan(const Mixer& mixer, Lowering& out) {
    const ContextWork& context = out.context(mixer.rule);
    const std::int64_t inner = share(mixer.inner, out.parallelism.tensor);
    const auto scan = [&](std::string_view name, const AttentionWork& work) {
      // Every channel is a head with a state of one row.
      const RecurrenceShape shape = {
          inner, 1, mixer.key_head_dim, work.sequences, work.query_tokens, 1};
      const double channels = static_cast<double>(work.query_tokens) * static_cast<double>(inner);
      // Input, dt and gate of each channel; B and C are shared by all.
      out.recurrence(
          name, shape, kScanFlops * channels * static_cast<double>(mixer.key_head_dim),
          3 * channels + static_cast<double>(2 * work.query_tokens * mixer.key_head_dim));
    };
    scan("ssm_scan_prefill", context.prefill);
    scan("ssm_scan_decode", context.decode);
  }
};

const Mamba1 kBlock;
const RegisterMixer kRegistered(MixerKind::mamba1, kBlock);

// A layer without token mixing (the lone MLPs and experts of Nemotron-H).
class NoMixer final : public MixerBlock {
 public:
  Mixer read(ConfigReader&, const Family&, const ContextRule&) const override {
    Mixer mixer;
    mixer.kind = MixerKind::none;
    return mixer;
  }
  void weigh(const Mixer&, WeightTally&) const override {}
  void lower(const Mixer&, Lowering&) const override {}
  void lower_context(const Mixer&, Lowering&) const override {}
  BlockBytes cache(const Mixer&, const Model&, int) const override { return {}; }
  double live_elements(const Mixer&, const Model&, int) const override { return 0; }
};

const NoMixer kNone;
const RegisterMixer kRegisteredNone(MixerKind::none, kNone);

}  // namespace
}  // namespace moru
