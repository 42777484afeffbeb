#include "moru/mapping/systolic/explain.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

struct Resource {
  std::string_view name;
  void (*scale)(SystolicDevice&, double);
};

constexpr Resource kResources[] = {
    {"matrix rate",
     [](SystolicDevice& d, double f) {
       d.arrays *= f;
       d.rate_16 *= f;
       d.rate_fp8 *= f;
       d.rate_int8 *= f;
     }},
    {"vector rate", [](SystolicDevice& d, double f) { d.lanes *= f; }},
    {"memory bandwidth", [](SystolicDevice& d, double f) { d.memory.scale(f); }},
    {"scratchpad capacity", [](SystolicDevice& d, double f) { d.scratchpad *= f; }},
};

}  // namespace

tl::expected<Explanation, Infeasible> explain_on_arrays(const SystolicDevice& device,
                                                        const Engine& engine, const Task& task,
                                                        double launch) {
  const auto time = answer(device, engine, task);
  if (!time) {
    return tl::unexpected(time.error());
  }
  Explanation explanation;
  explanation.kernel =
      fmt::format("weight-stationary, {:.0f} x {:.0f} array tiles", device.rows, device.columns);
  const double started = time->launch + launch;
  explanation.timeline.push_back({"launch", started});
  explanation.timeline.push_back({"fill", time->fill});
  explanation.timeline.push_back(
      {"steady", std::max(0.0, time->seconds - time->launch - time->fill)});
  explanation.timeline.push_back({"drain", 0});
  for (const Resource& resource : kResources) {
    explanation.levers.push_back({resource.name, lever_of([&](double factor) {
                                    SystolicDevice changed = device;
                                    resource.scale(changed, factor);
                                    const auto other = answer(changed, engine, task);
                                    return (other ? other->seconds : time->seconds) + launch;
                                  })});
  }
  explanation.levers.push_back({"launch speed", lever_of([&](double factor) {
                                  return time->seconds - time->launch + started / factor;
                                })});
  return explanation;
}

}  // namespace moru
