// What a chip's main memory sustains for what operators do with it.
//
// The cycle-accurate engine's curve (dram/curve.h) of the chip's DRAM part at the chip's pin rate;
// the number of stacks and the interleave decide into how short runs a piece of memory falls.
// Memories without DRAM tables (SRAM, LPDDR4X, announced kinds) get one share for everything.
#pragma once

#include "moru/chip/chip.h"
#include "moru/dram/curve.h"

#include <string>

namespace moru {

struct MainMemory {
  std::string part;         // of the DRAM catalogue; empty: no tables
  double data_rate = 0;     // million transfers a second and pin, as the curve was measured
  double peak = 0;          // bytes/s, as the chip states it
  double stream = 0;        // bytes/s of long reads: weights
  double mixed = 0;         // bytes/s of reads and half as many writes: activations
  double places = 1;        // pseudo-channels, into which consecutive interleave units fall in turn
  double interleave = 256;  // bytes of a unit
  double access = 32;       // bytes of one access
  DramCurve curve;          // empty without a part

  // bytes/s of reading pieces of `bytes` each from random places: blocks of a KV cache, rows of a
  // table, one expert's weights. 0: one piece without end.
  double pieces(double bytes) const;
  // The same memory, faster by this factor in everything.
  void scale(double factor);
  // Takes a share of every bandwidth for something else: parity that is kept among the data.
  void give_up(double share);
};

// What to ask of the DRAM catalogue for a memory: the part it names, or the one of its kind whose
// pin rate is nearest; the pin rate follows from bandwidth and pins. No part: no tables of the
// kind.
struct DramUse {
  std::string part;
  double data_rate = 0;  // 0: the part's
};
DramUse dram_use(const MemoryLevel& memory);

// Throws Error if the chip names a part that does not exist.
MainMemory main_memory(const Chip& chip);

}  // namespace moru
