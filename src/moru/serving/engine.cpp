#include "moru/serving/engine.h"

#include "moru/base/registry.h"
#include "moru/serving/model_timer.h"

#include <fmt/format.h>

#include <numeric>

namespace moru {
namespace {

// Replicas with their timers, for one attempt.
struct Fleet {
  std::vector<std::unique_ptr<ModelTimer>> timers;
  std::vector<std::unique_ptr<Replica>> replicas;

  bool needs_identity() const {
    for (const auto& replica : replicas) {
      if (replica->needs_identity()) {
        return true;
      }
    }
    return false;
  }
};

// Requests that max_model_len, or the whole KV cache, could never hold are refused at the door.
bool is_acceptable(const EngineConfig& config, const Request& request) {
  return request.prompt_tokens < config.max_model_len &&
         (config.enable_chunked_prefill || config.scheduler == "sglang" ||
          request.prompt_tokens <= config.max_num_batched_tokens);
}

// Clients that wait: every replica has its share of them, the first ones more if it does not
// divide, and gets requests in proportion.
void push_in_turn(const EngineConfig& config, const ServiceInput& input, Fleet& fleet,
                  MetricsCollector& collector) {
  const auto clients = static_cast<std::size_t>(input.max_concurrency);
  const std::size_t replicas = fleet.replicas.size();
  std::size_t turn = 0;
  for (std::size_t i = 0; i < input.trace->requests.size(); ++i) {
    const Request& request = input.trace->requests[i];
    if (!is_acceptable(config, request)) {
      collector.reject(request.priority);
      continue;
    }
    Replica& replica = *fleet.replicas[turn % clients % replicas];
    const auto id = static_cast<std::int64_t>(i);
    if (turn < clients) {
      replica.push(id, request.arrival);
    } else {
      replica.hold(id, request.arrival);
    }
    ++turn;
  }
  for (const auto& replica : fleet.replicas) {
    replica->advance();
  }
}

std::optional<FleetTotals> serve_all(const EngineConfig& config, const ServiceInput& input,
                                     Fleet& fleet, Router& router, MetricsCollector& collector,
                                     const std::function<void(double)>& progress) {
  constexpr std::size_t kProgressEvery = 4096;
  const bool needs_state = router.needs_state() && fleet.replicas.size() > 1;
  std::vector<bool> is_follow_up(input.trace->requests.size(), false);
  for (const FollowUp& follow_up : input.follow_ups) {
    if (follow_up.next >= 0) {
      is_follow_up[static_cast<std::size_t>(follow_up.next)] = true;
    }
  }
  std::vector<std::size_t> all(fleet.replicas.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const FleetView view{fleet.replicas, all, *input.trace};
  std::optional<FleetRun> changing;
  if (config.fleet.is_set()) {
    changing.emplace(config, input, fleet.replicas, router, collector, input.seed);
  }
  for (std::size_t i = 0; i < input.trace->requests.size(); ++i) {
    const Request& request = input.trace->requests[i];
    if (!is_acceptable(config, request)) {
      collector.reject(request.priority);
      continue;
    }
    if (is_follow_up[i]) {
      continue;
    }
    if (progress && i % kProgressEvery == 0) {
      progress(to_seconds(request.arrival));
    }
    if (changing) {
      changing->arrive(static_cast<std::int64_t>(i));
      continue;
    }
    if (needs_state) {
      for (const auto& replica : fleet.replicas) {
        if (router.needs_memory()) {
          replica->advance(request.arrival);
        } else {
          replica->advance_loads(request.arrival);
        }
      }
    }
    const std::size_t chosen = router.choose(view, request);
    fleet.replicas[chosen]->push(static_cast<std::int64_t>(i), request.arrival);
  }
  if (changing) {
    changing->finish();
    return changing->totals();
  }
  for (const auto& replica : fleet.replicas) {
    replica->advance();
  }
  return std::nullopt;
}

}  // namespace

ServingResult serve(const EngineConfig& config, StepCosts& costs, const ServiceInput& input,
                    const std::function<std::unique_ptr<MetricsCollector>()>& make_collector,
                    const std::function<void(double)>& progress) {
  if (input.max_concurrency > 0 && config.fleet.is_set()) {
    fail(
        "a fleet that changes serves requests that come by the clock; leave out either "
        "max_concurrency or fleet");
  }
  bool has_identity = config.enable_prefix_caching && input.shares_prefixes();
  for (;;) {
    costs.forget_recorded();
    ServingResult result;
    result.collector = make_collector();
    Fleet fleet;
    const int replicas = config.fleet.most_replicas(config.replicas);
    for (int i = 0; i < replicas; ++i) {
      fleet.timers.push_back(std::make_unique<ModelTimer>(config, costs));
      fleet.replicas.push_back(std::make_unique<Replica>(config, input, *fleet.timers.back(),
                                                         *result.collector, has_identity));
    }
    const auto router = Registry<Router>::make(config.router, "router");
    if (input.max_concurrency > 0) {
      push_in_turn(config, input, fleet, *result.collector);
    } else {
      result.fleet = serve_all(config, input, fleet, *router, *result.collector, progress);
    }
    if (fleet.needs_identity()) {
      has_identity = true;
      continue;
    }
    for (const auto& replica : fleet.replicas) {
      result.replicas.push_back(replica->totals());
    }
    RunTotals totals = costs.totals();
    result.work = totals.time;
    result.operators = std::move(totals.operators);
    return result;
  }
}

}  // namespace moru
