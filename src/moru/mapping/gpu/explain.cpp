#include "moru/mapping/gpu/explain.h"

#include "moru/mapping/gpu/answer.h"
#include "moru/mapping/gpu/gemm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

struct Resource {
  std::string_view name;
  void (*scale)(GpuDevice&, double);
};

constexpr Resource kResources[] = {
    {"matrix rate",
     [](GpuDevice& d, double f) {
       for (double& rate : d.matrix_per_clock) {
         rate *= f;
       }
     }},
    {"vector rate", [](GpuDevice& d, double f) { d.vector_per_clock *= f; }},
    {"memory bandwidth",
     [](GpuDevice& d, double f) {
       d.memory.scale(f);
       d.memory_bandwidth *= f;
       d.memory_peak *= f;
     }},
    {"cache bandwidth", [](GpuDevice& d, double f) { d.cache_bandwidth *= f; }},
    {"cache capacity", [](GpuDevice& d, double f) { d.cache_bytes *= f; }},
    {"cores",
     [](GpuDevice& d, double f) {
       d.cores *= f;
       d.cache_bandwidth *= f;
     }},
    {"power", [](GpuDevice& d, double f) { d.power *= f; }},
    {"link bandwidth",
     [](GpuDevice& d, double f) {
       d.fabric.bandwidth *= f;
       d.fabric.host_bandwidth *= f;
     }},
};

std::string kernel_text(const Task& task, const KernelTime& time) {
  const std::string tile = tile_text(time.tile);
  if (std::holds_alternative<GemmTask>(task)) {
    return "product, " + tile;
  }
  if (std::holds_alternative<MoeTask>(task)) {
    return "grouped products, " + tile;
  }
  if (const auto* attention = std::get_if<AttentionTask>(&task)) {
    return fmt::format("fused attention ({}), {} query rows, keys in {} parts",
                       attention->is_decode ? "decode" : "prefill", time.tile[0], time.tile[3]);
  }
  return std::holds_alternative<CollectiveTask>(task) ? "collective" : "one pass";
}

}  // namespace

std::string tile_text(const std::array<int, 4>& tile) {
  std::string text = fmt::format("{} x {} tile", tile[0], tile[1]);
  return tile[3] > 1 ? text + fmt::format(", depth split {} ways", tile[3]) : text;
}

void add_waves(double body, double waves, Explanation& explanation) {
  explanation.waves = waves;
  const double full = std::floor(waves);
  const bool has_tail = waves > full && full > 0;
  const double tail = has_tail ? body / (full + 1) : 0;
  explanation.timeline.push_back({"steady", body - tail});
  explanation.timeline.push_back({"drain", tail});
}

tl::expected<Explanation, Infeasible> explain_on_gpu(const GpuDevice& device, const Engine& engine,
                                                     const Task& task, double launch) {
  const auto time = answer(device, engine, task);
  if (!time) {
    return tl::unexpected(time.error());
  }
  Explanation explanation;
  explanation.kernel = kernel_text(task, *time);
  explanation.clock_share = time->clock_share;
  const bool is_link = std::holds_alternative<CollectiveTask>(task);
  const double own = is_link ? time->launch : launch_time(device, engine, 1);
  const double started = is_link ? time->launch : time->launch - own + launch;
  explanation.timeline.push_back({"launch", started});
  explanation.timeline.push_back({"fill", time->fill});
  const double body = std::max(0.0, time->seconds - time->launch - time->fill);
  add_waves(body, time->waves, explanation);
  if (time->other_seconds > 0) {
    explanation.runner_up = tile_text(time->other_tile);
    explanation.runner_up_seconds = time->other_seconds + started;
  }
  const auto seconds_of = [&](const GpuDevice& changed, double start) {
    const auto other = answer(changed, engine, task);
    return other ? other->seconds - own + start : time->seconds;
  };
  for (const Resource& resource : kResources) {
    explanation.levers.push_back({resource.name, lever_of([&](double factor) {
                                    GpuDevice changed = device;
                                    resource.scale(changed, factor);
                                    return seconds_of(changed, is_link ? own : launch);
                                  })});
  }
  explanation.levers.push_back({"launch speed", lever_of([&](double factor) {
                                  return seconds_of(device, (is_link ? own : launch) / factor);
                                })});
  return explanation;
}

}  // namespace moru
