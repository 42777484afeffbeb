// The curves that are shipped with moru (data/dram/curve).
#pragma once

#include <string>

namespace moru {

// One file for each DRAM part that a chip of the catalogue uses, with a curve for each pin rate.
// Throws Error if the folder cannot be written.
void write_curves(const std::string& folder);

}  // namespace moru
