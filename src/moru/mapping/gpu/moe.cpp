#include "moru/mapping/gpu/moe.h"

#include "moru/mapping/gpu/gemm.h"
#include "moru/mapping/gpu/vector.h"

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

// Loads of the experts of the heaviest rank. Balanced: each gets its share. Skewed: loads are drawn
// from a power law between 1 and 0.8 tokens (inverse transform sampling), scaled to tokens x topk
// and at most `tokens` each; the rank is the one with the largest sum.
std::array<RowGroup, kRowGroups> classes_of(const MoeTask& task) {
  std::array<RowGroup, kRowGroups> classes = {};
  const auto tokens = static_cast<double>(task.tokens);
  const auto experts = static_cast<double>(task.experts);
  const double local = std::max(1.0, experts / static_cast<double>(task.ep));
  const double routed = tokens * static_cast<double>(task.topk);
  if (task.skew <= 0) {
    classes[0] = {local, routed / experts};
    return classes;
  }
  // The last class is kept for the single heaviest expert.
  constexpr std::size_t kSpread = kRowGroups - 1;
  const double power = 1 - task.skew;
  const double most = std::max(1.5, 0.8 * tokens);
  const auto drawn = [&](double rank) {
    return std::pow((std::pow(most, power) - 1) * (1 - rank) + 1, 1 / power);
  };
  double mean = 0;
  for (std::size_t i = 0; i < kSpread; ++i) {
    classes[i] = {local / kSpread, drawn((static_cast<double>(i) + 0.5) / kSpread)};
    mean += classes[i].rows / kSpread;
  }
  const double scale = routed / experts / mean;
  double square = 0;
  mean = 0;
  for (std::size_t i = 0; i < kSpread; ++i) {
    classes[i].rows = std::min(classes[i].rows * scale, tokens);
    mean += classes[i].rows / kSpread;
    square += classes[i].rows * classes[i].rows / kSpread;
  }
  const auto ranks = static_cast<double>(task.ep);
  if (ranks <= 1 || mean <= 0) {
    return classes;
  }
  // The heaviest of `ranks` sums of `local` draws exceeds their mean by about sqrt(2 ln ranks)
  // standard deviations, and holds at least the heaviest expert of all.
  const double deviation = std::sqrt(std::max(0.0, square - mean * mean) / local);
  const double heaviest = std::min(drawn(0.5 / experts) * scale, tokens);
  const double by_sum = std::min(mean + std::sqrt(2 * std::log(ranks)) * deviation, mean * ranks);
  const double by_one = (heaviest + (local - 1) * mean) / local;
  if (by_one > by_sum) {
    for (RowGroup& one : classes) {
      one.experts *= (local - 1) / local;
    }
    classes[kSpread] = {1, heaviest};
    return classes;
  }
  for (RowGroup& one : classes) {
    one.rows = std::min(one.rows * by_sum / mean, tokens);
  }
  return classes;
}

// Expected share of experts that get at least one row if `rows` are expected.
double hit_share(double rows, double tokens) {
  return rows >= tokens ? 1 : 1 - std::pow(1 - rows / std::max(tokens, 1.0), std::max(tokens, 1.0));
}

// Share of the tokens that have at least one of their experts on the rank.
double reached_share(const MoeTask& task, double local_rows) {
  const auto topk = static_cast<double>(task.topk);
  if (task.skew <= 0) {
    return std::min(1.0, topk / static_cast<double>(task.ep));  // dealt out evenly
  }
  const double share = local_rows / (static_cast<double>(task.tokens) * topk);
  return 1 - std::pow(1 - std::min(share, 1.0), topk);
}

}  // namespace

ExpertLoad expert_load(const MoeTask& task) {
  ExpertLoad load;
  const auto tokens = static_cast<double>(task.tokens);
  const double local =
      std::max(1.0, static_cast<double>(task.experts) / static_cast<double>(task.ep));
  const std::array<RowGroup, kRowGroups> classes = classes_of(task);
  for (const RowGroup& one : classes) {
    load.rows += one.experts * one.rows;
  }
  load.tokens = tokens;
  // Pairs of other ranks' experts that are computed all the same fall on the experts hit anyway.
  double more = 1;
  if (task.computes_all_pairs && task.ep > 1) {
    load.tokens = task.computes_all_tokens ? tokens : tokens * reached_share(task, load.rows);
    const double pairs = load.tokens * static_cast<double>(task.topk);
    more = std::max(1.0, pairs / std::max(load.rows, 1e-9));
    load.rows *= more;
  }
  const double forced =
      task.experts_hit > 0 ? std::min(local, task.experts_hit / static_cast<double>(task.ep)) : 0;
  for (std::size_t i = 0; i < kRowGroups; ++i) {
    const RowGroup& one = classes[i];
    const double rows = one.experts * one.rows;
    double hit = one.experts * hit_share(one.rows, tokens);
    if (forced > 0) {
      hit = forced * one.experts / local;
    } else if (task.skew <= 0) {
      hit = std::min(one.experts, rows);  // dealt out evenly
    }
    if (rows > 0) {
      load.groups[i] = {hit, std::max(1.0, rows * more / std::max(hit, 1e-9))};
      load.experts_hit += hit;
    }
  }
  if (load.experts_hit < 1) {
    load.groups = {};
    load.groups[0] = {1, std::max(1.0, load.rows)};
    load.experts_hit = 1;
  }
  load.rows = std::max(load.rows, 1.0);
  return load;
}

