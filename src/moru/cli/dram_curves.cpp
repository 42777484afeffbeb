#include "moru/cli/dram_curves.h"

#include "moru/base/file.h"
#include "moru/mapping/main_memory.h"

#include <map>
#include <set>

namespace moru {

void write_curves(const std::string& folder) {
  // Each part at its own rate, and at those of the chips.
  std::map<std::string, std::set<double>> rates;
  for (const std::string& id : catalogue_ids(kChips)) {
    const Chip chip = load_chip(id);
    for (const MemoryLevel& memory : chip.memory) {
      if (const DramUse use = dram_use(memory); !use.part.empty()) {
        const DramSpec spec = load_dram_spec(use.part);
        rates[spec.id].insert({spec.data_rate, curve_rate(spec, use.data_rate)});
      }
    }
  }
  for (const auto& [part, of_part] : rates) {
    std::vector<DramCurve> curves;
    for (const double rate : of_part) {
      curves.push_back(measure_curve(part, rate));
    }
    write_file(folder + "/" + part + ".yaml", curve_file(part, curves));
  }
}

}  // namespace moru
