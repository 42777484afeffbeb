#include "moru/power/area.h"

#include "moru/base/text.h"
#include "moru/power/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

constexpr double kSquareMillimetres = 1e-6;  // mm2 in a um2
constexpr double kGiga = 1e9;

// Spares: what is on the silicon over what is sold.
double built_ratio(const Chip& chip) {
  return chip.cores && chip.cores->built
             ? static_cast<double>(chip.cores->built->value) / chip.cores->count.value
             : 1;
}

double clock_of(Ledger& ledger, const Chip& chip) {
  if (chip.clock.boost) {
    return chip.clock.boost->value.value;
  }
  return ledger.fact(chip.kind == ChipKind::gpu ? "clock.gpu" : "clock.npu");
}

bool has_graphics_memory(const Chip& chip) {
  const MemoryLevel* memory = chip.main_memory();
  return memory != nullptr && to_lower(memory->kind).starts_with("gddr");
}

// 16-bit multiply-adds on the silicon; narrower formats count by their size.
double multiply_adds(Ledger& ledger, const Chip& chip, double clock) {
  const auto count = [&](DType dtype) {
    const auto rate = chip.matrix_rate(dtype);
    return rate ? rate->value / (2 * clock) * built_ratio(chip) : 0;
  };
  return std::max({count(DType::bf16), count(DType::fp8) * ledger.fact("mac_size.fp8"),
                   count(DType::int8) * ledger.fact("mac_size.int8"),
                   count(DType::nvfp4) * ledger.fact("mac_size.fp4"),
                   count(DType::int4) * ledger.fact("mac_size.fp4")});
}

double engine_ratio(Ledger& ledger, const Chip& chip) {
  switch (chip.kind) {
    case ChipKind::npu:
      return ledger.fact("engine_ratio.npu");
    case ChipKind::memory_centric:
      return ledger.fact("engine_ratio.memory_centric");
    case ChipKind::gpu:
      break;
  }
  return 1;
}

// Vector lanes of 32 bits; only GPUs have them apart from their engines.
double lanes(const Chip& chip, double clock) {
  if (chip.kind != ChipKind::gpu) {
    return 0;
  }
  if (chip.cores) {
    const auto stated = chip.cores->vector_flops_per_clock.find(DType::fp32);
    if (stated != chip.cores->vector_flops_per_clock.end()) {
      return stated->second.value / 2 * chip.cores->count.value * built_ratio(chip);
    }
  }
  const auto peak = chip.vector_peak.find(DType::fp32);
  if (peak == chip.vector_peak.end()) {
    return 0;
  }
  const double vector_clock = chip.clock.max ? chip.clock.max->value.value : clock;
  return peak->second.value.value / (2 * vector_clock) * built_ratio(chip);
}

struct Sram {
  double core_private = 0;  // bytes: registers, L1, scratchpads of cores
  double shared = 0;        // caches and scratchpads of the chip
  double main = 0;          // SRAM that is the main memory
};

Sram sram_of(const Chip& chip) {
  Sram sram;
  if (chip.cores) {
    const Core& core = *chip.cores;
    const double one = (core.sram ? core.sram->value.value : 0) +
                       (core.registers ? core.registers->value.value : 0);
    sram.core_private = one * core.count.value * built_ratio(chip);
  }
  for (const Cache& cache : chip.caches) {
    const double bytes = cache.built ? cache.built->value.value : cache.capacity.value.value;
    // An NPU's scratchpads are often stated twice: per core and of the whole chip.
    const bool is_same =
        chip.kind != ChipKind::gpu && std::abs(bytes - sram.core_private) < 0.1 * bytes;
    sram.shared += is_same ? 0 : bytes;
  }
  if (const MemoryLevel* memory = chip.main_memory();
      memory != nullptr && memory->capacity && to_lower(memory->kind) == "sram") {
    sram.main = memory->capacity->value.value;
  }
  return sram;
}

double bytes_area(Ledger& ledger, double bytes, const std::string& cell, std::string_view use) {
  return bytes * 8 * ledger.fact(cell) * kSquareMillimetres / ledger.fact(use);
}

double memory_interfaces(Ledger& ledger, const Chip& chip) {
  double area = 0;
  for (const MemoryLevel& memory : chip.memory) {
    const std::string kind = to_lower(memory.kind);
    if (kind.starts_with("hbm")) {
      const int stacks = memory.sites    ? memory.sites->value
                         : memory.stacks ? memory.stacks->value
                                         : 4;
      area += stacks * ledger.fact(kind.starts_with("hbm4") ? "phy.hbm4_stack" : "phy.hbm_stack");
    } else if (kind.starts_with("gddr") || kind.starts_with("lpddr") || kind.starts_with("ddr")) {
      // Without a bus width: GDDR6's 16 and LPDDR5's 6.4 Gbit/s a pin.
      const bool is_graphics = kind.starts_with("gddr");
      const double rate = is_graphics ? 16e9 / 8 : 6.4e9 / 8;
      const double bits = memory.bus_bits    ? memory.bus_bits->value
                          : memory.bandwidth ? memory.bandwidth->value.value / rate
                                             : 0;
      area += bits / 32 * ledger.fact(is_graphics ? "phy.gddr_32b" : "phy.lpddr_32b");
    }
  }
  return area;
}

