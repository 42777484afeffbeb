// What bound a run: which row of the constraint table, or which wait, stood between one access and
// the next on the data bus.
#pragma once

#include "moru/dram/spec.h"

#include <string>
#include <vector>

namespace moru {

struct BoundShare {
  std::string what;  // "bank ACT->RD nRCDRD", "data bus", "no request ready"
  double share = 0;  // of all ticks
};

// For every column command the chain of rows that made it wait is followed back until the time of
// the access before it on the same data bus; the ticks between are put down to the row at the chain's
// end. Largest first; the data bus's own share is the achieved bandwidth.
std::vector<BoundShare> explain_bound(const DramSpec& spec,
                                      const std::vector<CommandRecord>& commands);

}  // namespace moru
