// An event-level walk of a product over arrays, buffers, a DMA engine and a memory: the check of
// pipeline_clocks(). One event per transfer and per tile, so millions of clocks pass in a
// millisecond.
#pragma once

#include "moru/mapping/systolic/tile_pipeline.h"

#include <cstdint>

namespace moru {

struct TileRun {
  double clocks = 0;  // from the first request to the last byte stored
  double array_busy = 0;
  double memory_busy = 0;
  std::int64_t events = 0;
};

// Four buffers of weights and two of results; a transfer holds the memory until its last byte.
TileRun simulate_tiles(const TileJob& job);

}  // namespace moru
