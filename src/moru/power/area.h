// The silicon area of a chip from its parts: arithmetic by format, vector lanes, SRAM by kind,
// interfaces, and the share that no part states.
#pragma once

#include "moru/base/ledger.h"
#include "moru/chip/chip.h"

namespace moru {

// Enters area_matrix, area_fp64, area_vector, area_graphics, area_registers, area_cache,
// area_interfaces and area_uncounted, and gives back area_total: mm2 of all dies of the package
// together. A chip without a clock takes that of its kind; one without a node counts as N5.
double enter_area(Ledger& ledger, const Chip& chip);

// The node of the chip's first die, "N5" if it states none.
std::string logic_node(const Chip& chip);

}  // namespace moru
