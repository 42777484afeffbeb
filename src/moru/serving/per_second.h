// A count for each second of a run. A run may be idle for years (a trace stretched to a low rate),
// so only seconds near an event take memory.
#pragma once

#include "moru/base/units.h"

#include <cstdint>
#include <vector>

namespace moru {

class PerSecond {
 public:
  void add(SimTime time, std::int64_t count);
  // The largest count of a second, at least 0.
  std::int64_t peak() const;
  // The largest sum of the counts up to a second, at least 0.
  std::int64_t peak_sum() const;

 private:
  std::vector<std::vector<std::int64_t>> chunks_;  // of kChunk seconds, or empty
};

}  // namespace moru
