// Matrix products on a GPU: the kernels libraries really have, the best of them, wave by wave.
#pragma once

#include "moru/mapping/engine.h"
#include "moru/mapping/gpu/device.h"
#include "moru/mapping/task.h"

#include <tl/expected.hpp>

#include <array>

namespace moru {

// How the instances of grouped products differ: of `experts` products each has `rows` rows.
struct RowGroup {
  double experts = 0;
  double rows = 0;
};
inline constexpr std::size_t kRowGroups = 8;

// Which tiles a library instantiates.
enum class TileMenu { library, triton, marlin, by_rows, fixed };

// `count` independent products of [m x k] x [k x n], quantisation done.
struct Product {
  double m = 1;
  double n = 1;
  double k = 1;
  double count = 1;
  DType computed = DType::bf16;
  double a_bytes = 2;            // per element of the activations
  double b_bytes = 2;            // of the weights as stored
  double c_bytes = 2;            // of the result
  double cold_a = 0;             // share of the activations' bytes that come from memory
  double cold_b = 1;             // of the weights'
  double expand = 0;             // vector operations per weight element to expand it to `computed`
  double copies = 1;             // calls of a loop in every one of the engine's replays
  bool has_random_data = false;  // whatever the engine's other products have
  bool keeps_depth_whole = false;  // no split of k
  bool is_grouped = false;  // products of different sizes in one launch: persistent, no split
  std::array<RowGroup, kRowGroups> groups = {};  // of grouped products; m is their mean
  TileMenu menu = TileMenu::library;
};

// The best kernel's time without launch; KernelTime::launch is the latency of an empty pipeline.
KernelTime time_product(const GpuDevice& device, const Product& product, const Engine& engine);

// The format a scheme multiplies in on this device, and what a weight element takes.
struct SchemeFormat {
  DType computed = DType::bf16;
  double a_bytes = 2;
  double b_bytes = 2;
  double expand = 0;
};
tl::expected<SchemeFormat, Infeasible> format_of(const GpuDevice& device, QuantScheme scheme,
                                                 DType activation);

// Starting the kernels of an operation under an engine's way of launching.
double launch_time(const GpuDevice& device, const Engine& engine, double kernels);

// A dense product with what the engine runs around it.
tl::expected<KernelTime, Infeasible> time_gemm(const GpuDevice& device, const Engine& engine,
                                               const GemmTask& task);

}  // namespace moru
