// Power of a chip from what it does: arithmetic, bytes from memory, bytes over links, and time.
#pragma once

#include "moru/base/ledger.h"
#include "moru/chip/chip.h"

namespace moru {

// What one chip did: `busy` seconds with kernels running or in the host's gaps between them.
struct Activity {
  double busy = 0;
  double flops = 0;
  double memory_bytes = 0;
  double link_bytes = 0;
};

// Joules and watts of one chip.
struct ChipEnergy {
  double per_flop = 0;
  double per_memory_byte = 0;  // memory, PHYs, and the way across the die to the registers
  double per_link_byte = 0;
  double static_watts = 0;  // while busy
  double idle_watts = 0;    // with a model loaded and nothing to do
  double limit_watts = 0;   // TDP

  // static + arithmetic + bytes, at most the limit; 0 for no time.
  double busy_watts(const Activity& activity) const;
  // Of `seconds`, of which activity.busy were busy.
  double joules(const Activity& activity, double seconds) const;
};

// Enters energy_per_flop, energy_per_memory_byte, energy_per_link_byte, static_power, idle_power.
// `compute` is the format that products are multiplied in. The TDP is the chip's, or its estimate
// (enter_tdp) if it states none.
ChipEnergy enter_energy(Ledger& ledger, const Chip& chip, DType compute);

// Enters tdp_estimate: watts of a chip laid out for tdp_activity.matrix of its 16-bit peak and
// tdp_activity.memory of its bandwidth at once.
double enter_tdp(Ledger& ledger, const Chip& chip);

// Average power of a busy chip, at the facts' values: for validation against measured power.
double average_power(const FactBook& book, const Chip& chip, DType compute,
                     const Activity& activity);

}  // namespace moru
