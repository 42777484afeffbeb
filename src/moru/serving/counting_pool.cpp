#include "moru/serving/kv_pool.h"

namespace moru {
namespace {

class CountingPool final : public KvPool {
 public:
  explicit CountingPool(std::int64_t blocks) : free_(blocks) {}

  std::int64_t free_blocks() const override { return free_; }
  PrefixHit lookup(std::int32_t, const RequestState&) override { return {}; }
  void admit(std::int32_t slot, RequestState& request, const PrefixHit&,
             std::int32_t fresh) override {
    grow(slot, request, fresh);
  }
  void grow(std::int32_t, RequestState& request, std::int32_t fresh) override {
    free_ -= fresh;
    request.blocks += fresh;
  }
  void publish(std::int32_t, const RequestState&, std::int32_t) override {}
  void release(std::int32_t, RequestState& request) override {
    free_ += request.blocks;
    request.blocks = 0;
  }
  void forget(std::int32_t) override {}
  bool counts_only() const override { return true; }
  void take(std::int64_t blocks) override { free_ -= blocks; }

 private:
  std::int64_t free_;
};

}  // namespace

std::unique_ptr<KvPool> make_counting_pool(std::int64_t blocks) {
  return std::make_unique<CountingPool>(blocks);
}

}  // namespace moru
