// What stands before the first layer and after the last one.
#pragma once

#include "moru/model/op/lowering.h"
#include "moru/model/op/weight_tally.h"

namespace moru {

// Input table, learned positions, the norm after them.
void weigh_embedding(WeightTally& tally);
// Final norm and vocabulary projection. A tied head shares the table's memory unless the two lie on
// different pipeline stages.
void weigh_head(WeightTally& tally);

void lower_embedding(Lowering& out);
void lower_head(Lowering& out);

}  // namespace moru
