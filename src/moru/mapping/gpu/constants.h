// The physical constants of the GPU kernel model: one set for every GPU, none per chip, shape or
// kernel. Those marked estimated were found by `moru validate ops --calibrate` (docs/validation.md).
#pragma once

#include <span>
#include <string_view>

namespace moru {

struct GpuConstants {
  // Starting and waiting.
  double kernel_start = 2.0e-6;
  double kernel_only = 1.2e-6;
  double dependent_kernel = 1.6e-6;
  double memory_latency = 0.8e-6;
  double cache_latency = 0.3e-6;
  double host_dispatch = 20e-6;
  double python_operator = 150e-6;
  // Rates.
  double memory_efficiency = 0.92;
  double write_efficiency = 0.82;
  double row_latency = 1.8e-6;
  double cache_bytes_per_clock = 40;
  double cache_share = 0.6;
  double issue_efficiency = 0.93;
  double overlap_norm = 4;
  double step_cycles = 20;
  double bytes_in_flight_per_core = 40e3;
  // Power.
  double matrix_energy = 1.27e-12;
  double asynchronous_energy = 0.8;
  double paired_energy = 0.63;
  double power_window = 0.1;
  double static_power = 0.3;
  double quiet_data = 0.82;
  double memory_energy = 40e-12;
  // Vector work.
  double softmax_operations = 10;
  double exponential_emulation = 0.6;
  double quantise_operations = 50;
  double dequantise_operations = 3;
  double vector_efficiency = 0.6;
  double attention_norm = 3;
  double attention_ramp = 3e-6;
  double decode_efficiency = 0.9;
  double combine_cost = 2e-6;
  double expert_efficiency = 0.8;
  // Collectives.
  double link_efficiency = 0.80;
  double link_latency = 1.5e-6;
  double collective_start = 6e-6;
  double flagged_bandwidth = 0.35;
  double fenced_steps = 3;
  double host_share = 0.5;
  double direct_latency = 4e-6;
  double host_hop = 5e-6;
};

struct GpuConstant {
  double GpuConstants::*member;
  std::string_view name;
  double low;
  double high;
  std::string_view unit;
  std::string_view meaning;
  std::string_view source;
  bool is_estimated;  // from measured rows
  std::string_view rows;  // the operators whose rows it was estimated from
};

std::span<const GpuConstant> gpu_constants();

}  // namespace moru
