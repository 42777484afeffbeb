#include "moru/base/registry.h"
#include "moru/serving/router.h"

#include <limits>

namespace moru {
namespace {

// A waiting request weighs four running ones, as in vLLM's data-parallel load balancer
// (vllm/v1/engine/core_client.py, DPLBAsyncMPClient).
class LeastLoaded final : public Router {
 public:
  bool needs_state() const override { return true; }
  std::size_t choose(std::span<const std::unique_ptr<Replica>> replicas, const Request&) override {
    constexpr std::int64_t kWaitingWeight = 4;
    std::size_t best = 0;
    std::int64_t best_score = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < replicas.size(); ++i) {
      const std::int64_t score = kWaitingWeight * replicas[i]->waiting() + replicas[i]->running();
      if (score < best_score) {
        best_score = score;
        best = i;
      }
    }
    return best;
  }
};

MORU_REGISTER(Router, LeastLoaded, "least_loaded",
              "the smallest 4 x waiting + running, first replica on ties");

}  // namespace
}  // namespace moru
