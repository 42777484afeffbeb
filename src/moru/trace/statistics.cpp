#include "moru/trace/statistics.h"

#include <algorithm>
#include <vector>

namespace moru {
namespace {

LengthStatistics length_statistics(const Trace& trace, std::int32_t Request::*length) {
  std::vector<std::int32_t> sorted;
  sorted.reserve(trace.requests.size());
  LengthStatistics statistics;
  for (const Request& request : trace.requests) {
    sorted.push_back(request.*length);
    statistics.total += request.*length;
  }
  if (sorted.empty()) {
    return statistics;
  }
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&sorted](double p) {
    return sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1))];
  };
  statistics.mean = static_cast<double>(statistics.total) / static_cast<double>(sorted.size());
  statistics.min = sorted.front();
  statistics.p1 = at(0.01);
  statistics.p10 = at(0.1);
  statistics.p25 = at(0.25);
  statistics.p50 = at(0.5);
  statistics.p75 = at(0.75);
  statistics.p90 = at(0.9);
  statistics.p99 = at(0.99);
  statistics.max = sorted.back();
  return statistics;
}

std::int64_t peak_minute(const std::vector<Request>& requests) {
  constexpr SimTime kMinute = 60 * kNanosecondsPerSecond;
  std::int64_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < requests.size(); ++last) {
    while (requests[last].arrival - requests[first].arrival >= kMinute) {
      ++first;
    }
    most = std::max(most, static_cast<std::int64_t>(last - first + 1));
  }
  return most;
}

}  // namespace

TraceStatistics statistics_of(const Trace& trace) {
  TraceStatistics statistics;
  statistics.requests = static_cast<std::int64_t>(trace.requests.size());
  statistics.prompt = length_statistics(trace, &Request::prompt_tokens);
  statistics.output = length_statistics(trace, &Request::output_tokens);
  statistics.reuse = prefix_reuse(trace);
  if (trace.has_arrivals && !trace.requests.empty()) {
    // Divided, not multiplied: 3536.999 s comes out as 3536.999.
    statistics.span_s = static_cast<double>(trace.requests.back().arrival) / 1e9;
    statistics.peak_minute_requests = peak_minute(trace.requests);
    if (statistics.span_s > 0) {
      statistics.request_rate = static_cast<double>(statistics.requests - 1) / statistics.span_s;
    }
  }
  return statistics;
}

}  // namespace moru
