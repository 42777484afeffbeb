// quantization_config: which parts of the weights are stored in which format.
#pragma once

#include "moru/base/error.h"
#include "moru/base/node.h"
#include "moru/model/model.h"

namespace moru {

// Applies the map under quantization_config to the model's formats. A part (attention, MLP,
// experts, head) counts as not converted if the lists of exceptions cover it in more than half of
// the layers.
void read_quantization(const Document& document, const Node& config, Model& model,
                       Diagnostics& diagnostics);

// Stores all products in one format, as a variant suffix such as -FP8 promises: attention, MLP and
// experts; 4-bit NVIDIA exports of mixtures leave attention alone.
void apply_weight_format(DType weight, DType activation, Model& model);

}  // namespace moru
