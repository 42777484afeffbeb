#include "moru/power/energy.h"

#include "moru/base/text.h"
#include "moru/power/area.h"
#include "moru/power/node.h"

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

constexpr double kPico = 1e-12;
constexpr double kBits = 8;

std::string memory_fact(const Chip& chip) {
  const MemoryLevel* memory = chip.main_memory();
  const std::string kind = memory != nullptr ? to_lower(memory->kind) : "hbm3";
  for (const char* name :
       {"hbm2e", "hbm2", "hbm3e", "hbm3", "hbm4", "gddr", "lpddr", "ddr", "sram"}) {
    if (kind.starts_with(name)) {
      return std::string("memory_energy.") + name;
    }
  }
  return "memory_energy.ddr";
}

double ratio_of(Ledger& ledger, DType compute) {
  switch (compute) {
    case DType::fp8:
      return ledger.fact("energy_ratio.fp8");
    case DType::int8:
      return ledger.fact("energy_ratio.int8");
    case DType::fp6:
    case DType::mxfp4:
    case DType::nvfp4:
    case DType::int4:
      return ledger.fact("energy_ratio.fp4");
    case DType::fp32:
    case DType::tf32:
      return ledger.fact("energy_ratio.fp32");
    case DType::fp64:
      return ledger.fact("energy_ratio.fp64");
    case DType::bf16:
    case DType::fp16:
      break;
  }
  return 1;
}

// How far a bit travels: the side of one die; 28 mm, a reticle's, if no area is stated.
double travel(const Chip& chip) {
  constexpr double kReticleSide = 28;
  constexpr double kSquareMillimetres = 1e6;  // mm2 in a m2
  if (chip.dies.empty() || !chip.dies.front().area) {
    return kReticleSide;
  }
  return std::sqrt(chip.dies.front().area->value.value * kSquareMillimetres);
}

struct Coefficients {
  double flop;
  double memory;
};

Coefficients enter_coefficients(Ledger& ledger, const Chip& chip, DType compute) {
  const double scale = ledger.fact(node_fact(ledger.book(), "energy_scale", logic_node(chip)));
  const double system =
      ledger.fact(chip.kind == ChipKind::gpu ? "energy.system_gpu" : "energy.system_npu");
  const double flop = ledger.figure(
      "energy_per_flop", "J/FLOP",
      kPico * ledger.fact("energy.mac_16bit") * ratio_of(ledger, compute) * scale * system,
      "energy.mac_16bit * energy_ratio of the format * energy_scale of the node * energy.system");
  // SRAM that is the main memory stands beside the arithmetic.
  const bool is_local = memory_fact(chip) == "memory_energy.sram";
  const double on_chip =
      is_local ? 0
               : (ledger.fact("energy.wire") * travel(chip) + ledger.fact("energy.sram")) * scale *
                     system;
  const double memory = ledger.figure(
      "energy_per_memory_byte", "J/B", kPico * kBits * (ledger.fact(memory_fact(chip)) + on_chip),
      "8 * (memory_energy + (energy.wire * side of the die + energy.sram) * energy_scale * "
      "energy.system)");
  return {flop, memory};
}

double enter_tdp_of(Ledger& ledger, const Chip& chip, const Coefficients& sixteen) {
  const auto rate = chip.matrix_rate(DType::bf16);
  const auto narrow = chip.matrix_rate(DType::int8);
  const double flops = rate ? rate->value : narrow ? narrow->value / 2 : 0;
  const MemoryLevel* memory = chip.main_memory();
  const double bandwidth =
      memory != nullptr && memory->bandwidth ? memory->bandwidth->value.value : 0;
  const double dynamic = flops * sixteen.flop * ledger.fact("tdp_activity.matrix") +
                         bandwidth * sixteen.memory * ledger.fact("tdp_activity.memory");
  return ledger.figure("tdp_estimate", "W", dynamic / (1 - ledger.fact("static_share")),
                       "(16-bit peak * energy_per_flop at 16 bits * tdp_activity.matrix + memory "
                       "bandwidth * energy_per_memory_byte * tdp_activity.memory) / (1 - "
                       "static_share)");
}

}  // namespace

double ChipEnergy::busy_watts(const Activity& activity) const {
  if (activity.busy <= 0) {
    return 0;
  }
  const double dynamic = activity.flops * per_flop + activity.memory_bytes * per_memory_byte +
                         activity.link_bytes * per_link_byte;
  return std::min(limit_watts, static_watts + dynamic / activity.busy);
}

double ChipEnergy::joules(const Activity& activity, double seconds) const {
  return busy_watts(activity) * activity.busy + idle_watts * std::max(0.0, seconds - activity.busy);
}

double enter_tdp(Ledger& ledger, const Chip& chip) {
  return enter_tdp_of(ledger, chip, enter_coefficients(ledger, chip, DType::bf16));
}

ChipEnergy enter_energy(Ledger& ledger, const Chip& chip, DType compute) {
  const Coefficients own = enter_coefficients(ledger, chip, compute);
  ChipEnergy energy;
  energy.per_flop = own.flop;
  energy.per_memory_byte = own.memory;
  energy.per_link_byte = ledger.figure(
      "energy_per_link_byte", "J/B", kPico * kBits * ledger.fact("link_energy"), "8 * link_energy");
  if (chip.power.tdp) {
    energy.limit_watts = chip.power.tdp->value.value;
  } else {
    const double ratio = ratio_of(ledger, compute);
    energy.limit_watts = enter_tdp_of(ledger, chip, {own.flop / ratio, own.memory});
  }
  energy.static_watts = ledger.figure(
      "static_power", "W", energy.limit_watts * ledger.fact("static_share"), "TDP * static_share");
  const double idle = chip.power.idle ? chip.power.idle->value.value
                                      : energy.limit_watts * ledger.fact("idle_share");
  energy.idle_watts =
      ledger.figure("idle_power", "W", idle, "TDP * idle_share, or as the chip states");
  return energy;
}

double average_power(const FactBook& book, const Chip& chip, DType compute,
                     const Activity& activity) {
  Ledger ledger(book);
  return enter_energy(ledger, chip, compute).busy_watts(activity);
}

}  // namespace moru
