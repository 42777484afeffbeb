#include "moru/serving/metrics.h"

#include <algorithm>

namespace moru {
namespace {

std::int64_t& at_second(std::vector<std::int64_t>& series, SimTime time) {
  const auto second = static_cast<std::size_t>(std::max<SimTime>(time, 0) / kNanosecondsPerSecond);
  if (second >= series.size()) {
    series.resize(second + 1);
  }
  return series[second];
}

}  // namespace

double ServingMetrics::attainment() const {
  const std::int64_t all = completed + rejected;
  return all == 0 ? 0 : static_cast<double>(good) / static_cast<double>(all);
}

std::int64_t ServingMetrics::peak_tokens_per_second() const {
  return tokens_by_second.empty()
             ? 0
             : *std::max_element(tokens_by_second.begin(), tokens_by_second.end());
}

std::int64_t ServingMetrics::peak_concurrency() const {
  std::int64_t now = 0;
  std::int64_t peak = 0;
  for (const std::int64_t change : concurrency_change) {
    now += change;
    peak = std::max(peak, now);
  }
  return peak;
}

void MetricsCollector::count_tokens(SimTime now, std::int64_t count) {
  metrics_.output_tokens += count;
  at_second(metrics_.tokens_by_second, now) += count;
}

void MetricsCollector::on_token(const RequestState& request, SimTime now) {
  count_tokens(now, 1);
  if (request.last_token >= 0) {
    metrics_.itl_ms.add(to_milliseconds(now - request.last_token));
  }
}

void MetricsCollector::on_tokens(std::int64_t count, SimTime now, SimTime interval) {
  count_tokens(now, count);
  metrics_.itl_ms.add(to_milliseconds(interval), count);
}

void MetricsCollector::on_finish(const RequestState& request, SimTime now) {
  const double ttft = to_milliseconds(request.first_token - request.arrival);
  const double e2el = to_milliseconds(now - request.arrival);
  const std::int32_t gaps = request.output - 1;
  const double tpot =
      gaps > 0 ? to_milliseconds(now - request.first_token) / static_cast<double>(gaps) : 0;
  metrics_.ttft_ms.add(ttft);
  metrics_.e2el_ms.add(e2el);
  if (gaps > 0) {
    metrics_.tpot_ms.add(tpot);
  }
  metrics_.queue_ms.add(to_milliseconds(request.first_scheduled - request.arrival));
  if (metrics_.completed == 0 || request.arrival < metrics_.first_arrival) {
    metrics_.first_arrival = request.arrival;
  }
  ++metrics_.completed;
  metrics_.input_tokens += request.prompt;
  metrics_.cached_tokens += request.cached_tokens;
  metrics_.preempted_requests += request.preemptions > 0 ? 1 : 0;
  metrics_.last_finish = std::max(metrics_.last_finish, now);
  const bool is_good = (!slo_.ttft || ttft <= slo_.ttft->value * 1e3) &&
                       (!slo_.tpot || tpot <= slo_.tpot->value * 1e3) &&
                       (!slo_.e2el || e2el <= slo_.e2el->value * 1e3);
  metrics_.good += is_good ? 1 : 0;
  ++at_second(metrics_.concurrency_change, request.arrival);
  // In flight during the second it finishes in, as the benchmark counts it.
  --at_second(metrics_.concurrency_change, now + kNanosecondsPerSecond);
  if (each_request) {
    each_request(request);
  }
}

}  // namespace moru
