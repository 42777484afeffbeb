// When requests arrive: drawn from a process, laid along a day, or stretched to another rate.
#pragma once

#include "moru/base/rng.h"
#include "moru/base/units.h"
#include "moru/trace/request.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace moru {

// Names and meanings as in `vllm bench serve`.
struct ArrivalOptions {
  // Requests per second, the mean over a day where there is a daily curve; infinity: all at once.
  std::optional<double> request_rate{};
  // Shape of the gamma-distributed intervals: 1 is a Poisson process, below 1 is burstier (their
  // coefficient of variation is 1/sqrt(burstiness)), infinity is a constant interval.
  std::optional<double> burstiness{};
  std::int64_t num_prompts = 0;  // 0: as many as the trace has or the duration holds
  double duration_s = 0;         // 0: no limit
  std::uint64_t seed = 0;
};

// Throws Error if a number makes no sense (a rate of zero, a NaN).
void check_arrivals(const ArrivalOptions& options);

// Relative load of the 24 hours of a day, from midnight; any positive scale.
using HourlyWeights = std::array<double, 24>;

// A renewal process of unit rate seen through a rate that changes by the hour: the intervals of
// "operational time" are mapped through the inverse of the cumulated rate (Çinlar 1975,
// "Introduction to Stochastic Processes", chapter 4.7), which is exact for piecewise constant
// rates.
class ArrivalClock {
 public:
  ArrivalClock(double request_rate, double burstiness, std::uint64_t seed,
               const std::optional<HourlyWeights>& weights = std::nullopt);
  // The next arrival in seconds; the first is 0.
  double next();

 private:
  double unit_interval();

  Rng rng_;
  double burstiness_;
  HourlyWeights rates_{};  // requests per second in each hour
  double time_ = 0;
  double hour_end_;
  std::size_t hour_ = 0;
  bool is_first_ = true;
};

// Gives a trace arrivals at a request rate. A trace that has arrivals keeps their pattern,
// stretched in time, unless a burstiness is given; otherwise arrivals are drawn anew. Then cuts the
// trace to num_prompts and duration_s. Throws Error if arrivals are needed and no rate is given.
void schedule_arrivals(Trace& trace, const ArrivalOptions& options);

}  // namespace moru
