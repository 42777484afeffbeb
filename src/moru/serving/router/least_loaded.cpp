#include "moru/base/registry.h"
#include "moru/serving/router.h"

namespace moru {
namespace {

// A waiting request weighs four running ones, as in vLLM's data-parallel load balancer
// (vllm/v1/engine/core_client.py, DPLBAsyncMPClient).
class LeastLoaded final : public Router {
 public:
  bool needs_state() const override { return true; }
  std::size_t choose(const FleetView& fleet, const Request&) override {
    constexpr std::int64_t kWaitingWeight = 4;
    return cheapest(fleet, [&](std::size_t i) {
      const Replica& replica = *fleet.replicas[i];
      return kWaitingWeight * replica.waiting() + replica.running();
    });
  }
};

MORU_REGISTER(Router, LeastLoaded, "least_loaded",
              "the smallest 4 x waiting + running, first replica on ties");

}  // namespace
}  // namespace moru
