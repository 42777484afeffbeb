// The lightning indexer of DeepSeek sparse attention: a small MQA that scores every cached key in
// fp8 and keeps the best index_topk for the attention proper (DeepSeek-V3.2-Exp report,
// section 2.1).
#pragma once

#include "moru/model/op/block.h"

namespace moru {

void read_indexer(ConfigReader& config, Mixer& mixer);
// Nothing for layers without an indexer of their own.
void weigh_indexer(const Mixer& mixer, WeightTally& tally);
void lower_indexer_projections(const Mixer& mixer, Lowering& out);
void lower_indexer_context(const Mixer& mixer, Lowering& out);
// Its keys, cached in fp8 with one fp32 scale per token.
double indexer_cache_bytes(const Mixer& mixer);

}  // namespace moru
