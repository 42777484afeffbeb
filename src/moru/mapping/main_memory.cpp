#include "moru/mapping/main_memory.h"

#include "moru/base/text.h"
#include "moru/mapping/constants.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace moru {
namespace {

// Pins of one stack (JESD235, JESD238, JESD270); other kinds come in no standard package.
double pins_of_stack(std::string_view kind) {
  return kind.starts_with("HBM4") ? 2048 : kind.starts_with("HBM") ? 1024 : 0;
}

// Of a memory's data pins, 0: not known.
double pins_of(const MemoryLevel& memory) {
  if (memory.bus_bits) {
    return memory.bus_bits->value;
  }
  return memory.stacks ? memory.stacks->value * pins_of_stack(memory.kind) : 0;
}

// The part called KIND-RATE whose rate is nearest; a variant has more in its name and is chosen by
// naming it. GDDR6X stands with GDDR6: the same arrays behind other pins.
std::optional<DramUse> nearest_part(std::string kind, double data_rate) {
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (kind == "gddr6x") {
    kind = "gddr6";
  }
  std::optional<DramUse> best;
  double nearest = 0;
  for (const std::string& id : catalogue_ids(kDramParts)) {
    if (!id.starts_with(kind + "-")) {
      continue;
    }
    const std::optional<double> giga = parse_double(std::string_view(id).substr(kind.size() + 1));
    if (!giga) {
      continue;
    }
    const double away = std::abs(*giga * 1e3 - data_rate);
    if (!best || away < nearest) {
      best = DramUse{id, data_rate};
      nearest = away;
    }
  }
  return best;
}

}  // namespace

double MainMemory::pieces(double bytes) const {
  if (part.empty() || bytes <= 0) {
    return stream;
  }
  // Its share of the piece, at least one unit, at most the whole piece.
  const double run = std::max(bytes / places, std::min(bytes, interleave));
  return peak * curve.share_of_run(run / access);
}

void MainMemory::scale(double factor) {
  for (double* bandwidth : {&peak, &stream, &mixed}) {
    *bandwidth *= factor;
  }
}

void MainMemory::give_up(double share) { scale(1 - share); }

DramUse dram_use(const MemoryLevel& memory) {
  const double pins = pins_of(memory);
  const double rate =
      memory.bandwidth && pins > 0 ? memory.bandwidth->value.value * 8 / pins * 1e-6 : 0;
  if (memory.part) {
    return {*memory.part, rate};
  }
  return nearest_part(memory.kind, rate).value_or(DramUse{});
}

MainMemory main_memory(const Chip& chip) {
  const MemoryLevel& level = *chip.main_memory();
  MainMemory memory;
  memory.peak = level.bandwidth->value.value;
  memory.stream = memory.mixed = memory.peak * kMemoryEfficiency.value;
  const DramUse use = dram_use(level);
  if (use.part.empty()) {
    return memory;
  }
  const DramSpec spec = load_dram_spec(use.part);
  memory.curve = dram_curve(use.part, use.data_rate);
  memory.part = spec.id;
  memory.data_rate = memory.curve.data_rate;
  memory.stream = memory.peak * memory.curve.stream.share;
  memory.mixed = memory.peak * memory.curve.mixed.share;
  memory.access = spec.geometry.access_bytes();
  if (level.interleave) {
    memory.interleave = level.interleave->value.value;
  }
  const double pins = pins_of(level);
  const double width = spec.geometry.width;
  memory.places = std::max(
      1.0, pins > 0 ? pins / width
                    : memory.peak / (spec.peak_bytes_per_second() / spec.geometry.pseudo_channels));
  return memory;
}

}  // namespace moru
