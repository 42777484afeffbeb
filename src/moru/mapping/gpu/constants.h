// The physical constants of the GPU kernel model: one set for every GPU, none per chip, shape or
// kernel. Those marked estimated were found by `moru validate ops --calibrate`
// (docs/validation.md).
#pragma once

#include <span>
#include <string_view>

namespace moru {

struct GpuConstants {
  // Starting and waiting.
  double kernel_start = 4859;
  double dependent_kernel = 4736;
  double graph_gap = 1.718e-06;
  double memory_latency = 1000;
  double cache_latency = 300;
  double host_dispatch = 3e-05;
  double python_operator = 5.251e-05;
  double grace_host = 1.5;
  // Rates.
  double memory_efficiency = 0.9346;
  double parity_share = 0.15;
  double write_efficiency = 1;
  double row_latency = 1000;
  double cache_bytes_per_clock = 64;
  double cache_share = 0.5;
  double issue_efficiency = 0.8957;
  double mma_issue = 2.929;
  double library_mma_issue = 0.46;
  double store_bytes_per_clock = 21.14;
  double overlap_norm = 4;
  double step_cycles = 50;
  double bytes_in_flight_per_core = 56000;
  // Power.
  double matrix_energy = 1.28e-12;
  double asynchronous_energy = 1;
  double paired_energy = 1;
  double boost_headroom = 1.08;
  double power_window = 0.05;
  double static_power = 0.3;
  double quiet_data = 0.5;
  double memory_energy = 40e-12;
  // Vector work.
  double softmax_operations = 5;
  double exponential_emulation = 0.6;
  double quantise_operations = 17.33;
  double dequantise_operations = 1;
  double vector_efficiency = 0.3399;
  double attention_norm = 1.1;
  double attention_ramp = 6000;
  double tile_start = 8769;
  double decode_efficiency = 0.99;
  double later_start = 6547;
  double decode_start = 1.526e+04;
  double shallow_bytes_in_flight = 5498;
  double combine_cost = 3000;
  double portable_efficiency = 0.5529;
  double portable_dequantise = 17.11;
  double expert_efficiency = 0.8541;
  // Collectives.
  double link_efficiency = 0.82;
  double link_latency = 7.81e-07;
  double collective_start = 1.679e+04;
  double flagged_bandwidth = 0.5;
  double fenced_steps = 5.7;
  double host_share = 0.8;
  double copy_per_core = 3.952e+10;
  double direct_start = 2.2e-06;
  double direct_latency = 2.851e-06;
  double network_hop = 2.7e-06;
};

struct GpuConstant {
  double GpuConstants::*member;
  std::string_view name;
  double low;
  double high;
  std::string_view unit;
  std::string_view meaning;
  std::string_view source;
  bool is_estimated;      // from measured rows
  std::string_view rows;  // the operators whose rows it was estimated from
};

std::span<const GpuConstant> gpu_constants();

}  // namespace moru
