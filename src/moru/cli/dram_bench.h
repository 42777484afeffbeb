#pragma once

#include <string>

namespace moru {

// Speed of the engine on the golden cases of a folder, beside the reference's own figures
// (cpu_cost.csv): CPU time per tick, and instructions per tick where the machine lets a program
// count its own. Text or moru/dram-bench/1.
std::string dram_bench(const std::string& folder, bool as_json);

}  // namespace moru
