#include "moru/mapping/gpu/device.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace moru {
namespace {

// Energy of the same switching relative to N7. TSMC states -30% power at equal speed for N5 against
// N7, -22% for N4P against N5 (rounded in), -30% for N3 against N5, -27% for N2 against N3, -40%
// for N7 against N10; Samsung states -10% for 8 nm against 10.
double node_energy(std::string_view node) {
  constexpr std::pair<std::string_view, double> kNodes[] = {
      {"8N", 1.50}, {"12", 1.8},  {"16", 2.0},   {"N7", 1.0},  {"N6", 0.95}, {"N5", 0.70},
      {"N4", 0.60}, {"4N", 0.57}, {"5nm", 0.70}, {"N3", 0.45}, {"N2", 0.34}, {"SF4", 0.65}};
  for (const auto& [prefix, factor] : kNodes) {
    if (node.starts_with(prefix)) {
      return factor;
    }
  }
  return 0.7;
}

// A chip that states no cores is taken to have as many as give each Hopper's rate of 4,096 16-bit
// operations per clock.
double core_count(const Chip& chip, double boost) {
  if (chip.cores) {
    return chip.cores->count.value;
  }
  constexpr double kPerCore = 4096;
  if (const auto rate = chip.matrix_rate(chip.compute_dtype(DType::bf16, DType::bf16))) {
    return std::max(1.0, std::round(rate->value / (kPerCore * boost)));
  }
  const auto narrow =
      chip.matrix_rate(DType::fp8) ? chip.matrix_rate(DType::fp8) : chip.matrix_rate(DType::int8);
  return narrow ? std::max(1.0, std::round(narrow->value / (2 * kPerCore * boost))) : 100;
}

// A core's four schedulers issue one mma of 16 x 8 x 16 after the other; each leaves a few slots
// empty, which weighs the more the faster the matrix units are.
double register_issue(double empty_slots, double half) {
  constexpr double kOperations = 4 * 2 * 16 * 8 * 16;
  return 1 / (1 + empty_slots * half / kOperations);
}

}  // namespace

GpuDevice gpu_device(const Chip& chip, const GpuConstants& constants) {
  GpuDevice device;
  device.id = chip.id;
  device.constants = constants;
  device.fabric = fabric_of(chip);
  const double boost = chip.clock.boost ? chip.clock.boost->value.value : 1.7e9;
  device.cores = core_count(chip, boost);
  // The tool's maximum is a voltage point that matrix work does not reach on parts whose boost lies
  // far below it.
  device.clock = chip.clock.max ? std::clamp(chip.clock.max->value.value, boost,
                                             boost * constants.boost_headroom)
                                : boost;
  for (const auto& [name, dtype] : EnumNames<DType>::values) {
    const auto rate = chip.matrix_rate(dtype);
    device.matrix_per_clock[static_cast<std::size_t>(dtype)] =
        rate ? rate->value / (device.cores * boost) : 0;
  }
  // Chips that state only 8-bit rates multiply 16 bits at half of them, if at all.
  const double narrow = std::max(device.matrix_per_clock[static_cast<std::size_t>(DType::fp8)],
                                 device.matrix_per_clock[static_cast<std::size_t>(DType::int8)]);
  for (const DType wide : {DType::bf16, DType::fp16}) {
    double& rate = device.matrix_per_clock[static_cast<std::size_t>(wide)];
    rate = rate > 0 ? rate : narrow / 2;
  }
  const double half = device.matrix_per_clock[static_cast<std::size_t>(DType::bf16)];
  device.feed = half >= 7500   ? MatrixFeed::tensor_memory
                : half >= 3000 ? MatrixFeed::shared_memory
                               : MatrixFeed::registers;
  // Half of a latency passes in the cores, half in fabric and memory whose clocks differ little
  // between chips.
  device.latency_clock = std::sqrt(device.clock * 1.9e9);
  const bool is_register_fed = device.feed == MatrixFeed::registers;
  device.issue_efficiency =
      is_register_fed ? register_issue(constants.mma_issue, half) : constants.issue_efficiency;
  device.library_issue = is_register_fed ? register_issue(constants.library_mma_issue, half)
                                         : constants.issue_efficiency;
  if (const auto vector = chip.vector_rate()) {
    device.vector_per_clock = vector->value / (device.cores * boost);
  }
  if (chip.cores && chip.cores->shared_memory) {
    device.shared_memory = chip.cores->shared_memory->value.value;
  }
  // With HBM on both sides of the die the cache is two partitions; a line used from both is kept in
  // both (NVIDIA A100 whitepaper, 'A100 L2 Cache').
  const bool is_split = chip.main_memory()->kind.starts_with("HBM");
  device.cache_capacity = chip.cache_capacity().value;
  device.cache_bytes = device.cache_capacity * (is_split ? 0.5 : 1);
  // Grace's cores run Python at about half the speed of the x86 hosts.
  const bool has_grace = std::any_of(chip.links.begin(), chip.links.end(), [](const Link& link) {
    return link.name.find("C2C") != std::string::npos;
  });
  device.python_operator = constants.python_operator * (has_grace ? constants.grace_host : 1);
  device.cache_bandwidth = constants.cache_bytes_per_clock * device.cores * device.clock;
  for (const Cache& cache : chip.caches) {
    if (cache.bandwidth) {
      device.cache_bandwidth = cache.bandwidth->value.value;
    }
  }
  device.memory = main_memory(chip);
  if (chip.main_memory()->has_inline_ecc) {
    device.memory.give_up(constants.parity_share);
  }
  device.memory_peak = device.memory.peak;
  device.memory_bandwidth = device.memory.stream * constants.memory_efficiency;
  if (chip.power.tdp && !chip.power.is_thermal) {
    device.power = chip.power.tdp->value.value * (1 - constants.static_power);
  }
  double node = 0.7;
  for (const Die& die : chip.dies) {
    if (die.node) {
      node = node_energy(die.node->value);
      break;
    }
  }
  // Dynamic energy grows with the square of the voltage, which grows about linearly with the clock
  // above 1 GHz; stated at 1.5 GHz.
  const double feed = device.feed == MatrixFeed::registers       ? 1.0
                      : device.feed == MatrixFeed::shared_memory ? constants.asynchronous_energy
                                                                 : constants.paired_energy;
  device.matrix_energy = constants.matrix_energy * node * feed * (device.clock / 1.5e9);
  return device;
}

