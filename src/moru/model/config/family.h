// What transformers builds for a model_type without any key saying so: biases, norms, ungated MLPs,
// learned positions. One row per model_type in family.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace moru {

enum Trait : std::uint32_t {
  kQkvBias = 1U << 0,       // projections to queries, keys and values have a bias
  kOutputBias = 1U << 1,    // and the one back to hidden_size
  kNoOutputBias = 1U << 2,  // attention_bias speaks of q, k and v only
  kQkNorm = 1U << 3,        // a norm on every query and key head
  kNoRope = 1U << 4,        // learned positions, ALiBi, or none
  kSinks = 1U << 5,         // a learned logit per head
  kOutputGate = 1U << 6,    // attention output is gated by a second half of q_proj
  kMultiQuery = 1U << 7,    // one key head unless a key says otherwise
  kUngated = 1U << 8,       // up, activation, down: no gate projection
  kMlpBias = 1U << 9,
  kMlpFourTimes = 1U << 10,  // intermediate size is 4 x hidden_size unless stated
  kNormBias = 1U << 11,      // LayerNorm with a bias
  kEmbeddingNorm = 1U << 12,
  kOneNorm = 1U << 13,    // a block has one norm: attention and MLP side by side, or a lone mixer
  kFourNorms = 1U << 14,  // before and after attention and MLP
  kTied = 1U << 15,       // tie_word_embeddings defaults to true
  kLearnedPositions = 1U << 16,
  kHeadBias = 1U << 17,
  kWindowEverywhere = 1U << 18,    // sliding_window holds for all layers
  kWindowOnRequest = 1U << 19,     // only with use_sliding_window, from layer max_window_layers on
  kWindowAlternates = 1U << 20,    // even layers slide
  kWindowUnused = 1U << 21,        // stated in configs, not read by the model's code
  kRouterBias = 1U << 22,          // router and experts have biases
  kSharedExpert = 1U << 23,        // one shared expert that no key counts
  kSharedGate = 1U << 24,          // a sigmoid gate on the shared expert
  kRecurrent = 1U << 25,           // no attention: every layer is a state-space block
  kLinearByInterval = 1U << 26,    // linear attention except every full_attention_interval-th layer
  kDtNorms = 1U << 27,             // Jamba norms dt, B and C
  kPostMlpNorm = 1U << 28,         // a third norm, after the feed-forward part
  kDenseBesideExperts = 1U << 29,  // the dense MLP runs in parallel with the experts
};

struct Family {
  std::string_view model_type;
  std::uint32_t traits = 0;
  int position_offset = 0;  // rows of the position table before position 0 (OPT: 2)

  bool has(Trait trait) const { return (traits & trait) != 0; }
};

// The row of a model_type, or nullptr.
const Family* find_family(std::string_view model_type);
// The row that "Qwen3MoeForCausalLM" belongs to, or nullptr.
const Family* family_of_architecture(std::string_view name);
// Reads as Llama: gated MLP, two RMSNorms, rotary positions, no biases.
const Family& llama_family();
std::span<const Family> all_families();

// Why a model_type whose keys look familiar is not modelled; empty for all others.
std::string_view reason_not_modelled(std::string_view model_type);

}  // namespace moru
