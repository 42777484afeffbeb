#include "moru/mapping/gpu/moe.h"

#include "moru/mapping/gpu/gemm.h"
#include "moru/mapping/gpu/vector.h"

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

// A share of the experts with about the same load.
struct Class {
  double experts;
  double rows;  // of one expert
};
constexpr std::size_t kClasses = 8;

// Loads of the experts of the heaviest rank. Balanced: each gets its share. Skewed: loads are drawn
// from a power law between 1 and 0.8 tokens (inverse transform sampling), scaled to tokens x topk
// and at most `tokens` each; the rank is the one with the largest sum.
std::array<Class, kClasses> classes_of(const MoeTask& task) {
  std::array<Class, kClasses> classes = {};
  const auto tokens = static_cast<double>(task.tokens);
  const auto experts = static_cast<double>(task.experts);
  const double local = std::max(1.0, experts / static_cast<double>(task.ep));
  const double routed = tokens * static_cast<double>(task.topk);
  if (task.skew <= 0) {
    classes[0] = {local, routed / experts};
    return classes;
  }
  const double power = 1 - task.skew;
  const double most = std::max(1.5, 0.8 * tokens);
  double sum = 0;
  for (std::size_t i = 0; i < kClasses; ++i) {
    const double u = 1 - (static_cast<double>(i) + 0.5) / kClasses;
    classes[i].rows = std::pow((std::pow(most, power) - 1) * u + 1, 1 / power);
    classes[i].experts = local / kClasses;
    sum += classes[i].rows * experts / kClasses;
  }
  for (Class& one : classes) {
    one.rows = std::min(one.rows * routed / sum, tokens);
  }
  if (task.ep > 1) {
    // The heaviest of ep random draws of `local` experts exceeds the mean by about
    // sqrt(2 ln ep) standard deviations.
    double mean = 0;
    double square = 0;
    for (const Class& one : classes) {
      mean += one.rows / kClasses;
      square += one.rows * one.rows / kClasses;
    }
    const double deviation = std::sqrt(std::max(0.0, square - mean * mean));
    const double excess =
        std::sqrt(2 * std::log(static_cast<double>(task.ep))) * deviation / std::sqrt(local);
    const double factor =
        mean > 0 ? std::min((mean + excess) / mean, static_cast<double>(task.ep)) : 1;
    for (Class& one : classes) {
      one.rows = std::min(one.rows * factor, tokens);
    }
  }
  return classes;
}

// Expected share of experts that get at least one row if `rows` are expected.
double hit_share(double rows, double tokens) {
  return rows >= tokens ? 1 : 1 - std::pow(1 - rows / std::max(tokens, 1.0), std::max(tokens, 1.0));
}

}  // namespace

ExpertLoad expert_load(const MoeTask& task) {
  ExpertLoad load;
  const auto tokens = static_cast<double>(task.tokens);
  const double local =
      std::max(1.0, static_cast<double>(task.experts) / static_cast<double>(task.ep));
  for (const Class& one : classes_of(task)) {
    load.experts_hit += one.experts * hit_share(one.rows, tokens);
    load.rows += one.experts * one.rows;
  }
  if (task.experts_hit > 0) {
    load.experts_hit = std::min(local, task.experts_hit / static_cast<double>(task.ep));
  } else if (task.skew <= 0) {
    load.experts_hit = std::min(local, load.rows);  // dealt out evenly
  }
  load.experts_hit = std::max(load.experts_hit, 1.0);
  load.rows = std::max(load.rows, 1.0);
  return load;
}

tl::expected<KernelTime, Infeasible> time_moe(const GpuDevice& device, const Engine& engine,
                                              const MoeTask& task) {
  const auto format = format_of(device, task.scheme, task.activation);
  if (!format) {
    return tl::unexpected(format.error());
  }
  const GpuConstants& c = device.constants;
  const auto hidden = static_cast<double>(task.hidden);
  const double inter = static_cast<double>(task.inter) / static_cast<double>(task.tp);
  const ExpertLoad load = expert_load(task);
  const double up = (task.is_gated ? 2 : 1) * inter;
  const double weights = load.experts_hit * (up + inter) * hidden * format->b_bytes;
  Product product;
  product.computed = format->computed;
  product.a_bytes = format->a_bytes;
  product.b_bytes = format->b_bytes;
  product.expand = format->expand;
  product.cold_b = uncached_share(device, weights);
  product.is_grouped = true;
  product.m = std::max(1.0, load.rows / load.experts_hit);
  product.count = load.experts_hit;
  KernelTime time;
  for (const bool is_up : {true, false}) {
    product.n = is_up ? up : hidden;
    product.k = is_up ? hidden : inter;
    const KernelTime part = time_product(device, product, engine);
    const double compute = part.compute / (task.is_portable ? c.portable_efficiency : 1.0);
    time.compute += compute;
    time.memory += part.memory;
    time.memory_bytes += part.memory_bytes;
    time.flops += part.flops;
    time.fill += part.fill;
    time.tile = part.tile;
    time.seconds += std::max(compute, part.memory) / c.expert_efficiency;
  }
  // Routing, permutation, activation, weighted sum. Every rank sees all tokens of its group: it
  // reads their router logits and writes their outputs; portable kernels also walk the pairs of
  // other ranks.
  VectorTask around;
  const auto tokens = static_cast<double>(task.tokens);
  const double pairs = task.is_portable ? tokens * static_cast<double>(task.topk) : load.rows;
  around.bytes_read = pairs * (up + hidden) * 2 + load.rows * hidden * 2 +
                      tokens * (static_cast<double>(task.experts) * 4 + hidden * 2);
  around.bytes_written = pairs * inter * 2 + load.rows * hidden * 4 + tokens * hidden * 2;
  around.rows = pairs;
  // Both products take activations quantised at run time.
  const bool is_quantised = product.a_bytes < 2;
  if (is_quantised) {
    around.flops = c.quantise_operations * load.rows * (hidden + inter);
  }
  time.launch = launch_time(device, engine,
                            (task.is_fused ? 4 : engine.moe_kernels) + (is_quantised ? 2 : 0));
  time.cache = vector_body(device, around);
  time.seconds += time.launch + time.fill + time.cache;
  return time;
}

}  // namespace moru
