// Runs one golden case's requests through the engine: what callgrind counts is the loop alone.
//   dram_engine DIR CASE [TICKS]
// scripts/dram_instructions wraps it in callgrind and compares with cpu_cost.csv.
#include "moru/validation/dram.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: dram_engine DIR CASE [TICKS]\n", stderr);
    return 2;
  }
  moru::DramCase one = moru::read_dram_cases(argv[1], argv[2]).front();
  const moru::DramSpec spec = moru::reference_spec(one.standard);
  const moru::Tick ticks = argc > 3 ? std::atoll(argv[3]) : one.ticks;
  const std::vector<moru::DramRequest> requests = moru::requests_of(one, spec);
  const std::unique_ptr<moru::DramChannel> channel = moru::DramChannel::make(spec, one.options);
  moru::MemorySource source(requests);
  channel->set_source(&source);
  const double start = cpu_seconds();
  channel->advance_until(ticks);
  const double seconds = cpu_seconds() - start;
  fmt::print("{} ticks={} accepted={} cpu_s={:.5f} mticks_per_s={:.2f} mreq_per_s={:.3f}\n",
             one.name, ticks, channel->counters().accepted, seconds,
             static_cast<double>(ticks) / seconds / 1e6,
             static_cast<double>(channel->counters().accepted) / seconds / 1e6);
  return 0;
}
