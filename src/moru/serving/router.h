// How requests are split over replicas. One file each in router/, registered by name.
#pragma once

#include "moru/serving/replica.h"

#include <cstdint>
#include <memory>
#include <span>

namespace moru {

// What a router may look at.
struct FleetView {
  std::span<const std::unique_ptr<Replica>> replicas;
  std::span<const std::size_t> up;  // places of those that take requests, ascending; never empty
  const Trace& trace;               // that the requests are of
};

// Contract: choose() is called once per request in order of arrival and returns one of `up`. If
// needs_state(), every replica stands at the instant of the arrival; otherwise their state is not
// meaningful.
class Router {
 public:
  virtual ~Router() = default;
  virtual bool needs_state() const = 0;
  virtual std::size_t choose(const FleetView& fleet, const Request& request) = 0;
  // Whether used_blocks() matters too.
  virtual bool needs_memory() const { return false; }
  // The replica's KV cache is gone: it failed.
  virtual void forget(std::size_t) {}
};

// The replica that takes requests for which `cost` is smallest, the first on ties.
template <class Cost>
std::size_t cheapest(const FleetView& fleet, Cost cost) {
  std::size_t best = fleet.up.front();
  auto least = cost(best);
  for (const std::size_t i : fleet.up.subspan(1)) {
    const auto next = cost(i);
    if (next < least) {
      least = next;
      best = i;
    }
  }
  return best;
}

}  // namespace moru
