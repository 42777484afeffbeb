#include "moru/dram/spec.h"

#include "moru/base/error.h"

#include <fmt/format.h>

namespace moru {

std::int64_t DramSpec::ticks(std::string_view timing_name) const {
  const auto found = timing.find(timing_name);
  if (found == timing.end()) {
    fail(fmt::format("DRAM part {} has no timing '{}', which {} needs", id, timing_name, standard));
  }
  return found->second.ticks;
}

double DramSpec::peak_bytes_per_second() const {
  return data_rate * 1e6 * geometry.width * geometry.pseudo_channels / 8.0;
}

std::vector<std::string> DramSpec::extrapolated() const {
  std::vector<std::string> names;
  for (const auto& [timing_name, value] : timing) {
    if (value.status == SpecStatus::extrapolated) {
      names.push_back(timing_name);
    }
  }
  return names;
}

std::string_view command_name(const DramSpec& spec, DramCommand command) {
  return command == DramCommand::act && spec.controller == ControllerKind::split_activate
             ? std::string_view("ACT1")
             : enum_name(command);
}

}  // namespace moru
