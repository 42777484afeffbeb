// Which mixer, which context and which feed-forward part each layer has: the many spellings of a
// layer pattern, brought to one list.
#pragma once

#include "moru/model/config/config_reader.h"
#include "moru/model/config/family.h"
#include "moru/model/model.h"

#include <vector>

namespace moru {

struct LayerPlan {
  MixerKind mixer = MixerKind::attention;
  ContextRule rule;
  bool reuses_index = false;  // sparse attention with the choice of an earlier layer
  FeedForwardKind feed_forward = FeedForwardKind::dense;

  friend bool operator==(const LayerPlan&, const LayerPlan&) = default;
};

// One entry per layer. Problems are reported through the reader; the result is then unusable.
std::vector<LayerPlan> plan_layers(ConfigReader& config, const Family& family);

}  // namespace moru