namespace {

bool walks_all_pairs(const MoeTask& task) {
  return task.kernel == ExpertKernel::triton || task.kernel == ExpertKernel::marlin;
}

// Permutation, activation, weighted sum, router. Every rank sees all tokens of its group: it reads
// their router logits and writes their outputs. What the products themselves read and write is
// counted with them.
double around_experts(const GpuDevice& device, const MoeTask& task, const ExpertLoad& load,
                      double up, double a_bytes) {
  const auto hidden = static_cast<double>(task.hidden);
  const double inter = static_cast<double>(task.inter) / static_cast<double>(task.tp);
  const double pairs = load.tokens * static_cast<double>(task.topk);
  const bool walks_all = walks_all_pairs(task);
  // Pairs of other ranks' experts are filled with zeros and added up like the rest.
  const double rows = walks_all ? std::max(pairs, load.rows) : load.rows;
  const double foreign = rows - load.rows;
  const double quantise = a_bytes < 2 ? device.constants.quantise_operations * load.rows : 0;
  VectorTask permute;
  permute.rows = load.tokens;
  permute.bytes_read = load.tokens * hidden * 2;
  permute.bytes_written = task.kernel == ExpertKernel::grouped ? rows * hidden * a_bytes : 0;
  permute.flops = quantise * hidden;
  VectorTask activate;
  activate.rows = rows;
  activate.bytes_read = rows * up * 2;
  activate.bytes_written = rows * inter * a_bytes + foreign * up * 2;
  activate.flops = quantise * inter;
  VectorTask sum;
  sum.rows = load.tokens;
  sum.bytes_read = rows * hidden * 2;
  sum.bytes_written = load.tokens * hidden * 2 + foreign * hidden * 2;
  // The router's softmax and top-k, and the weighted sum, give each token a block of threads.
  VectorTask tokens;
  tokens.rows = load.tokens;
  tokens.bytes_read = load.tokens * static_cast<double>(task.experts) * 4;
  tokens.is_reduction = true;
  const bool is_fused = task.kernel == ExpertKernel::fused;
  return (is_fused ? 0 : vector_body(device, permute) + vector_body(device, activate)) +
         vector_body(device, sum) + 2 * vector_body(device, tokens);
}

}  // namespace

tl::expected<KernelTime, Infeasible> time_moe(const GpuDevice& chip, const Engine& engine,
                                              const MoeTask& task) {
  const bool is_marlin = task.kernel == ExpertKernel::marlin;
  const GpuDevice fed = is_marlin ? register_fed(chip) : GpuDevice{};
  const GpuDevice& device = is_marlin ? fed : chip;
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
  if (task.kernel == ExpertKernel::triton && product.expand > 0) {
    product.expand *= c.portable_dequantise;
  }
  product.cold_b = uncached_share(device, weights);
  product.is_grouped = true;
  product.groups = load.groups;
  product.m = std::max(1.0, load.rows / load.experts_hit);
  product.count = load.experts_hit;
  product.menu = is_marlin                             ? TileMenu::marlin
                 : task.kernel == ExpertKernel::triton ? TileMenu::triton
                                                       : TileMenu::library;
  KernelTime time;
  for (const bool is_up : {true, false}) {
    product.n = is_up ? up : hidden;
    product.k = is_up ? hidden : inter;
    const KernelTime part = time_product(device, product, engine);
    const bool is_triton = task.kernel == ExpertKernel::triton;
    const double compute = part.compute / (is_triton ? c.portable_efficiency : 1.0);
    time.compute += compute;
    time.memory += part.memory;
    time.memory_bytes += part.memory_bytes;
    time.flops += part.flops;
    time.fill += part.fill;
    time.tile = part.tile;
    time.seconds += std::max(compute, part.memory) / c.expert_efficiency;
  }
  const bool is_quantised = product.a_bytes < 2;
  const double kernels = task.kernel == ExpertKernel::fused ? 4 : engine.moe_kernels;
  time.launch =
      launch_time(device, engine, kernels + (is_quantised ? 2 : 0) + task.further_kernels);
  time.cache = around_experts(device, task, load, up, product.a_bytes);
  time.seconds += time.launch + time.fill + time.cache;
  return time;
}

ExpertKernel expert_kernel(const Engine& engine, QuantScheme scheme, MatrixFeed feed) {
  const bool is_vllm = engine.name == "vllm";
  if (!is_vllm && engine.name != "sglang") {
    const bool is_small = scheme == QuantScheme::nvfp4 || scheme == QuantScheme::mxfp4_a8;
    return engine.name == "trtllm" && is_small && feed == MatrixFeed::tensor_memory
               ? ExpertKernel::fused
               : ExpertKernel::grouped;
  }
  if (scheme == QuantScheme::int4_a16 || scheme == QuantScheme::int8_a16) {
    return ExpertKernel::marlin;
  }
  if (feed == MatrixFeed::tensor_memory) {
    return is_vllm || scheme != QuantScheme::none ? ExpertKernel::fused : ExpertKernel::triton;
  }
  if (scheme == QuantScheme::mxfp4_a16) {
    // wgmma: OpenAI's persistent kernels (matmul_ogs) walk only the rows of local experts.
    return feed == MatrixFeed::shared_memory ? ExpertKernel::grouped : ExpertKernel::marlin;
  }
  const bool is_cutlass = is_vllm && feed == MatrixFeed::shared_memory;
  return scheme == QuantScheme::none || !is_cutlass ? ExpertKernel::triton : ExpertKernel::grouped;
}

}  // namespace moru
