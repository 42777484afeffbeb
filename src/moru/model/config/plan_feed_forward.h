// Which layers have experts and which are dense.
#pragma once

#include "moru/model/config/layer_plan.h"

#include <string>
#include <vector>

namespace moru {

using Plans = std::vector<LayerPlan>;

// Sets feed_forward of every layer.
void plan_feed_forward(ConfigReader& config, Plans& plans);

// A list with one entry per layer; empty if absent, and reported if its length differs.
std::vector<std::string> per_layer(ConfigReader& config, ConfigReader::Names names,
                                   std::size_t layers);

}  // namespace moru
