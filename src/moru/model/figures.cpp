// Figures derived from a model: parameters, bytes of weights, KV cache and activations.
#include "moru/model/model.h"
#include "moru/model/op/block.h"
#include "moru/model/op/embedding_and_head.h"

#include <algorithm>

namespace moru {
namespace {

void weigh_layers(const LayerRange& range, WeightTally& tally) {
  const Model& model = tally.model;
  std::vector<int> counts(model.layer_kinds().size(), 0);
  for (int i = range.first; i < range.last; ++i) {
    ++counts[static_cast<std::size_t>(model.kind_of_layer()[static_cast<std::size_t>(i)])];
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Layer& layer = model.layer_kinds()[i];
    tally.set_repeat(counts[i]);
    mixer_block(layer.mixer.kind).weigh(layer.mixer, tally);
    feed_forward_block(layer.feed_forward.kind).weigh(layer.feed_forward, tally);
    tally.replicated(WeightPart::plain,
                     layer.norms * (model.has_norm_bias ? 2 : 1) * model.hidden_size);
  }
  tally.set_repeat(1);
}

LayerRange stage_range(const Model& model, const Parallelism& parallelism, int stage) {
  return stage_layers(static_cast<int>(model.layers.size()), parallelism.pipeline, stage);
}

// Tokens of a sequence that a layer keeps.
double kept_tokens(const ContextRule& rule, double tokens) {
  const bool is_bounded = rule.kind == ContextKind::window || rule.kind == ContextKind::chunk;
  return is_bounded ? std::min(tokens, static_cast<double>(rule.span)) : tokens;
}

// The largest value of sum(layer) over the stages.
template <class Sum>
double most_loaded_stage(const Model& model, const Parallelism& parallelism, Sum of_layer) {
  double most = 0;
  for (int stage = 0; stage < parallelism.pipeline; ++stage) {
    const LayerRange range = stage_range(model, parallelism, stage);
    double sum = 0;
    for (int i = range.first; i < range.last; ++i) {
      sum += of_layer(model.layers[static_cast<std::size_t>(i)]);
    }
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

ParameterCount count_parameters(const Model& model) {
  const Parallelism alone;
  WeightTally tally(model, alone);
  weigh_layers({0, static_cast<int>(model.layers.size())}, tally);
  const double layers = tally.total;
  weigh_embedding(tally);
  weigh_head(tally);
  ParameterCount count;
  count.total = tally.total;
  count.active = tally.active;
  count.embedding = tally.total - layers;
  if (model.has_final_norm) {
    count.embedding -= static_cast<double>((model.has_norm_bias ? 2 : 1) * model.hidden_size);
  }
  return count;
}

double weight_bytes_per_chip(const Model& model, const Parallelism& parallelism) {
  double most = 0;
  for (int stage = 0; stage < parallelism.pipeline; ++stage) {
    WeightTally tally(model, parallelism);
    weigh_layers(stage_range(model, parallelism, stage), tally);
    if (stage == 0) {
      weigh_embedding(tally);
    }
    if (stage + 1 == parallelism.pipeline) {
      weigh_head(tally);
    }
    most = std::max(most, tally.bytes_on_rank);
  }
  return most;
}

double kv_bytes_per_token(const Model& model) {
  double bytes = 0;
  for (const Layer& layer : model.layers) {
    bytes += mixer_block(layer.mixer.kind).cache(layer.mixer, model, 1).per_token;
  }
  return bytes;
}

double kv_bytes_per_sequence(const Model& model, const Parallelism& parallelism, double tokens) {
  return most_loaded_stage(model, parallelism, [&](const Layer& layer) {
    const BlockBytes bytes =
        mixer_block(layer.mixer.kind).cache(layer.mixer, model, parallelism.tensor);
    return bytes.per_token * kept_tokens(layer.mixer.rule, tokens) + bytes.per_sequence;
  });
}

double kv_block_bytes(const Model& model, const Parallelism& parallelism, std::int64_t block_size) {
  return most_loaded_stage(model, parallelism, [&](const Layer& layer) {
    return static_cast<double>(block_size) *
           mixer_block(layer.mixer.kind).cache(layer.mixer, model, parallelism.tensor).per_token;
  });
}

double activation_peak_bytes(const Model& model, const Parallelism& parallelism,
                             std::int64_t tokens, std::int64_t sampled) {
  double widest = 0;
  for (const Layer& layer : model.layer_kinds()) {
    widest = std::max(
        {widest,
         mixer_block(layer.mixer.kind).live_elements(layer.mixer, model, parallelism.tensor),
         feed_forward_block(layer.feed_forward.kind)
             .live_elements(layer.feed_forward, model, parallelism)});
  }
  const double streams = 2 * static_cast<double>(model.hidden_size);
  const double layer_bytes =
      static_cast<double>(tokens) * (streams + widest) * bytes_per_element(model.dtype);
  // Logits in the model's dtype and their fp32 copy for sampling.
  const double logits = static_cast<double>(sampled) * static_cast<double>(model.vocab_size) *
                        (bytes_per_element(model.dtype) + bytes_per_element(DType::fp32));
  const double kept = static_cast<double>(tokens) * streams * bytes_per_element(model.dtype);
  return std::max(layer_bytes, kept + logits);
}

}  // namespace moru
