// How long a step takes: the engine's only question to the cost model.
#pragma once

#include "moru/base/units.h"
#include "moru/model/batch.h"

#include <span>
#include <vector>

namespace moru {

class StepTimer {
 public:
  virtual ~StepTimer() = default;
  // The context rules whose sums it wants, in the order of BatchWork::contexts.
  virtual std::span<const ContextRule> rules() const = 0;
  // Nanoseconds on each pipeline stage for a step of these batches, one per data rank (an idle rank
  // has no sequences). `stages` is overwritten.
  virtual void time(std::span<const BatchWork> ranks, std::vector<SimTime>& stages) = 0;
  // The step last asked for is really taken (an engine may look before it leaps).
  virtual void commit() {}
};

}  // namespace moru
