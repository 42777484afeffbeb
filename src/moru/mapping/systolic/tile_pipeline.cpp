#include "moru/mapping/systolic/tile_pipeline.h"

#include <algorithm>
#include <cmath>

namespace moru {

double pipeline_clocks(const TileJob& job) {
  const double depth = std::ceil(job.k / job.height);
  const double columns = std::ceil(std::ceil(job.n / job.width) / job.arrays);
  const double busy = std::max(job.m, job.height);  // loading weights takes a clock per row
  const double weights = job.height * job.width * job.arrays * job.weight_bytes;
  const double load = weights / job.bytes_per_clock;
  const double activations = job.m * job.height * 2 / job.bytes_per_clock;
  const double store = job.m * job.width * job.arrays * 2 / job.bytes_per_clock;
  const double first = (depth - 1) * std::max(busy, load + activations);
  // Then the arrays stay busy to the last tile's drain, or the memory with loads and with the
  // results of all columns but the last, of which the last but one's may leave behind the last
  // tile.
  const double more = (columns - 1) * depth;
  const double drain = job.height + job.width;
  const double computing = (more + 1) * busy + drain;
  const double loading = more * load + std::max(columns - 2, 0.0) * store + busy + drain;
  const double storing = (columns - 1) * store + std::max(more * load, busy);
  return job.transfer_start + load + activations + first + std::max({computing, loading, storing}) +
         store;
}

}  // namespace moru
