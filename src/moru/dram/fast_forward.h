// Exact fast-forward of long sequential streams.
//
// A stream's requests repeat, but for the row, every `requests_per_row`; refreshes repeat every
// interval. So the channel's state, with rows counted from the stream's own and ticks from now,
// comes back after some rounds of refreshes; from then on the run is a repetition, and whole
// repetitions can be added to the counters instead of being simulated. States are compared in full,
// each with one that Brent's method keeps (Brent 1980, "An improved Monte Carlo factorization
// algorithm", section 2).
#pragma once

#include "moru/dram/channel.h"
#include "moru/dram/pattern.h"

namespace moru {

struct StreamRun {
  ChannelCounters counters;
  Tick ticks = 0;               // when the last request was on its way
  std::uint64_t simulated = 0;  // requests that were simulated one by one
  std::uint64_t repetitions = 0;
  Tick period = 0;  // ticks of one repetition; 0: none was found
};

// `count` sequential reads of one channel (or every third a write), from the first row on, offered
// as fast as the channel takes them. With `may_jump` false every request is simulated.
StreamRun run_stream(const DramSpec& spec, const ControllerOptions& options, std::uint64_t count,
                     bool with_writes, bool may_jump);

}  // namespace moru