double link_interfaces(Ledger& ledger, const Chip& chip) {
  const std::string node = node_class(logic_node(chip));
  const bool is_new = node == "n5" || node == "n4" || node == "n3" || node == "n2" ||
                      node.starts_with("sf4") || node.starts_with("sf3") || node.starts_with("sf2");
  const Link* host = chip.link(LinkScope::host);
  double area = host != nullptr ? host->bandwidth.value.value / kGiga * ledger.fact("phy.host") : 0;
  for (const LinkScope scope : {LinkScope::scale_up, LinkScope::scale_out}) {
    const Link* link = chip.link(scope);
    // Cards that talk over the host link have no other.
    if (link != nullptr && (host == nullptr || link->name != host->name)) {
      area += link->bandwidth.value.value / kGiga *
              ledger.fact(is_new ? "phy.serdes" : "phy.serdes_old");
    }
  }
  for (const Die& die : chip.dies) {
    if (die.die_to_die) {
      area += die.count.value * die.die_to_die->value.value / (kGiga * 1e3) *
              ledger.fact("phy.die_to_die");
    }
  }
  return area;
}

}  // namespace

std::string logic_node(const Chip& chip) {
  return !chip.dies.empty() && chip.dies.front().node ? chip.dies.front().node->value : "N5";
}

double enter_area(Ledger& ledger, const Chip& chip) {
  const std::string node = logic_node(chip);
  const double density = ledger.fact(node_fact(ledger.book(), "logic_density", node));
  const std::string cell = node_fact(ledger.book(), "bit_cell", node);
  const double clock = clock_of(ledger, chip);
  const bool is_gpu = chip.kind == ChipKind::gpu;
  const auto enter = [&](std::string_view id, double area, std::string_view formula) {
    return ledger.figure(id, "mm2", area, formula);
  };
  const double matrix =
      enter("area_matrix",
            multiply_adds(ledger, chip, clock) * ledger.fact("transistors.mac") *
                engine_ratio(ledger, chip) / density,
            "multiply-adds on the silicon * transistors.mac * engine_ratio / logic_density");
  const auto fp64 = chip.matrix_rate(DType::fp64);
  const double wide = enter("area_fp64",
                            (fp64 ? fp64->value / (2 * clock) * built_ratio(chip) : 0) *
                                ledger.fact("transistors.fp64_mac") / density,
                            "64-bit multiply-adds * transistors.fp64_mac / logic_density");
  const double lane_count = lanes(chip, clock);
  const double vector = enter("area_vector", lane_count * ledger.fact("transistors.lane") / density,
                              "vector lanes * transistors.lane / logic_density");
  const double graphics =
      enter("area_graphics",
            is_gpu && has_graphics_memory(chip)
                ? lane_count * ledger.fact("transistors.graphics") / density
                : 0,
            "vector lanes of a graphics chip * transistors.graphics / logic_density");
  const Sram sram = sram_of(chip);
  const double registers =
      enter("area_registers",
            bytes_area(ledger, sram.core_private, cell,
                       is_gpu ? "array_efficiency.registers" : "array_efficiency.scratchpad"),
            "bits of the cores * bit_cell / array_efficiency");
  const double cache =
      enter("area_cache",
            bytes_area(ledger, sram.shared, cell,
                       is_gpu ? "array_efficiency.cache" : "array_efficiency.scratchpad") +
                bytes_area(ledger, sram.main, cell, "array_efficiency.plain"),
            "bits of shared SRAM * bit_cell / array_efficiency");
  const double interfaces =
      enter("area_interfaces", memory_interfaces(ledger, chip) + link_interfaces(ledger, chip),
            "memory stacks or pins, links, host and die-to-die bandwidth * their phy facts");
  const double share = ledger.fact("uncounted_share");
  const double counted = matrix + wide + vector + graphics + registers + cache + interfaces;
  const double rest = enter("area_uncounted", counted * share / (1 - share),
                            "(area_matrix + area_fp64 + area_vector + area_graphics + "
                            "area_registers + area_cache + area_interfaces) * uncounted_share / "
                            "(1 - uncounted_share)");
  return enter("area_total", counted + rest,
               "area_matrix + area_fp64 + area_vector + area_graphics + area_registers + "
               "area_cache + area_interfaces + area_uncounted");
}

}  // namespace moru
