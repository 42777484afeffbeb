// Merging and extrapolating what channels count.
#include "moru/dram/channel.h"

#include <numeric>

namespace moru {

void LatencyHistogram::merge(const LatencyHistogram& other, std::uint64_t times) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts_[i] += other.counts_[i] * times;
  }
}

std::uint64_t LatencyHistogram::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

Tick LatencyHistogram::percentile(double share) const {
  const std::uint64_t total = count();
  if (total == 0) {
    return 0;
  }
  const double wanted = share * static_cast<double>(total);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (static_cast<double>(seen) >= wanted && counts_[i] > 0) {
      if (i < 16) {
        return static_cast<Tick>(i);
      }
      const int log = static_cast<int>(i) / 8 + 2;
      const Tick step = Tick{1} << (log - 3);
      return (Tick{1} << log) + static_cast<Tick>(i % 8) * step + step - 1;
    }
  }
  return 0;
}

void LatencyHistogram::extrapolate(const LatencyHistogram& from, const LatencyHistogram& to,
                                   std::uint64_t times) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts_[i] += (to.counts_[i] - from.counts_[i]) * times;
  }
}

void ChannelCounters::extrapolate(const ChannelCounters& from, const ChannelCounters& to,
                                  std::uint64_t times) {
  for (std::size_t i = 0; i < commands.size(); ++i) {
    commands[i] += (to.commands[i] - from.commands[i]) * times;
  }
  const auto add = [&](std::uint64_t ChannelCounters::*field) {
    this->*field += (to.*field - from.*field) * times;
  };
  add(&ChannelCounters::reads);
  add(&ChannelCounters::writes);
  add(&ChannelCounters::row_hits);
  add(&ChannelCounters::forwarded);
  add(&ChannelCounters::coalesced);
  add(&ChannelCounters::accepted);
  add(&ChannelCounters::read_latency_sum);
  powered_down += (to.powered_down - from.powered_down) * static_cast<Tick>(times);
  self_refresh += (to.self_refresh - from.self_refresh) * static_cast<Tick>(times);
  read_latency.extrapolate(from.read_latency, to.read_latency, times);
}

void ChannelCounters::merge(const ChannelCounters& other, std::uint64_t times) {
  const ChannelCounters nothing;
  extrapolate(nothing, other, times);
  read_latency_min = std::min(read_latency_min, other.read_latency_min);
  read_latency_max = std::max(read_latency_max, other.read_latency_max);
}

}  // namespace moru
