// A synthetic workload as data: published statistics of a service, each with its source, from which
// a trace of any length and rate is drawn.
#pragma once

#include "moru/base/fields.h"
#include "moru/base/node.h"
#include "moru/trace/arrivals.h"
#include "moru/trace/lengths.h"

#include <map>
#include <string>
#include <vector>

namespace moru {

// How many requests arrive and when.
struct WorkloadArrivals {
  static constexpr std::string_view kTypeName = "arrivals";
  Sourced<Hertz> request_rate;
  Sourced<double> users;
  Sourced<double> messages_per_user_per_day;
  Sourced<double> burstiness = 1.0;
  std::vector<double> hourly_weights;
  std::string source;
  std::string trust;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("request_rate", x.request_rate, "mean, e.g. 5.5 req/s; or users and their messages");
    v.optional("users", x.users, "people whom the deployment serves");
    v.optional("messages_per_user_per_day", x.messages_per_user_per_day, "requests of one of them");
    v.optional("burstiness", x.burstiness, "vLLM's: 1 is Poisson, below 1 burstier");
    v.optional("hourly_weights", x.hourly_weights, "relative load of the 24 hours from midnight");
    v.optional("source", x.source, "of the hourly weights");
    v.optional("trust", x.trust, "of the hourly weights: S, V, T, M, E or D");
  }
  void validate(const FieldCheck& check) const;
  // Requests per second, from the rate or the users.
  double mean_rate() const;
};

// What prompts have in common with earlier ones.
struct WorkloadPrefixes {
  static constexpr std::string_view kTypeName = "shared prefixes";
  Sourced<std::int32_t> system_prompt_tokens = 0;
  Sourced<double> continued = 0.0;
  Sourced<std::int32_t> window = 1024;
  Sourced<std::int32_t> candidates = 1;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("system_prompt_tokens", x.system_prompt_tokens,
               "leading tokens that all prompts share, part of their length");
    v.optional("continued", x.continued,
               "share of requests that try to continue an earlier prompt");
    v.optional("window", x.window, "how many of the latest conversations can be continued");
    v.optional("candidates", x.candidates,
               "of so many drawn from the window, the longest that fits is continued");
  }
  void validate(const FieldCheck& check) const;
};

struct WorkloadSpec {
  static constexpr std::string_view kTypeName = "workload";
  std::string name;
  std::string about;
  std::vector<std::string> aliases;
  LengthDistribution prompt_tokens;
  LengthDistribution output_tokens;
  Sourced<double> length_correlation = 0.0;
  WorkloadArrivals arrivals;
  WorkloadPrefixes prefixes;
  std::int64_t num_prompts = 0;
  Seconds duration;
  std::map<std::string, std::string> sources;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("name", x.name, "what the workload is called");
    v.optional("about", x.about, "what service it describes");
    v.optional("aliases", x.aliases, "other names it answers to, on one line");
    v.required("prompt_tokens", x.prompt_tokens, "lengths of the prompts");
    v.required("output_tokens", x.output_tokens, "lengths of the answers");
    v.optional("length_correlation", x.length_correlation,
               "Spearman's rank correlation of prompt and answer, 0 to 1");
    v.optional("arrivals", x.arrivals, "rate, burstiness, daily curve");
    v.optional("prefixes", x.prefixes, "what prompts share");
    v.optional("num_prompts", x.num_prompts,
               "requests, if the command names neither them nor a time");
    v.optional("duration", x.duration, "time covered, in place of num_prompts");
    v.optional("sources", x.sources, "short name -> where it was read");
  }
  void validate(const FieldCheck& check) const;
};

// By id, alias or path of a YAML file. Throws Error with every diagnostic.
WorkloadSpec load_workload(const std::string& name_or_path);
WorkloadSpec workload_from(const Document& document);

// The random dataset of `vllm bench serve`: lengths uniform in length x (1 ± range_ratio), after a
// prefix that all prompts share and that comes on top.
struct RandomLengths {
  std::int64_t input_len = 1024;
  std::int64_t output_len = 128;
  double range_ratio = 0;
  std::int64_t prefix_len = 0;
};
WorkloadSpec random_workload(const RandomLengths& lengths);

}  // namespace moru
