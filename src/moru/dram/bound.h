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

// Ticks in which a data bus stands idle before an access are put down to the row that made the
// access wait, followed back through the rows of its bank (tRCD, tRP) to the one that limits the
// flow of commands (tFAW, a refresh, …). Largest first; the data bus's own share is the achieved
// bandwidth.
std::vector<BoundShare> explain_bound(const DramSpec& spec,
                                      const std::vector<CommandRecord>& commands);

}  // namespace moru
