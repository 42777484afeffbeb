// What happens to a fleet of replicas while it serves: failures, scaling, refusals.
#pragma once

#include "moru/base/fields.h"
#include "moru/base/units.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace moru {

class FieldCheck;

struct FailureTime {
  static constexpr std::string_view kTypeName = "failure";
  int replica = 0;
  Seconds at{};

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("replica", x.replica, "which, from 0");
    v.required("at", x.at, "when, from the first arrival");
  }
};

// A failed replica loses its KV cache; its requests go to others with the tokens they have (NVIDIA
// Dynamo's request migration), and are computed anew there.
struct FailurePolicy {
  static constexpr std::string_view kTypeName = "failures";
  std::optional<Seconds> mtbf;
  std::vector<FailureTime> times;
  Seconds restart{};
  int retries = 3;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("mtbf", x.mtbf, "mean time between failures of one replica, exponential");
    v.optional("times", x.times, "failures at stated times");
    v.required("restart", x.restart, "from a failure until the replica takes requests again");
    v.optional("retries", x.retries, "failures that a request survives; then it counts as failed");
  }
  void validate(const FieldCheck& check) const;
};

// Kubernetes' horizontal autoscaler on requests in service per replica: every `interval` it wants
// load / target replicas, leaves deviations below a tenth alone, grows at once and shrinks to the
// most it wanted during `stabilisation`.
struct AutoscalePolicy {
  static constexpr std::string_view kTypeName = "autoscale";
  int min_replicas = 1;
  int max_replicas = 1;
  double target = 0;
  Seconds startup{};
  Seconds interval{15};
  Seconds stabilisation{300};

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("min_replicas", x.min_replicas, "fewest replicas");
    v.required("max_replicas", x.max_replicas, "most replicas");
    v.required("target", x.target, "requests in service per replica that are aimed at");
    v.required("startup", x.startup, "from the decision until the replica takes requests");
    v.optional("interval", x.interval, "between decisions");
    v.optional("stabilisation", x.stabilisation, "how long a wish for more replicas is kept");
  }
  void validate(const FieldCheck& check) const;
};

struct AdmissionPolicy {
  static constexpr std::string_view kTypeName = "admission";
  std::vector<std::int64_t> max_queue;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("max_queue", x.max_queue,
               "waiting requests per replica from which on requests of priority 0, 1, … (the last "
               "number: and all further ones) are refused");
  }
  void validate(const FieldCheck& check) const;
};

struct FleetPolicy {
  static constexpr std::string_view kTypeName = "fleet";
  std::optional<FailurePolicy> failures;
  std::optional<AutoscalePolicy> autoscale;
  std::optional<AdmissionPolicy> admission;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("failures", x.failures, "replicas that fail and restart");
    v.optional("autoscale", x.autoscale, "as many replicas as the load asks for");
    v.optional("admission", x.admission, "requests that are refused in overload");
  }
  bool is_set() const { return failures || autoscale || admission; }
  // Replicas that there may be at once, of which `replicas` there are first.
  int most_replicas(int replicas) const { return autoscale ? autoscale->max_replicas : replicas; }
};

}  // namespace moru
