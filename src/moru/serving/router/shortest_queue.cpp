#include "moru/base/registry.h"
#include "moru/serving/router.h"

namespace moru {
namespace {

// Join the shortest queue, counted in tokens: a prompt of 8,000 tokens keeps a replica as busy as
// sixteen of 500 (Splitwise's token_jsq). On ties the fewer requests decide.
class ShortestQueue final : public Router {
 public:
  bool needs_state() const override { return true; }
  std::size_t choose(const FleetView& fleet, const Request&) override {
    return cheapest(fleet, [&](std::size_t i) {
      const Replica& replica = *fleet.replicas[i];
      return std::pair(replica.unanswered_tokens(), replica.in_service());
    });
  }
};

MORU_REGISTER(Router, ShortestQueue, "shortest_queue",
              "the fewest tokens of prompts that have no answer yet, then the fewest requests");

}  // namespace
}  // namespace moru
