// Sustained bandwidth and loaded latency of a DRAM part under an access pattern, from the engine.
//
// A chip model asks with what its operators do: a stream of weights, pages of a KV cache, random
// reads. Answers are kept in memory and under $XDG_CACHE_HOME/moru/dram (or ~/.cache/moru/dram),
// one small file per question, named by a hash of the part's evaluated table, the controller and
// the pattern; a file appears whole or not at all. A cache that cannot be read or written is no
// error.
#pragma once

#include "moru/dram/memory.h"

#include <cstdint>
#include <string>

namespace moru {

enum class CurvePattern : std::uint8_t {
  stream,  // weights, activations: consecutive, reads
  mixed,   // consecutive, every third a write (activations that are written back)
  paged,   // runs of `block_bytes` from random places (KV pages, one expert's rows)
  random,  // single accesses anywhere
};
template <>
struct EnumNames<CurvePattern> {
  static constexpr std::array<std::pair<std::string_view, CurvePattern>, 4> values = {
      {{"stream", CurvePattern::stream},
       {"mixed", CurvePattern::mixed},
       {"paged", CurvePattern::paged},
       {"random", CurvePattern::random}}};
};

struct CurveQuestion {
  std::string part;      // id or alias of a DRAM part
  double data_rate = 0;  // million transfers a second and pin; 0: the part's own
  int stacks = 1;
  CurvePattern pattern = CurvePattern::stream;
  std::int64_t block_bytes = 0;   // paged: contiguous bytes over all channels
  std::int64_t interleave = 256;  // consecutive bytes in one channel
  double load = 1.0;              // of the peak request rate; 1: as fast as the memory takes them
};

struct CurvePoint {
  double share_of_peak = 0;      // sustained
  double mean_latency = 0;       // seconds, from acceptance to the last data
  double p99_latency = 0;        // seconds
  double joules_per_byte = 0;    // mid figure
  bool is_extrapolated = false;  // rests on timings no source publishes
  friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};

// From memory, the cache folder, or the engine (tens of milliseconds). Thread-safe. Throws Error on
// an unknown part.
CurvePoint dram_curve(const CurveQuestion& question);

// As dram_curve, past both caches.
CurvePoint simulate_curve(const CurveQuestion& question);

// Empties the cache in memory, not the files.
void forget_dram_curves();

// Where the files stand; empty if there is no home to keep them in.
std::string curve_cache_folder();

}  // namespace moru
