// A model's parts in words, for the pages of `moru show`.
#pragma once

#include "moru/model/model.h"

#include <string>

namespace moru {

// "attention, 32 heads, 8 kv, head_dim 128, window 4096".
std::string mixer_text(const Mixer& mixer);
// "128 experts of 1536, top 8".
std::string feed_forward_text(const FeedForward& part);
// "bf16", or "mxfp4, attention bf16".
std::string weight_format_text(const Model& model);
// "attention", or "36 gated_delta + 12 attention".
std::string mixers_text(const Model& model);
// "32/8", "128 latent", "" for a model without attention.
std::string heads_text(const Model& model);
// "128 top 8", "" for a dense model.
std::string experts_text(const Model& model);

}  // namespace moru
