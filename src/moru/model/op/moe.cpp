// Mixture of experts: router, routed experts as one grouped product, shared experts, and the
// traffic that tensor, data or expert parallelism needs, as vLLM's FusedMoE lays it out.
#include "moru/model/op/block.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

constexpr double kActivationFlops = 9;  // as in a dense MLP
// Softmax or sigmoid of a logit and its part in the selection, per expert.
constexpr double kRoutingFlops = 8;

// How the experts of one layer lie over the ranks. Without expert parallelism every rank has a
// slice of every expert; vLLM then forms one tensor-parallel group over tensor x data ranks.
struct Spread {
  std::int64_t ranks = 1;   // over which whole experts are split
  std::int64_t slices = 1;  // into which each expert is cut
};

Spread spread(const Parallelism& parallelism) {
  const std::int64_t all = std::int64_t{parallelism.tensor} * parallelism.data;
  return parallelism.expert ? Spread{all, 1} : Spread{1, all};
}

std::int64_t width(const FeedForward& part, const Model& model) {
  return part.latent > 0 ? part.latent : model.hidden_size;
}

MoeShape shape_of(const FeedForward& part, const Lowering& out) {
  const Spread over = spread(out.parallelism);
  MoeShape shape;
  shape.tokens = out.work.tokens * out.parallelism.data;
  shape.topk = part.topk;
  shape.experts = part.experts;
  shape.local_experts = share(part.experts, over.ranks);
  shape.hidden = width(part, out.model);
  shape.inter = share(part.inter, over.slices);
  shape.is_gated = part.is_gated;
  const auto tokens = static_cast<double>(shape.tokens);
  const double chosen = static_cast<double>(part.topk) / static_cast<double>(part.experts);
  const auto local = static_cast<double>(shape.local_experts);
  shape.local_rows = tokens * chosen * local;
  // Each token leaves an expert out with probability 1 - topk / experts.
  shape.experts_hit = local * (1 - std::pow(1 - chosen, tokens));
  return shape;
}

// Ranks among which the `topk` experts of a token fall: it is sent to each of them once.
double ranks_reached(double ranks, double topk) {
  return ranks * (1 - std::pow(1 - 1 / ranks, topk));
}

class MixtureOfExperts final : public FeedForwardBlock {
 public:
  FeedForward read(ConfigReader& config, const Family& family) const override {
    FeedForward part;
    part.kind = FeedForwardKind::moe;
    part.experts = config.count({"num_local_experts", "num_experts", "n_routed_experts"});
    part.topk = config.count({"num_experts_per_tok", "num_experts_per_token", "experts_per_token",
                              "top_k_experts", "moe_topk"});
    if (part.topk > part.experts) {
      config.contradiction(
          {"num_experts_per_tok", "num_experts_per_token", "experts_per_token"},
          fmt::format("a token cannot choose {} of {} experts", part.topk, part.experts));
      part.topk = part.experts;
    }
    part.inter = config.count(
        {"moe_intermediate_size", "expert_intermediate_size", "intermediate_size", "ffn_dim"});
    part.is_gated = !family.has(kUngated);
    part.has_bias = family.has(kRouterBias);
    config.touch({"mlp_bias"});
    part.has_router_bias = family.has(kRouterBias);
    part.latent = config.count_or({"moe_latent_size"}, 0);
    read_shared(config, family, part);
    return part;
  }

  void weigh(const FeedForward& part, WeightTally& tally) const override {
    const Model& model = tally.model;
    const Spread over = spread(tally.parallelism);
    const std::int64_t products = part.is_gated ? 3 : 2;
    const std::int64_t outer = width(part, model);
    const auto experts_of = [&](std::int64_t count, std::int64_t inter) {
      const std::int64_t biases = part.has_bias ? (products - 1) * inter + outer : 0;
      return static_cast<double>(count) * static_cast<double>(products * inter * outer + biases);
    };
    tally.add_routed(experts_of(part.experts, part.inter),
                     experts_of(share(part.experts, over.ranks), share(part.inter, over.slices)),
                     experts_of(part.topk, part.inter));
    tally.replicated(WeightPart::plain,
                     part.experts * (model.hidden_size + (part.has_router_bias ? 1 : 0)));
    if (part.latent > 0) {
      tally.replicated(WeightPart::mlp, 2 * part.latent * model.hidden_size);
    }
    if (part.shared_inter > 0) {
      const std::int64_t local = share(part.shared_inter, tally.parallelism.tensor);
      tally.add(WeightPart::mlp,
                static_cast<double>(products * part.shared_inter * model.hidden_size),
                static_cast<double>(products * local * model.hidden_size));
    }
    if (part.has_shared_gate) {
      tally.replicated(WeightPart::plain, model.hidden_size);
    }
  }

  void lower(const FeedForward& part, Lowering& out) const override {
    const MoeShape shape = shape_of(part, out);
    out.gemm("router", {out.work.tokens, part.experts, out.model.hidden_size}, WeightPart::plain);
    const double logits = out.tokens() * static_cast<double>(part.experts);
    const double chosen = out.tokens() * static_cast<double>(part.topk);
    // Logits and weights are fp32 and ids 32-bit: two elements each.
    out.vector("routing", {2 * logits, 4 * chosen, kRoutingFlops * logits});
    if (part.latent > 0) {
      out.gemm("latent_down_proj", {out.work.tokens, part.latent, out.model.hidden_size},
               WeightPart::mlp);
    }
    exchange("dispatch", true, shape, out);
    lower_experts(shape, out);
    exchange("combine", false, shape, out);
    if (part.latent > 0) {
      out.gemm("latent_up_proj", {out.work.tokens, out.model.hidden_size, part.latent},
               WeightPart::mlp);
    }
    lower_shared(part, out);
    merge(part, out);
  }

