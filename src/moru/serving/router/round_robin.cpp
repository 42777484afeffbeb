#include "moru/base/registry.h"
#include "moru/serving/router.h"

namespace moru {
namespace {

class RoundRobin final : public Router {
 public:
  bool needs_state() const override { return false; }
  std::size_t choose(const FleetView& fleet, const Request&) override {
    return fleet.up[next_++ % fleet.up.size()];
  }

 private:
  std::size_t next_ = 0;
};

MORU_REGISTER(Router, RoundRobin, "round_robin", "each replica in turn");

}  // namespace
}  // namespace moru
