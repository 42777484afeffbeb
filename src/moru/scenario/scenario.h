// All inputs of one answer: which model, on which chip, deployed how, under which load, against
// which objective. A scenario is a YAML file or a command line; both fill the same struct.
#pragma once

#include "moru/base/fields.h"
#include "moru/serving/deployment.h"
#include "moru/serving/metrics.h"
#include "moru/trace/request.h"

#include <optional>
#include <string>
#include <vector>

namespace moru {

class FieldCheck;

// Where requests come from: a trace file, a workload drawn from statistics, or fixed lengths.
struct Load {
  static constexpr std::string_view kTypeName = "load";
  std::string trace;
  std::string trace_format;
  std::string workload;
  std::optional<double> request_rate;
  std::optional<double> burstiness;
  std::optional<std::int64_t> max_concurrency;
  std::optional<std::int64_t> num_prompts;
  std::optional<Seconds> duration;
  std::optional<std::int64_t> random_input_len;
  std::optional<std::int64_t> random_output_len;
  double random_range_ratio = 0;
  std::int64_t random_prefix_len = 0;
  std::vector<double> priority_shares;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("trace", x.trace, "file of requests; ${MORU_DATA} is replaced");
    v.optional("trace_format", x.trace_format, "instead of recognising it by its header");
    v.optional("workload", x.workload, "statistics to draw requests from; `moru show workloads`");
    v.optional("request_rate", x.request_rate, "requests per second");
    v.optional("burstiness", x.burstiness, "1 is Poisson, below 1 burstier, as in vLLM");
    v.optional("max_concurrency", x.max_concurrency,
               "most requests in the service at once; clients wait with the next one");
    v.optional("num_prompts", x.num_prompts, "how many requests");
    v.optional("duration", x.duration, "requests that arrive within it");
    v.optional("random_input_len", x.random_input_len, "prompt tokens of every request");
    v.optional("random_output_len", x.random_output_len, "output tokens of every request");
    v.optional("random_range_ratio", x.random_range_ratio, "spread of both, 0 to 1");
    v.optional("random_prefix_len", x.random_prefix_len, "tokens that all prompts share, on top");
    v.optional("priority_shares", x.priority_shares,
               "shares of the requests with priority 0 (served first), 1, …; else the trace's own");
  }
  void validate(const FieldCheck& check) const;
};

struct Scenario {
  static constexpr std::string_view kTypeName = "scenario";
  std::string description;
  std::string model;
  std::string chip;
  Deployment deployment;
  Load load;
  Slo slo;
  std::vector<Slo> slo_by_priority;
  std::string mapper = "tiled";
  std::uint32_t seed = 0;
  std::string prices;
  // Folder that relative paths of a scenario file stand below; not a field.
  std::string base_folder;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("description", x.description, "what it shows");
    v.required("model", x.model, "org/name, a config.json or its folder");
    v.required("chip", x.chip, "id, alias or YAML file");
    v.optional("deployment", x.deployment, "vLLM's options");
    v.required("load", x.load, "the requests");
    v.optional("slo", x.slo, "what users must get");
    v.optional("slo_by_priority", x.slo_by_priority,
               "what requests of priority 0, 1, … must get instead");
    v.optional("mapper", x.mapper, "how operators are costed; `moru show mappers`");
    v.optional("seed", x.seed, "of everything random");
    v.optional("prices", x.prices, "file of facts that replace shipped prices and constants");
  }
};

Scenario load_scenario(const std::string& path);
// The requests of a scenario, with arrivals.
Trace load_requests(const Scenario& scenario);

}  // namespace moru
