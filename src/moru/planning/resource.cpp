#include "moru/planning/resource.h"

#include "moru/base/ledger.h"

#include <array>

namespace moru {
namespace {

template <class T>
void multiply(Sourced<T>& value, double factor) {
  value.value = value.value * factor;
  if (value.low) {
    value.low = *value.low * factor;
  }
  if (value.high) {
    value.high = *value.high * factor;
  }
}

template <class T>
void multiply(std::optional<Sourced<T>>& value, double factor) {
  if (value) {
    multiply(*value, factor);
  }
}

void matrix_rate(Chip& chip, double factor) {
  for (auto& [dtype, rate] : chip.peak) {
    multiply(rate, factor);
  }
  if (chip.cores && chip.cores->matrix) {
    for (auto& [dtype, flops] : chip.cores->matrix->flops_per_clock) {
      multiply(flops, factor);
    }
  }
}

void vector_rate(Chip& chip, double factor) {
  for (auto& [dtype, rate] : chip.vector_peak) {
    multiply(rate, factor);
  }
  if (chip.cores) {
    for (auto& [dtype, flops] : chip.cores->vector_flops_per_clock) {
      multiply(flops, factor);
    }
  }
}

void memory_bandwidth(Chip& chip, double factor) {
  multiply(chip.memory.front().bandwidth, factor);
}

void memory_capacity(Chip& chip, double factor) { multiply(chip.memory.front().capacity, factor); }

void cache_bandwidth(Chip& chip, double factor) {
  for (Cache& cache : chip.caches) {
    multiply(cache.bandwidth, factor);
  }
}

void cache_capacity(Chip& chip, double factor) {
  for (Cache& cache : chip.caches) {
    multiply(cache.capacity, factor);
    multiply(cache.built, factor);
  }
}

void core_sram(Chip& chip, double factor) {
  multiply(chip.cores->sram, factor);
  multiply(chip.cores->shared_memory, factor);
}

void link_bandwidth(Chip& chip, double factor) {
  for (Link& link : chip.links) {
    if (link.scope == LinkScope::scale_up) {
      multiply(link.bandwidth, factor);
    }
  }
}

void link_latency(Chip& chip, double factor) {
  for (Link& link : chip.links) {
    multiply(link.latency, 1 / factor);
  }
}

void launch_cost(Chip& chip, double factor) {
  multiply(chip.launch.graph, 1 / factor);
  multiply(chip.launch.eager, 1 / factor);
}

// Rates that the clock carries, not memory and links.
void clock_rate(Chip& chip, double factor) {
  multiply(chip.clock.boost, factor);
  multiply(chip.clock.max, factor);
  for (auto& [dtype, rate] : chip.peak) {
    multiply(rate, factor);
  }
  for (auto& [dtype, rate] : chip.vector_peak) {
    multiply(rate, factor);
  }
  cache_bandwidth(chip, factor);
}

void power_limit(Chip& chip, double factor) { multiply(chip.power.tdp, factor); }

constexpr std::array<Resource, 12> kResources = {{
    {"matrix_rate", "matrix TFLOPS of every format", matrix_rate,
     [](const Chip& chip) { return !chip.peak.empty(); }},
    {"vector_rate", "vector TFLOPS", vector_rate,
     [](const Chip& chip) {
       return !chip.vector_peak.empty() ||
              (chip.cores && !chip.cores->vector_flops_per_clock.empty());
     }},
    {"memory_bandwidth", "bandwidth of the main memory", memory_bandwidth,
     [](const Chip& chip) {
       return chip.main_memory() != nullptr && chip.main_memory()->bandwidth;
     }},
    {"memory_capacity", "capacity of the main memory", memory_capacity,
     [](const Chip& chip) {
       return chip.main_memory() != nullptr && chip.main_memory()->capacity;
     }},
    {"cache_bandwidth", "bandwidth of shared caches", cache_bandwidth,
     [](const Chip& chip) {
       for (const Cache& cache : chip.caches) {
         if (cache.bandwidth) {
           return true;
         }
       }
       return false;
     }},
    {"cache_capacity", "capacity of shared caches", cache_capacity,
     [](const Chip& chip) { return !chip.caches.empty(); }},
    {"core_sram", "SRAM of each core", core_sram,
     [](const Chip& chip) { return chip.cores && chip.cores->sram; }},
    {"link_bandwidth", "bandwidth to other chips", link_bandwidth,
     [](const Chip& chip) { return chip.link(LinkScope::scale_up) != nullptr; }},
    {"link_latency", "shorter messages between chips", link_latency,
     [](const Chip& chip) {
       for (const Link& link : chip.links) {
         if (link.latency) {
           return true;
         }
       }
       return false;
     }},
    {"launch_cost", "cheaper starts of operators", launch_cost,
     [](const Chip& chip) { return chip.launch.graph || chip.launch.eager; }},
    {"clock", "clock of cores and caches", clock_rate,
     [](const Chip& chip) { return chip.clock.boost.has_value(); }},
    {"power_limit", "TDP, at which the clock is held back", power_limit,
     [](const Chip& chip) { return chip.power.tdp.has_value(); }},
}};

}  // namespace

std::span<const Resource> resources() { return kResources; }

const Resource* find_resource(std::string_view name) {
  for (const Resource& resource : kResources) {
    if (resource.name == name) {
      return &resource;
    }
  }
  return nullptr;
}

}  // namespace moru
