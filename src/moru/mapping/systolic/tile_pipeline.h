// A product on weight-stationary arrays fed by a DMA engine: the closed form of what
// systolic/tile_simulator.h walks through tile by tile.
#pragma once

namespace moru {

// [m x k] x [k x n]; all rates per clock.
struct TileJob {
  double m = 1;
  double n = 1;
  double k = 1;
  double height = 128;  // of an array: depth of a tile of weights
  double width = 128;   // columns of it
  double arrays = 1;    // each takes its own columns; all get the same activations
  double bytes_per_clock = 512;
  double weight_bytes = 2;    // per element
  double transfer_start = 0;  // clocks before the first bytes of a stream arrive
};

// Clocks with enough buffers: per step the longer of computing a tile and loading the
// next; once the first load, the arrays' fill and drain, and the last store. Activations are loaded
// with the first columns and stay.
double pipeline_clocks(const TileJob& job);

}  // namespace moru
