// Golden command traces of a reference DRAM simulator, replayed and compared line by line.
//
// A folder has cases.json (name, standard, config, ticks, pattern, load_permille, seed),
// configs/*.yaml (refresh manager, queue sizes, watermarks) and data/NAME.commands.csv.xz,
// NAME.requests.csv.xz.
#pragma once

#include "moru/dram/channel.h"
#include "moru/dram/pattern.h"
#include "moru/dram/spec.h"

#include <cstdint>
#include <string>
#include <vector>

namespace moru {

struct DramCase {
  std::string name;
  std::string standard;
  Tick ticks = 0;
  PatternSource::Settings pattern;
  ControllerOptions options;
};

// What one run put on the bus and when its requests were accepted and done.
struct DramRun {
  std::vector<CommandRecord> commands;
  RequestTimes times;
};

struct DramComparison {
  std::string name;
  std::int64_t commands = 0;  // of the golden trace
  std::int64_t requests = 0;
  std::int64_t differences = 0;  // lines of either file that differ, are missing or too many
  std::string first_difference;
};

// The part whose table the reference used for a standard of the golden data. Throws Error for
// others.
DramSpec reference_spec(const std::string& standard);

// The cases of a folder, or the one named. Throws Error if there is none.
std::vector<DramCase> read_dram_cases(const std::string& folder, const std::string& only);
// All requests of a case, in memory.
std::vector<DramRequest> requests_of(const DramCase& dram_case, const DramSpec& spec);
DramRun run_dram_case(const DramCase& dram_case, const DramSpec& spec,
                      const std::vector<DramRequest>& requests);
// The golden files' lines for a run ("tick,command,pc,…" and "index,accept,done").
std::string command_lines(const DramSpec& spec, const std::vector<CommandRecord>& commands);
std::string request_lines(const RequestTimes& times, Tick end);

std::vector<DramComparison> validate_dram(const std::string& folder, const std::string& only);

// The decompressed content of a .xz file. Throws Error.
std::string read_xz(const std::string& path);

}  // namespace moru
