// Process nodes as vendors write them ("4N", "SF4X", "14nm", "N3P") and the facts that belong to
// their class.
#pragma once

#include "moru/base/ledger.h"

#include <string>
#include <string_view>

namespace moru {

// The class of a node: n2, n3, n4, n5, n6, n7, n10, n12, n16, n28, n40, n65 of TSMC (foundries
// without an own entry count as its class), sf2, sf3, sf4, sf5, sf8 of Samsung. A text that names
// no node counts as n5, which is said once.
std::string node_class(std::string_view node);

// The name of the fact "prefix.class", or of the nearest class that has one: a derivative falls
// back to its parent (n4 to n5, n6 to n7, n12 to n16, sf5 to sf4, sf4 to n5).
std::string node_fact(const FactBook& book, std::string_view prefix, std::string_view node);

}  // namespace moru
