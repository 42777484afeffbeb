// An operator of a forward pass as the question a kernel-level model answers.
#pragma once

#include "moru/mapping/task.h"
#include "moru/model/operator.h"

namespace moru {

// Attention is asked with the mean lengths of its batch; vector work, gathers and recurrences with
// their bytes and arithmetic. `kv_block`: tokens whose keys stand together in memory.
Task task_of(const Operator& op, std::int64_t kv_block);

}  // namespace moru