GpuDevice register_fed(const GpuDevice& device) {
  // Hopper's mma.sync reaches 62% of what wgmma does (arXiv 2402.13499, table of matrix
  // instructions): registers deliver operands for 2,540 16-bit operations per clock and core.
  constexpr double kRegisterRate = 0.62 * 4096;
  if (device.feed == MatrixFeed::registers) {
    return device;
  }
  GpuDevice fed = device;
  fed.feed = MatrixFeed::registers;
  const double half = device.matrix_per_clock[static_cast<std::size_t>(DType::bf16)];
  fed.issue_efficiency = register_issue(device.constants.mma_issue, std::min(half, kRegisterRate));
  fed.library_issue = fed.issue_efficiency;
  const double share = half > 0 ? std::min(1.0, kRegisterRate / half) : 1.0;
  for (double& rate : fed.matrix_per_clock) {
    rate *= share;
  }
  return fed;
}

double uncached_share(const GpuDevice& device, double bytes) {
  const double room = device.cache_bytes * device.constants.cache_share;
  return room > 0 ? std::clamp(bytes / room - 1, 0.0, 1.0) : 1.0;
}

double evicted_share(const GpuDevice& device, double bytes) {
  const double room = device.cache_capacity / 2;
  return room > 0 ? std::clamp(bytes / room - 1, 0.0, 1.0) : 1.0;
}

double clock_within_power(const GpuDevice& device, const PowerDraw& draw) {
  if (device.power <= 0 || draw.seconds <= 0) {
    return 1;
  }
  const double matrix = device.matrix_energy * draw.flops / draw.seconds;
  const double memory = device.constants.memory_energy * draw.memory_bytes / draw.seconds;
  const double left = std::max(device.power - memory, 0.2 * device.power);
  if (matrix <= left) {
    return 1;
  }
  // Rate falls with the clock, energy per operation again with the clock: power with its square.
  const double limit = std::sqrt(left / matrix);
  if (draw.calls <= 0) {
    return limit;
  }
  const double limited = -std::expm1(-draw.calls * draw.seconds / device.constants.power_window);
  return 1 - (1 - limit) * limited;
}

}  // namespace moru
