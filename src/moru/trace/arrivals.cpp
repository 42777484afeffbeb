#include "moru/trace/arrivals.h"

#include "moru/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace moru {
namespace {

constexpr double kHour = 3600;
// Lengths are drawn from other streams of the same seed, so that a change of rate keeps them.
constexpr std::uint64_t kArrivalStream = 2;

SimTime to_nanoseconds(double seconds) {
  // Half of what int64 holds, so that adding latencies to an arrival cannot overflow.
  constexpr double kMostSeconds = 4.6e9;
  if (!(seconds < kMostSeconds)) {
    fail(fmt::format("arrivals reach {:.3g} s, beyond 146 years; raise --request-rate", seconds));
  }
  return std::llround(seconds * 1e9);
}

void stretch(Trace& trace, double request_rate) {
  const double span = to_seconds(trace.requests.back().arrival);
  const double rate = static_cast<double>(trace.requests.size() - 1) / span;
  for (Request& request : trace.requests) {
    request.arrival = to_nanoseconds(to_seconds(request.arrival) * (rate / request_rate));
  }
}

void draw(Trace& trace, double request_rate, const ArrivalOptions& options) {
  ArrivalClock clock(request_rate, options.burstiness.value_or(1), options.seed);
  for (Request& request : trace.requests) {
    request.arrival = to_nanoseconds(clock.next());
  }
}

void cut(Trace& trace, const ArrivalOptions& options) {
  if (options.num_prompts > 0 &&
      options.num_prompts < static_cast<std::int64_t>(trace.requests.size())) {
    trace.requests.resize(static_cast<std::size_t>(options.num_prompts));
  }
  if (options.duration_s > 0 && trace.has_arrivals) {
    const SimTime end = to_nanoseconds(options.duration_s);
    const auto first_late =
        std::find_if(trace.requests.begin(), trace.requests.end(),
                     [end](const Request& request) { return request.arrival >= end; });
    trace.requests.erase(first_late, trace.requests.end());
  }
}

}  // namespace

void check_arrivals(const ArrivalOptions& options) {
  if (options.request_rate && !(*options.request_rate > 0)) {
    fail("--request-rate must be above zero: requests per second, or inf for all at once");
  }
  if (options.burstiness && !(*options.burstiness > 0)) {
    fail(
        "--burstiness must be above zero: 1 is Poisson, below 1 burstier, inf a constant interval");
  }
  if (options.num_prompts < 0) {
    fail("--num-prompts must be zero (no limit) or more");
  }
  if (!(options.duration_s >= 0)) {
    fail("--duration must be zero (no limit) or more seconds");
  }
}

ArrivalClock::ArrivalClock(double request_rate, double burstiness, std::uint64_t seed,
                           const std::optional<HourlyWeights>& weights)
    : rng_(seed, kArrivalStream),
      burstiness_(burstiness),
      hour_end_(weights && std::isfinite(request_rate) ? kHour
                                                       : std::numeric_limits<double>::infinity()) {
  rates_.fill(request_rate);
  if (weights && std::isfinite(request_rate)) {
    const double mean =
        std::accumulate(weights->begin(), weights->end(), 0.0) / static_cast<double>(rates_.size());
    for (std::size_t hour = 0; hour < rates_.size(); ++hour) {
      rates_[hour] = request_rate * (*weights)[hour] / mean;
    }
  }
}

double ArrivalClock::unit_interval() {
  if (burstiness_ == 1) {
    return rng_.exponential(1);
  }
  return std::isinf(burstiness_) ? 1 : rng_.gamma(burstiness_, 1 / burstiness_);
}

double ArrivalClock::next() {
  if (is_first_) {
    is_first_ = false;
    return 0;
  }
  double left = unit_interval();
  for (;;) {
    const double until_end = (hour_end_ - time_) * rates_[hour_];
    if (rates_[hour_] > 0 && left <= until_end) {
      time_ += left / rates_[hour_];
      return time_;
    }
    left -= until_end;
    time_ = hour_end_;
    hour_end_ += kHour;
    hour_ = (hour_ + 1) % rates_.size();
  }
}

void schedule_arrivals(Trace& trace, const ArrivalOptions& options) {
  check_arrivals(options);
  if (trace.requests.empty()) {
    return;
  }
  const bool has_pattern = trace.has_arrivals && trace.requests.back().arrival > 0;
  if (!options.request_rate && (!trace.has_arrivals || options.burstiness)) {
    fail(fmt::format("{} {}; give --request-rate (requests per second, or inf for all at once)",
                     trace.name,
                     trace.has_arrivals ? "gets new arrivals from --burstiness"
                                        : "states lengths but no arrivals"));
  }
  // A stretched trace is cut by its own order, a drawn one need not be drawn beyond the cut.
  ArrivalOptions by_number = options;
  by_number.duration_s = 0;
  cut(trace, by_number);
  if (options.request_rate) {
    if (has_pattern && !options.burstiness && std::isfinite(*options.request_rate) &&
        trace.requests.back().arrival > 0) {
      stretch(trace, *options.request_rate);
    } else {
      draw(trace, *options.request_rate, options);
    }
    trace.has_arrivals = true;
  }
  cut(trace, options);
}

}  // namespace moru
