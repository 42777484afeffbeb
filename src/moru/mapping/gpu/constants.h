// The physical constants of the GPU kernel model: one set for every GPU, none per chip, shape or
// kernel. Those marked estimated were found by `moru validate ops --calibrate` (docs/validation.md).
#pragma once

#include <span>
#include <string_view>

namespace moru {

struct GpuConstants {
  // Starting and waiting.
  double kernel_start = 4478;
  double kernel_only = 5850;
  double dependent_kernel = 5158;
  double memory_latency = 686.9;
  double cache_latency = 900;
  double host_dispatch = 3.282e-05;
  double python_operator = 5.842e-05;
  double grace_host = 1.66;
  // Rates.
  double memory_efficiency = 0.7857;
  double write_efficiency = 0.9266;
  double row_latency = 907.1;
  double cache_bytes_per_clock = 64;
  double cache_share = 0.206;
  double issue_efficiency = 0.9074;
  double register_issue = 0.7861;
  double store_bytes_per_clock = 25.66;
  double cta_start = 569.7;
  double overlap_norm = 4.918;
  double step_cycles = 101.7;
  double bytes_in_flight_per_core = 1e+05;
  // Power.
  double matrix_energy = 1.143e-12;
  double asynchronous_energy = 1.043;
  double paired_energy = 0.7127;
  double boost_headroom = 1.08;
  double power_window = 0.005;
  double static_power = 0.3;
  double quiet_data = 0.9583;
  double memory_energy = 40e-12;
  // Vector work.
  double softmax_operations = 10.84;
  double exponential_emulation = 0.6;
  double quantise_operations = 26.17;
  double dequantise_operations = 0.5;
  double vector_efficiency = 0.6;
  double attention_norm = 1.577;
  double attention_ramp = 5190;
  double tile_start = 7585;
  double decode_efficiency = 0.7289;
  double decode_start = 1.181e+04;
  double gather_efficiency = 0.7659;
  double combine_cost = 3000;
  double expert_efficiency = 0.8;
  // Collectives.
  double link_efficiency = 0.8;
  double link_latency = 1.5e-06;
  double collective_start = 6e-06;
  double flagged_bandwidth = 0.35;
  double fenced_steps = 3;
  double host_share = 0.5;
  double direct_start = 2e-6;
  double direct_latency = 4e-06;
  double host_hop = 5e-06;
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
