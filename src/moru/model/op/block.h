// A block is one kind of token mixer or feed-forward part. One file holds all of it: which config
// keys it has, which weights, which operators, which cache. It registers itself:
//
//   static const RegisterMixer kRegistered(MixerKind::attention, attention_block);
//
// Adding one is adding a file here and a name to MixerKind or FeedForwardKind.
#pragma once

#include "moru/model/config/config_reader.h"
#include "moru/model/config/family.h"
#include "moru/model/op/lowering.h"
#include "moru/model/op/weight_tally.h"

namespace moru {

struct BlockBytes {
  double per_token = 0;     // KV cache of one token on one rank
  double per_sequence = 0;  // recurrent state of one sequence on one rank
};

class MixerBlock {
 public:
  virtual ~MixerBlock() = default;
  // Reads the keys of a layer of this kind that follows `rule`.
  virtual Mixer read(ConfigReader& config, const Family& family, const ContextRule& rule) const = 0;
  virtual void weigh(const Mixer& mixer, WeightTally& tally) const = 0;
  // All operators in execution order, those of lower_context() among them.
  virtual void lower(const Mixer& mixer, Lowering& out) const = 0;
  // The operators that depend on the context.
  virtual void lower_context(const Mixer& mixer, Lowering& out) const = 0;
  virtual BlockBytes cache(const Mixer& mixer, const Model& model, int tensor) const = 0;
  // Activations alive at once for one token beside hidden state and residual, in elements.
  virtual double live_elements(const Mixer& mixer, const Model& model, int tensor) const = 0;
};

class FeedForwardBlock {
 public:
  virtual ~FeedForwardBlock() = default;
  virtual FeedForward read(ConfigReader& config, const Family& family) const = 0;
  virtual void weigh(const FeedForward& part, WeightTally& tally) const = 0;
  virtual void lower(const FeedForward& part, Lowering& out) const = 0;
  virtual double live_elements(const FeedForward& part, const Model& model,
                               const Parallelism& parallelism) const = 0;
};

const MixerBlock& mixer_block(MixerKind kind);
const FeedForwardBlock& feed_forward_block(FeedForwardKind kind);

struct RegisterMixer {
  RegisterMixer(MixerKind kind, const MixerBlock& block);
};
struct RegisterFeedForward {
  RegisterFeedForward(FeedForwardKind kind, const FeedForwardBlock& block);
};

// The part of `n` on one of `ranks` ranks, the largest one where it does not divide evenly.
constexpr std::int64_t share(std::int64_t n, std::int64_t ranks) { return (n + ranks - 1) / ranks; }
// Key heads on one rank: vLLM copies them where there are fewer heads than ranks.
constexpr std::int64_t kv_share(std::int64_t kv_heads, std::int64_t ranks) {
  return kv_heads >= ranks ? share(kv_heads, ranks) : 1;
}

}  // namespace moru
