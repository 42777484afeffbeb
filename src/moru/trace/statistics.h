// What a trace looks like: how many requests, how fast, how long, how much they share.
#pragma once

#include "moru/trace/prefix.h"
#include "moru/trace/request.h"

#include <cstdint>

namespace moru {

// Of one kind of length, in tokens. A quantile p is the observed length of rank floor(p (n - 1)),
// counted from 0: lengths are whole, so nothing is interpolated.
struct LengthStatistics {
  std::int64_t total = 0;
  double mean = 0;
  std::int32_t min = 0;
  std::int32_t p1 = 0;
  std::int32_t p10 = 0;
  std::int32_t p25 = 0;
  std::int32_t p50 = 0;
  std::int32_t p75 = 0;
  std::int32_t p90 = 0;
  std::int32_t p99 = 0;
  std::int32_t max = 0;
};

struct TraceStatistics {
  std::int64_t requests = 0;
  double span_s = 0;        // from the first arrival to the last
  double request_rate = 0;  // (requests - 1) / span; 0 if all arrive at once
  // The most arrivals within any 60 seconds; of a shorter trace all of them.
  std::int64_t peak_minute_requests = 0;
  LengthStatistics prompt;
  LengthStatistics output;
  PrefixReuse reuse;
};

TraceStatistics statistics_of(const Trace& trace);

}  // namespace moru
