// The dense feed-forward part: gate and up projections (or up alone), activation, down projection.
#include "moru/model/op/block.h"

namespace moru {
namespace {

// SiLU or GELU by tanh: about eight operations an element, and the product with the up projection.
constexpr double kActivationFlops = 9;

class DenseMlp final : public FeedForwardBlock {
 public:
  FeedForward read(ConfigReader& config, const Family& family) const override {
    FeedForward part;
    part.kind = FeedForwardKind::dense;
    // Llama 4 and MiniMax-M3 name the width of dense layers apart from that of the experts.
    const ConfigReader::Names names = {"intermediate_size_mlp",
                                       "dense_intermediate_size",
                                       "intermediate_size",
                                       "ffn_dim",
                                       "n_inner",
                                       "ffn_hidden_size"};
    const bool is_derived = family.has(kMlpFourTimes) && !config.has(names);
    part.inter =
        is_derived ? 4 * config.count({"hidden_size", "n_embd", "d_model"}) : config.count(names);
    part.is_gated = !family.has(kUngated);
    part.has_bias = config.flag({"mlp_bias", "enable_bias"}, family.has(kMlpBias));
    return part;
  }

  void weigh(const FeedForward& part, WeightTally& tally) const override {
    const std::int64_t hidden = tally.model.hidden_size;
    const std::int64_t local = share(part.inter, tally.parallelism.tensor);
    const std::int64_t products = part.is_gated ? 3 : 2;
    tally.add(WeightPart::mlp, static_cast<double>(products * part.inter * hidden),
              static_cast<double>(products * local * hidden));
    if (part.has_bias) {
      tally.add(WeightPart::plain, static_cast<double>((products - 1) * part.inter),
                static_cast<double>((products - 1) * local));
      tally.replicated(WeightPart::plain, hidden);
    }
  }

  void lower(const FeedForward& part, Lowering& out) const override {
    const std::int64_t local = share(part.inter, out.parallelism.tensor);
    const std::int64_t columns = (part.is_gated ? 2 : 1) * local;
    out.gemm(part.is_gated ? "gate_up_proj" : "up_proj",
             {out.work.tokens, columns, out.model.hidden_size}, WeightPart::mlp);
    const double activated = out.tokens() * static_cast<double>(local);
    out.vector("activation", {out.tokens() * static_cast<double>(columns), activated,
                              kActivationFlops * activated});
    out.gemm("down_proj", {out.work.tokens, out.model.hidden_size, local}, WeightPart::mlp);
    out.reduce_hidden("mlp_all_reduce");
  }

  double live_elements(const FeedForward& part, const Model&,
                       const Parallelism& parallelism) const override {
    return static_cast<double>((part.is_gated ? 3 : 2) * share(part.inter, parallelism.tensor));
  }
};

// A layer that only mixes tokens (Nemotron-H, Mamba).
class NoFeedForward final : public FeedForwardBlock {
 public:
  FeedForward read(ConfigReader&, const Family&) const override {
    FeedForward part;
    part.kind = FeedForwardKind::none;
    return part;
  }
  void weigh(const FeedForward&, WeightTally&) const override {}
  void lower(const FeedForward&, Lowering&) const override {}
  double live_elements(const FeedForward&, const Model&, const Parallelism&) const override {
    return 0;
  }
};

const DenseMlp kDense;
const RegisterFeedForward kRegisteredDense(FeedForwardKind::dense, kDense);
const NoFeedForward kNone;
const RegisterFeedForward kRegisteredNone(FeedForwardKind::none, kNone);

}  // namespace
}  // namespace moru
