#include "moru/mapping/systolic/tile_simulator.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <vector>

namespace moru {
namespace {

enum class EventKind { transfer_done, tile_done };

struct Event {
  double at = 0;
  EventKind kind = EventKind::transfer_done;
  bool is_store = false;
  bool operator>(const Event& other) const { return at > other.at; }
};

class Walk {
 public:
  explicit Walk(const TileJob& job)
      : job_(job),
        depth_(static_cast<std::int64_t>(std::ceil(job.k / job.height))),
        columns_(static_cast<std::int64_t>(std::ceil(std::ceil(job.n / job.width) / job.arrays))) {
    tiles_ = depth_ * columns_;
    weights_ = job.height * job.width * job.arrays * job.weight_bytes;
    results_bytes_ = job.m * job.width * job.arrays * 2;
    // Results leave in bursts no longer than a load of weights, so that the arrays do not starve.
    bursts_ = static_cast<std::int64_t>(std::ceil(results_bytes_ / weights_));
  }

  TileRun run() {
    start_transfer(job_.transfer_start);
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      ++run_.events;
      run_.clocks = std::max(run_.clocks, event.at);
      if (event.kind == EventKind::transfer_done) {
        is_transferring_ = false;
        (event.is_store ? stored_ : loaded_) += 1;
      } else {
        is_computing_ = false;
        finish_tile();
      }
      start_tile(event.at);
      start_transfer(event.at);
    }
    return run_;
  }

 private:
  // The first TPU's weight FIFO is four tiles deep (Jouppi et al., ISCA 2017, section 2).
  static constexpr std::int64_t kWeightBuffers = 4;
  static constexpr std::int64_t kResultBuffers = 2;

  void finish_tile() {
    ++computed_;
    if (computed_ % depth_ == 0) {
      ++results_;  // a column of results is complete
    }
  }

  // The next tile needs its operands and, at the first depth of a column, a free result buffer.
  void start_tile(double now) {
    const bool begins_column = computed_ % depth_ == 0;
    const bool has_room = !begins_column || results_ - stored_ / bursts_ < kResultBuffers;
    if (is_computing_ || computed_ >= loaded_ || !has_room) {
      return;
    }
    is_computing_ = true;
    const double drain = computed_ + 1 == tiles_ ? job_.height + job_.width : 0;
    const double busy = std::max(job_.m, job_.height);
    run_.array_busy += busy;
    events_.push({now + busy + drain, EventKind::tile_done, false});
  }

  void start_transfer(double now) {
    if (is_transferring_) {
      return;
    }
    const bool can_load = loaded_ < tiles_ && loaded_ - computed_ < kWeightBuffers;
    const bool can_store = stored_ < results_ * bursts_;
    if (!can_load && !can_store) {
      return;
    }
    // Results wait for weights only while the arrays have a tile in reserve.
    const bool stores = can_store && (!can_load || loaded_ - computed_ > 1);
    double bytes = results_bytes_ / static_cast<double>(bursts_);
    if (!stores) {
      bytes = weights_;
      requested_ += 1;
      bytes += requested_ <= depth_ ? job_.m * job_.height * 2 : 0;
    }
    const double duration = bytes / job_.bytes_per_clock;
    is_transferring_ = true;
    run_.memory_busy += duration;
    events_.push({now + duration, EventKind::transfer_done, stores});
  }

  const TileJob& job_;
  std::int64_t depth_;
  std::int64_t columns_;
  std::int64_t tiles_ = 0;
  double weights_ = 0;  // bytes of one load
  double results_bytes_ = 0;
  std::int64_t bursts_ = 1;  // of one store
  std::int64_t requested_ = 0;
  std::int64_t loaded_ = 0;
  std::int64_t computed_ = 0;
  std::int64_t results_ = 0;
  std::int64_t stored_ = 0;
  bool is_transferring_ = false;
  bool is_computing_ = false;
  TileRun run_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

}  // namespace

TileRun simulate_tiles(const TileJob& job) { return Walk(job).run(); }

}  // namespace moru
