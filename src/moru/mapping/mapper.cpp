#include "moru/mapping/mapper.h"

#include "moru/base/text.h"

#include <fmt/format.h>

namespace moru {

std::optional<Infeasible> simulation_problem(const Chip& chip) {
  const std::vector<std::string> missing = chip.missing_for_simulation();
  if (missing.empty()) {
    return std::nullopt;
  }
  return Infeasible{
      fmt::format("{} cannot be simulated: {} not known; copy its file and fill them in", chip.id,
                  join(std::span<const std::string>(missing), ", "))};
}

}  // namespace moru
