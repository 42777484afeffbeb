// What users of a service measure, gathered while the engine runs.
//
// Definitions are those of `vllm bench serve`: TTFT from arrival to first token; TPOT = (last token
// - first token) / (output tokens - 1), for requests with at least two; ITL every gap between
// consecutive tokens; E2EL from arrival to last token.
#pragma once

#include "moru/base/samples.h"
#include "moru/serving/per_second.h"
#include "moru/serving/replica.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>

namespace moru {

class FieldCheck;

// A service level objective; a request is good if it meets every part that is set.
struct Slo {
  static constexpr std::string_view kTypeName = "service level objective";
  std::optional<Seconds> ttft;
  std::optional<Seconds> tpot;
  std::optional<Seconds> e2el;
  double attainment = 0.99;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("ttft", x.ttft, "most time to first token");
    v.optional("tpot", x.tpot, "most time per output token after the first");
    v.optional("e2el", x.e2el, "most time to the last token");
    v.optional("attainment", x.attainment, "share of requests that must meet all of them");
  }
  void validate(const FieldCheck& check) const;
  bool is_set() const { return ttft || tpot || e2el; }
};

// Of the requests of one priority.
struct PriorityMetrics {
  Samples ttft_ms;
  Samples tpot_ms;
  Samples e2el_ms;
  std::int64_t completed = 0;
  std::int64_t rejected = 0;
  std::int64_t good = 0;  // met the SLO
};

struct ServingMetrics {
  Samples ttft_ms;
  Samples tpot_ms;
  Samples itl_ms;
  Samples e2el_ms;
  Samples queue_ms;  // from arrival to the first step that contains the request
  std::int64_t completed = 0;
  std::int64_t rejected = 0;  // prompts that max_model_len does not hold
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cached_tokens = 0;  // of the prompts, found in the prefix cache
  std::int64_t preempted_requests = 0;
  std::int64_t good = 0;  // met the SLO
  SimTime first_arrival = 0;
  SimTime last_finish = 0;
  std::map<std::int32_t, PriorityMetrics> by_priority;  // empty if all are alike
  PerSecond tokens_by_second;                           // output tokens
  PerSecond concurrency_change;                         // arrivals minus finishes

  double duration_seconds() const { return to_seconds(last_finish - first_arrival); }
  double attainment() const;
  std::int64_t peak_tokens_per_second() const;
  std::int64_t peak_concurrency() const;
};

// Gathers metrics from any number of replicas, in any interleaving.
class MetricsCollector : public ReplicaEvents {
 public:
  explicit MetricsCollector(const Slo& slo) : slo_(slo) {}

  void on_token(const RequestState& request, SimTime now) override;
  void on_tokens(std::int64_t count, SimTime now, SimTime interval) override;
  void on_finish(const RequestState& request, SimTime now) override;
  // A request that was refused, or given up.
  void reject(std::int32_t priority);
  // Gathers ServingMetrics::by_priority too. `slos`: objectives of the priorities from 0, instead
  // of the common one; must outlive the collector.
  void split_by_priority(std::span<const Slo> slos) {
    is_split_ = true;
    slos_ = slos;
  }

  // Called for every finished request, for per-request output.
  std::function<void(const RequestState&)> each_request;

  const ServingMetrics& metrics() const { return metrics_; }

 private:
  void count_tokens(SimTime now, std::int64_t count);

  const Slo& slo_;
  const Slo& slo_of(const RequestState& request) const;

  bool is_split_ = false;
  std::span<const Slo> slos_;
  ServingMetrics metrics_;
};

}  // namespace moru
