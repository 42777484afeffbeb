#include "moru/dram/energy.h"

#include "moru/base/fields_parse.h"
#include "moru/base/text.h"

namespace moru {

void EnergyFigure::validate(const FieldCheck& check) const {
  check.require(low <= mid && mid <= high, "mid", "low, mid and high must not decrease");
}

EnergyTable load_energy_table(const std::string& generation) {
  const Found found = require_in_catalogue(kDramEnergy, to_lower(generation));
  return parse_document<EnergyTable>(read_document(found.path));
}

EnergyReport energy_of(const DramSpec& spec, const EnergyTable& table,
                       const ChannelCounters& counters, std::uint64_t channels, Tick ticks) {
  const auto count = [&](DramCommand command) {
    return static_cast<double>(counters.commands[static_cast<std::size_t>(index_of(command))]);
  };
  const DramGeometry& g = spec.geometry;
  const double bits = 8.0 * g.access_bytes();
  const double reads = count(DramCommand::rd) + count(DramCommand::rda);
  const double writes = count(DramCommand::wr) + count(DramCommand::wra);
  const double scope_banks = spec.refresh_scope == DramLevel::channel ? g.flat_banks()
                             : spec.refresh_scope == DramLevel::pseudo_channel
                                 ? g.flat_banks() / g.pseudo_channels
                                 : g.banks_per_rank();
  const double refreshed_banks =
      (count(DramCommand::ref_all) + count(DramCommand::rfm_all)) * scope_banks +
      count(DramCommand::ref_bank) + count(DramCommand::rfm_bank) +
      count(DramCommand::ref_same) * g.bank_groups;
  const double asleep = static_cast<double>(counters.powered_down + counters.self_refresh);
  const double awake = static_cast<double>(channels) * static_cast<double>(ticks) - asleep;
  const auto split = [&](double EnergyFigure::*level) {
    constexpr double kPico = 1e-12;
    constexpr double kMilli = 1e-3;
    EnergySplit made;
    made.activate = count(DramCommand::act) * table.activate.*level * kPico;
    made.read = reads * bits * table.read.*level * kPico;
    made.write = writes * bits * table.write.*level * kPico;
    made.io = (reads + writes) * bits * table.io.*level * kPico;
    made.refresh = refreshed_banks * table.refresh.*level * kPico;
    made.background = (awake * table.background.*level + asleep * table.asleep.*level) * kMilli *
                      spec.tick_seconds;
    return made;
  };
  return {split(&EnergyFigure::low), split(&EnergyFigure::mid), split(&EnergyFigure::high)};
}

}  // namespace moru
