// The resources of a chip that an architect can buy more of, each as a change to its description.
#pragma once

#include "moru/chip/chip.h"

#include <span>
#include <string_view>

namespace moru {

struct Resource {
  std::string_view name;
  std::string_view meaning;
  // Gives the chip `factor` times as much of it (for latencies and launch cost: as little).
  void (*scale)(Chip& chip, double factor);
  // Whether the chip states anything that scale() would change.
  bool (*is_there)(const Chip& chip);
};

std::span<const Resource> resources();
// nullptr if nothing has that name.
const Resource* find_resource(std::string_view name);

}  // namespace moru
