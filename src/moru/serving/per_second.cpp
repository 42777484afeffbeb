#include "moru/serving/per_second.h"

#include <algorithm>

namespace moru {
namespace {
constexpr std::size_t kChunk = 4096;
}  // namespace

void PerSecond::add(SimTime time, std::int64_t count) {
  const auto second = static_cast<std::size_t>(std::max<SimTime>(time, 0) / kNanosecondsPerSecond);
  const std::size_t chunk = second / kChunk;
  if (chunk >= chunks_.size()) {
    chunks_.resize(chunk + 1);
  }
  if (chunks_[chunk].empty()) {
    chunks_[chunk].resize(kChunk);
  }
  chunks_[chunk][second % kChunk] += count;
}

std::int64_t PerSecond::peak() const {
  std::int64_t largest = 0;
  for (const std::vector<std::int64_t>& chunk : chunks_) {
    for (const std::int64_t count : chunk) {
      largest = std::max(largest, count);
    }
  }
  return largest;
}

std::int64_t PerSecond::peak_sum() const {
  std::int64_t sum = 0;
  std::int64_t largest = 0;
  for (const std::vector<std::int64_t>& chunk : chunks_) {
    for (const std::int64_t count : chunk) {
      sum += count;
      largest = std::max(largest, sum);
    }
  }
  return largest;
}

}  // namespace moru
