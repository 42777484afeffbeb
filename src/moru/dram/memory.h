// A whole memory: the channels of all stacks under one pattern or trace, on threads.
//
// Channels share nothing but the question, so their results do not depend on the number of threads.
#pragma once

#include "moru/dram/address_map.h"
#include "moru/dram/bound.h"
#include "moru/dram/energy.h"
#include "moru/dram/pattern.h"
#include "moru/dram/trace_file.h"

#include <optional>
#include <string>
#include <vector>

namespace moru {

struct DramQuestion {
  std::string part = "hbm3-6.4";
  double data_rate = 0;  // overrides the part's
  SpecMode mode = SpecMode::strict;
  int stacks = 1;
  DramPattern pattern = DramPattern::stream;
  double load = 1.0;              // of the peak request rate
  std::int64_t page_bytes = 0;    // paged: bytes of one page over all channels
  std::int64_t interleave = 256;  // consecutive bytes in one channel
  AddressScheme scheme = AddressScheme::interleaved;
  double seconds = 20e-6;  // simulated
  // stream and mixed: so much in all instead of a time, repetitions skipped (fast_forward.h).
  double bytes = 0;
  bool may_jump = true;
  std::uint64_t seed = 1;
  int threads = 0;                           // 0: as many as the machine has
  std::optional<ControllerOptions> options;  // absent: sustained_options()
  std::vector<TraceAccess> trace;            // instead of the pattern, where not empty
  bool keep_commands = false;
  bool explain = true;      // fill DramAnswer::bound
  int sample_channels = 0;  // simulate only so many of the channels and count them alone; 0: all
  // Each pseudo-channel has queues and a command bus of its own and counts as a channel.
  bool separate_queues = false;
};

struct DramAnswer {
  DramSpec spec;
  ControllerOptions options;
  int channels = 0;             // simulated and counted: of all stacks, or the sample
  Tick ticks = 0;               // of the longest channel
  std::uint64_t simulated = 0;  // with `bytes`: requests of a channel not skipped
  ChannelCounters counters;     // of all channels
  double peak_bytes_per_second = 0;
  double bytes_per_second = 0;
  EnergyReport energy;
  std::vector<BoundShare> bound;                     // of the first channel
  std::vector<std::vector<CommandRecord>> commands;  // by channel, where kept

  double share_of_peak() const { return bytes_per_second / peak_bytes_per_second; }
  double seconds(double ticks_count) const { return ticks_count * spec.tick_seconds; }
};

// The controller that stands for a GPU's: 48-entry queues, rows closed after their last waiting
// access, the part's own refresh mode (docs/design/dram-sustained.md says how that was chosen).
ControllerOptions sustained_options(const DramSpec& spec);

// Throws Error on questions that make no sense.
DramAnswer simulate_dram(const DramQuestion& question);
// The same of a part that is already loaded; part, data_rate and mode of the question are ignored.
DramAnswer simulate_dram(const DramQuestion& question, const DramSpec& loaded);

}  // namespace moru
