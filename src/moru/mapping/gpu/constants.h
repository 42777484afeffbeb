// The physical constants of the GPU kernel model: one set for every GPU, none per chip, shape or
// kernel. Those marked estimated were found by `moru validate ops --calibrate` (docs/validation.md).
#pragma once

#include <span>
#include <string_view>

namespace moru {

struct GpuConstants {
  // Starting and waiting.
  double kernel_start = 4612;
  double kernel_only = 5175;
  double dependent_kernel = 5008;
  double memory_latency = 838.1;
  double cache_latency = 900;
  double host_dispatch = 3.186e-05;
  double python_operator = 4.769e-05;
  double grace_host = 1.731;
  // Rates.
  double memory_efficiency = 0.7725;
  double write_efficiency = 1;
  double row_latency = 500;
  double cache_bytes_per_clock = 64;
  double cache_share = 0.5698;
  double issue_efficiency = 0.8957;
  double register_issue = 0.7861;
  double store_bytes_per_clock = 19;
  double cta_start = 934.8;
  double overlap_norm = 4.031;
  double step_cycles = 63.29;
  double bytes_in_flight_per_core = 8.589e+04;
  // Power.
  double matrix_energy = 1.143e-12;
  double asynchronous_energy = 1.004;
  double paired_energy = 0.7436;
  double boost_headroom = 1.08;
  double power_window = 0.005022;
  double static_power = 0.3;
  double quiet_data = 0.9304;
  double memory_energy = 40e-12;
  // Vector work.
  double softmax_operations = 11.6;
  double exponential_emulation = 0.6;
  double quantise_operations = 16.43;
  double dequantise_operations = 0.5;
  double vector_efficiency = 0.3303;
  double attention_norm = 1.624;
  double attention_ramp = 5039;
  double tile_start = 7585;
  double decode_efficiency = 0.7572;
  double decode_start = 1.216e+04;
  double gather_efficiency = 0.7659;
  double combine_cost = 3000;
  double portable_efficiency = 0.3387;
  double expert_efficiency = 0.8695;
  // Collectives.
  double link_efficiency = 0.5751;
  double link_latency = 1.402e-06;
  double collective_start = 7.8e-06;
  double flagged_bandwidth = 0.4713;
  double fenced_steps = 4.737;
  double host_share = 0.8134;
  double copy_per_core = 1.604e+10;
  double direct_start = 1.815e-06;
  double direct_latency = 3.077e-06;
  double host_hop = 1e-06;
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