  double live_elements(const FeedForward& part, const Model& model,
                       const Parallelism& parallelism) const override {
    // vLLM's fused_moe holds the first product, whose memory the last one reuses, and the
    // activation.
    const Spread over = spread(parallelism);
    const std::int64_t inter = share(part.inter, over.slices);
    const std::int64_t first =
        std::max<std::int64_t>((part.is_gated ? 2 : 1) * inter, width(part, model));
    const double rows = static_cast<double>(part.topk * parallelism.data) *
                        static_cast<double>(share(part.experts, over.ranks)) /
                        static_cast<double>(part.experts);
    return rows * static_cast<double>(first + inter) + static_cast<double>(model.hidden_size);
  }

 private:
  static void read_shared(ConfigReader& config, const Family& family, FeedForward& part) {
    const std::int64_t each =
        config.count_or({"moe_shared_expert_intermediate_size", "share_expert_dim"}, part.inter);
    const std::int64_t count = config.count_or({"n_shared_experts", "num_shared_experts"},
                                               family.has(kSharedExpert) ? 1 : 0);
    // Qwen and MiniMax state the width of all shared experts at once.
    part.shared_inter = config.count_or(
        {"shared_expert_intermediate_size", "shared_intermediate_size"}, count * each);
    if (family.has(kDenseBesideExperts)) {  // Gemma 4 keeps its MLP next to the experts
      part.shared_inter = config.count({"intermediate_size"});
    }
    part.has_shared_gate = part.shared_inter > 0 && family.has(kSharedGate);
  }

  // Brings the sums together on the tensor-parallel ranks of a replica.
  static void merge(const FeedForward& part, Lowering& out) {
    const Parallelism& split = out.parallelism;
    const bool is_exchanged = split.expert && split.data > 1;
    if (!is_exchanged || part.shared_inter > 0) {
      out.reduce_hidden("moe_all_reduce");
    }
    if (is_exchanged) {  // each rank got back the slice of tokens that it had sent
      out.collective("moe_all_gather", {CollectiveKind::all_gather, split.tensor,
                                        out.tokens() * static_cast<double>(out.model.hidden_size) *
                                            out.element_bytes()});
    }
  }

  // Tokens travel to the ranks of their experts and back. nccl-tests' size: the buffer of one rank.
  static void exchange(std::string_view name, bool is_dispatch, const MoeShape& shape,
                       Lowering& out) {
    const Parallelism& split = out.parallelism;
    if (split.data == 1) {
      return;  // the tensor-parallel ranks of one replica all hold the tokens
    }
    const double row = static_cast<double>(shape.hidden) * out.element_bytes();
    const int ranks = split.tensor * split.data;
    if (split.expert) {
      // Each tensor-parallel rank sends its slice of the replica's tokens.
      const double sent =
          out.tokens() / split.tensor * ranks_reached(ranks, static_cast<double>(shape.topk));
      out.collective(name, {CollectiveKind::all_to_all, ranks, sent * row});
    } else {
      out.collective(name,
                     {is_dispatch ? CollectiveKind::all_gather : CollectiveKind::reduce_scatter,
                      split.data, static_cast<double>(shape.tokens) * row});
    }
  }

  static void lower_experts(const MoeShape& shape, Lowering& out) {
    const double rows = shape.local_rows;
    const auto outer = static_cast<double>(shape.hidden);
    const auto inter = static_cast<double>(shape.inter);
    const double widened = (shape.is_gated ? 2 : 1) * inter;
    const auto tokens = static_cast<double>(shape.tokens);
    out.vector("moe_permute", {std::min(rows, tokens) * outer, rows * outer, 0});
    Operator& experts = out.add("moe_experts", OperatorClass::grouped_gemm, DependsOn::tokens);
    experts.weight = out.model.weights.experts;
    experts.activation = activation_format(out.model, experts.weight);
    experts.moe = shape;
    experts.flops = 2 * rows * outer * (widened + inter) + kActivationFlops * rows * inter;
    // The first product writes what the activation reads, the activation what the second reads.
    experts.bytes_read = rows * (outer + inter) * bytes_per_element(experts.activation) +
                         rows * widened * out.element_bytes();
    experts.bytes_written = rows * (widened + outer) * out.element_bytes() +
                            rows * inter * bytes_per_element(experts.activation);
    experts.weight_bytes =
        shape.experts_hit * (widened + inter) * outer * bytes_per_element(experts.weight);
    out.vector("moe_combine", {rows * outer, tokens * outer, 2 * rows * outer});
  }

  static void lower_shared(const FeedForward& part, Lowering& out) {
    if (part.shared_inter == 0) {
      return;
    }
    const std::int64_t local = share(part.shared_inter, out.parallelism.tensor);
    const std::int64_t columns = (part.is_gated ? 2 : 1) * local;
    out.gemm(part.is_gated ? "shared_gate_up_proj" : "shared_up_proj",
             {out.work.tokens, columns, out.model.hidden_size}, WeightPart::mlp);
    const double activated = out.tokens() * static_cast<double>(local);
    out.vector("shared_activation", {out.tokens() * static_cast<double>(columns), activated,
                                     kActivationFlops * activated});
    out.gemm("shared_down_proj", {out.work.tokens, out.model.hidden_size, local}, WeightPart::mlp);
    if (part.has_shared_gate) {
      out.gemm("shared_gate", {out.work.tokens, 1, out.model.hidden_size}, WeightPart::plain);
    }
    const double hidden = out.tokens() * static_cast<double>(out.model.hidden_size);
    out.vector("shared_add", {2 * hidden, hidden, hidden});
  }
};

const MixtureOfExperts kBlock;
const RegisterFeedForward kRegistered(FeedForwardKind::moe, kBlock);

}  // namespace
}  // namespace moru
