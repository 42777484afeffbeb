#include "moru/base/registry.h"
#include "moru/serving/router.h"

namespace moru {
namespace {

class RoundRobin final : public Router {
 public:
  bool needs_state() const override { return false; }
  std::size_t choose(std::span<const std::unique_ptr<Replica>> replicas, const Request&) override {
    return next_++ % replicas.size();
  }

 private:
  std::size_t next_ = 0;
};

MORU_REGISTER(Router, RoundRobin, "round_robin", "each replica in turn");

}  // namespace
}  // namespace moru
