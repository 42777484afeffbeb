#include "moru/serving/constants.h"

namespace moru {

std::span<const Constant* const> serving_constants() {
  static constexpr const Constant* kAll[] = {&kAsyncStepOverhead, &kSyncStepOverhead,
                                             &kRuntimeMemory, &kFrontEnd, &kTokenisation};
  return kAll;
}

}  // namespace moru
