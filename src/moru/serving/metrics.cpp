#include "moru/serving/metrics.h"

#include "moru/base/fields_parse.h"

#include <algorithm>

namespace moru {
void Slo::validate(const FieldCheck& check) const {
  check.require(attainment > 0 && attainment <= 1, "attainment",
                "is a share of requests, above 0 and at most 1");
}

double ServingMetrics::attainment() const {
  const std::int64_t all = completed + rejected;
  return all == 0 ? 0 : static_cast<double>(good) / static_cast<double>(all);
}

std::int64_t ServingMetrics::peak_tokens_per_second() const { return tokens_by_second.peak(); }

std::int64_t ServingMetrics::peak_concurrency() const { return concurrency_change.peak_sum(); }

void MetricsCollector::reject(std::int32_t priority) {
  ++metrics_.rejected;
  if (is_split_) {
    ++metrics_.by_priority[priority].rejected;
  }
}

void MetricsCollector::count_tokens(SimTime now, std::int64_t count) {
  metrics_.output_tokens += count;
  metrics_.tokens_by_second.add(now, count);
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

const Slo& MetricsCollector::slo_of(const RequestState& request) const {
  const auto place = static_cast<std::size_t>(request.priority);
  return place < slos_.size() ? slos_[place] : slo_;
}

void MetricsCollector::on_finish(const RequestState& request, SimTime now) {
  const double ttft = to_milliseconds(request.first_sent - request.arrival);
  const double e2el = to_milliseconds(now - request.arrival);
  const std::int32_t gaps = request.output - 1;
  const double tpot =
      gaps > 0 ? to_milliseconds(now - request.first_sent) / static_cast<double>(gaps) : 0;
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
  const Slo& slo = slo_of(request);
  const bool is_good = (!slo.ttft || ttft <= slo.ttft->value * 1e3) &&
                       (!slo.tpot || tpot <= slo.tpot->value * 1e3) &&
                       (!slo.e2el || e2el <= slo.e2el->value * 1e3);
  metrics_.good += is_good ? 1 : 0;
  if (is_split_) {
    PriorityMetrics& part = metrics_.by_priority[request.priority];
    ++part.completed;
    part.good += is_good ? 1 : 0;
    part.ttft_ms.add(ttft);
    part.e2el_ms.add(e2el);
    if (gaps > 0) {
      part.tpot_ms.add(tpot);
    }
  }
  metrics_.concurrency_change.add(request.arrival, 1);
  // In flight during the second it finishes in, as the benchmark counts it.
  metrics_.concurrency_change.add(now + kNanosecondsPerSecond, -1);
  if (each_request) {
    each_request(request);
  }
}

}  // namespace moru
