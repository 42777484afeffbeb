// What `moru norms frontier` prints.
#pragma once

#include "moru/planning/norms_frontier.h"

#include <string>

namespace moru {

std::string frontier_text(const NormsFrontier& frontier, const FrontierQuestion& question,
                          bool explains);
// Schema moru/norms-frontier/1.
std::string frontier_json(const NormsFrontier& frontier, const FrontierQuestion& question);

}  // namespace moru
