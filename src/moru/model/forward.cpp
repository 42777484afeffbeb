#include "moru/model/model.h"
#include "moru/model/op/block.h"
#include "moru/model/op/embedding_and_head.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

void lower_layer(const Layer& layer, Lowering& out) {
  const bool mixes = layer.mixer.kind != MixerKind::none;
  const bool feeds = layer.feed_forward.kind != FeedForwardKind::none;
  const std::int64_t hidden = out.model.hidden_size;
  out.norm(mixes ? "input_norm" : "mlp_norm", hidden, true);
  mixer_block(layer.mixer.kind).lower(layer.mixer, out);
  if (layer.norms >= 4) {
    out.norm("attention_output_norm", hidden, false);
  }
  if (layer.norms >= 2 && mixes && feeds) {
    out.norm("mlp_norm", hidden, true);
  }
  feed_forward_block(layer.feed_forward.kind).lower(layer.feed_forward, out);
  if (layer.norms >= 3) {
    out.norm("mlp_output_norm", hidden, false);
  }
  for (int extra = 4; extra < layer.norms; ++extra) {
    out.norm("branch_norm", hidden, false);
  }
}

// Calls visit(layer, how many) for each distinct layer of a stage, in order of first use.
template <class Visit>
void for_each_kind(const Model& model, const LayerRange& range, Visit visit) {
  const std::vector<Layer>& kinds = model.layer_kinds();
  std::vector<int> counts(kinds.size(), 0);
  std::vector<int> order;
  for (int i = range.first; i < range.last; ++i) {
    const int kind = model.kind_of_layer()[static_cast<std::size_t>(i)];
    if (counts[static_cast<std::size_t>(kind)]++ == 0) {
      order.push_back(kind);
    }
  }
  for (const int kind : order) {
    visit(kinds[static_cast<std::size_t>(kind)], counts[static_cast<std::size_t>(kind)]);
  }
}

LayerRange checked_stage(const Model& model, const Parallelism& parallelism, int stage) {
  if (const auto problem = parallelism_problem(model, parallelism)) {
    throw Error(ErrorKind::infeasible, *problem);
  }
  if (stage < 0 || stage >= parallelism.pipeline) {
    throw Error(ErrorKind::internal,
                fmt::format("there is no pipeline stage {} of {}", stage, parallelism.pipeline));
  }
  return stage_layers(static_cast<int>(model.layers.size()), parallelism.pipeline, stage);
}

// Hidden state and residual stream go to the next stage.
void send_to_next_stage(Lowering& out) {
  out.collective("send_hidden", {CollectiveKind::send_receive, 2,
                                 2 * out.tokens() * static_cast<double>(out.model.hidden_size) *
                                     out.element_bytes()});
}

}  // namespace

LayerRange stage_layers(int layers, int stages, int stage) {
  const int each = layers / stages;
  const int rest = layers % stages;
  // Stages stages-1-rest .. stages-2 get one more.
  const auto extra_before = [&](int s) { return std::clamp(s - (stages - 1 - rest), 0, rest); };
  return {stage * each + extra_before(stage), (stage + 1) * each + extra_before(stage + 1)};
}

std::vector<Operator> forward(const Model& model, const Parallelism& parallelism,
                              const BatchWork& work, int stage) {
  const LayerRange range = checked_stage(model, parallelism, stage);
  std::vector<Operator> operators;
  if (work.tokens <= 0) {
    return operators;
  }
  operators.reserve(64);
  Lowering out(model, parallelism, work, operators);
  if (stage == 0) {
    lower_embedding(out);
  }
  for_each_kind(model, range, [&](const Layer& layer, int count) {
    out.set_repeat(count);
    lower_layer(layer, out);
  });
  out.set_repeat(1);
  if (stage + 1 < parallelism.pipeline) {
    send_to_next_stage(out);
  } else {
    lower_head(out);
  }
  return operators;
}

void context_operators(const Model& model, const Parallelism& parallelism, const BatchWork& work,
                       int stage, std::vector<Operator>& operators) {
  const LayerRange range = checked_stage(model, parallelism, stage);
  if (work.tokens <= 0) {
    return;
  }
  Lowering out(model, parallelism, work, operators);
  for_each_kind(model, range, [&](const Layer& layer, int count) {
    out.set_repeat(count);
    mixer_block(layer.mixer.kind).lower_context(layer.mixer, out);
  });
}

}  // namespace moru
