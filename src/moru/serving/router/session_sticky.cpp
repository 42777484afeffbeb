// Sessions stay where they began: consistent hashing, as vLLM production-stack's session router and
// llm-d's session affinity do it.
//
// Every replica has points on a ring of 64-bit hashes; a session goes to the replica whose point
// follows its own hash. When a replica leaves or comes back, only the sessions that lie before its
// points move.
#include "moru/base/registry.h"
#include "moru/base/rng.h"
#include "moru/serving/router.h"

#include <algorithm>
#include <vector>

namespace moru {
namespace {

class SessionSticky final : public Router {
 public:
  bool needs_state() const override { return true; }

  std::size_t choose(const FleetView& fleet, const Request& request) override {
    if (request.session < 0) {
      return cheapest(fleet, [&](std::size_t i) { return fleet.replicas[i]->in_service(); });
    }
    while (replicas_ < fleet.replicas.size()) {
      add_points(replicas_++);
    }
    const std::uint64_t hash = Rng(static_cast<std::uint64_t>(request.session), 1).next_u64();
    auto point = std::lower_bound(points_.begin(), points_.end(), Point{hash, 0});
    for (;;) {
      if (point == points_.end()) {
        point = points_.begin();
      }
      if (std::binary_search(fleet.up.begin(), fleet.up.end(), point->second)) {
        return point->second;
      }
      ++point;
    }
  }

 private:
  using Point = std::pair<std::uint64_t, std::size_t>;  // hash, replica

  void add_points(std::size_t replica) {
    // With this many, the fullest of 64 replicas gets about a quarter more sessions than the mean.
    constexpr int kPoints = 160;
    Rng rng(replica, 2);
    for (int i = 0; i < kPoints; ++i) {
      points_.emplace_back(rng.next_u64(), replica);
    }
    std::sort(points_.begin(), points_.end());
  }

  std::size_t replicas_ = 0;
  std::vector<Point> points_;  // sorted
};

MORU_REGISTER(Router, SessionSticky, "session_sticky",
              "consistent hash of the session; requests without one go to the fewest in service");

}  // namespace
}  // namespace moru
