// Request traces of other DRAM simulators, and command traces.
#pragma once

#include "moru/dram/address_map.h"
#include "moru/dram/spec.h"

#include <string>
#include <vector>

namespace moru {

struct TraceAccess {
  std::uint64_t address = 0;
  Tick cycle = 0;  // when it may start; 0 where the format has no times
  bool is_write = false;
};

// Reads, told apart by their lines:
//   Ramulator  "LD 0x1000", "ST 4096" (also R and W)
//   DRAMsim3   "0x1000 READ 12", "0x1000 WRITE 14"
// Empty lines and lines that begin with '#' are skipped. Throws Error with the line of the first
// that is neither.
std::vector<TraceAccess> read_access_trace(const std::string& path);
std::vector<TraceAccess> parse_access_trace(const std::string& text, const std::string& name);

// The accesses of each channel, in order.
std::vector<std::vector<DramRequest>> split_by_channel(const std::vector<TraceAccess>& accesses,
                                                       const AddressMap& map, int channels);

// "channel,tick,command,pc,sid,bg,bank,row,col,type" and a line per command.
std::string command_trace_header();
std::string command_trace_lines(const DramSpec& spec, int channel,
                                const std::vector<CommandRecord>& commands);

}  // namespace moru
