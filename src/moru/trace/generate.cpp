#include "moru/trace/generate.h"

#include "moru/base/error.h"
#include "moru/trace/prefix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace moru {
namespace {

// Streams of the seed; arrivals.cpp has its own.
constexpr std::uint64_t kLengthStream = 1;
constexpr std::uint64_t kPrefixStream = 3;

constexpr std::int64_t kSystemPrompt = 0;

double standard_normal_share(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

// Draws both lengths of a request, joined by a Gaussian copula.
class LengthPairs {
 public:
  LengthPairs(const WorkloadSpec& spec, std::uint64_t seed)
      : prompts_(spec.prompt_tokens),
        outputs_(spec.output_tokens),
        rng_(seed, kLengthStream),
        // Pearson's correlation of the normals that gives Spearman's of the ranks (Kruskal 1958,
        // "Ordinal Measures of Association", section 5).
        correlation_(2 * std::sin(std::numbers::pi / 6 * spec.length_correlation.value)) {}

  void draw(Request& request) {
    if (correlation_ == 0) {
      request.prompt_tokens = prompts_.at(rng_.uniform());
      request.output_tokens = outputs_.at(rng_.uniform());
      return;
    }
    const double a = rng_.normal();
    const double b = correlation_ * a + std::sqrt(1 - correlation_ * correlation_) * rng_.normal();
    request.prompt_tokens = prompts_.at(standard_normal_share(a));
    request.output_tokens = outputs_.at(standard_normal_share(b));
  }

 private:
  LengthSampler prompts_;
  LengthSampler outputs_;
  Rng rng_;
  double correlation_;
};

// Lays prompts on shared segments. A continued prompt is an earlier prompt as a whole and tokens of
// its own; a new one begins with the system prompt.
class PrefixSharing {
 public:
  PrefixSharing(const WorkloadPrefixes& spec, std::uint64_t seed)
      : spec_(spec), rng_(seed, kPrefixStream) {}

  bool is_active() const { return spec_.system_prompt_tokens > 0 || spec_.continued > 0.0; }

  void append(Trace& trace, Request& request) {
    const auto index = static_cast<std::int64_t>(trace.requests.size());
    std::int32_t covered = 0;
    const std::size_t slot = choose(trace, request);
    request.first_segment = static_cast<std::int32_t>(trace.segments.size());
    if (slot < latest_.size()) {
      const Request& before = trace.requests[latest_[slot]];
      for (std::int32_t i = 0; i < before.num_segments; ++i) {
        // A copy, because the vector that it stands in grows.
        const PromptSegment shared = segments_of(trace, before)[static_cast<std::size_t>(i)];
        trace.segments.push_back(shared);
      }
      covered = before.prompt_tokens;
    } else if (spec_.system_prompt_tokens > 0) {
      covered = std::min(spec_.system_prompt_tokens.value, request.prompt_tokens);
      trace.segments.push_back({kSystemPrompt, covered});
    }
    if (request.prompt_tokens > covered) {
      // A later prompt may continue this one, so its own tokens stand in a stream above zero.
      trace.segments.push_back({index + 1, request.prompt_tokens - covered});
    }
    request.num_segments = static_cast<std::int32_t>(trace.segments.size()) - request.first_segment;
    remember(slot, static_cast<std::size_t>(index));
  }

 private:
  // The place in latest_ of the prompt to continue, or one past its end.
  std::size_t choose(const Trace& trace, const Request& request) {
    std::size_t best = latest_.size();
    if (latest_.empty() || rng_.uniform() >= spec_.continued.value) {
      return best;
    }
    std::int32_t longest = 0;
    for (std::int32_t i = 0; i < spec_.candidates.value; ++i) {
      const std::size_t slot = rng_.below(static_cast<std::uint32_t>(latest_.size()));
      const std::int32_t length = trace.requests[latest_[slot]].prompt_tokens;
      if (length <= request.prompt_tokens && length > longest) {
        best = slot;
        longest = length;
      }
    }
    return best;
  }

  void remember(std::size_t slot, std::size_t index) {
    if (slot < latest_.size()) {
      latest_[slot] = index;
    } else if (latest_.size() < static_cast<std::size_t>(spec_.window.value)) {
      latest_.push_back(index);
    } else {
      latest_[oldest_] = index;
      oldest_ = (oldest_ + 1) % latest_.size();
    }
  }

  WorkloadPrefixes spec_;
  Rng rng_;
  std::vector<std::size_t> latest_;  // last request of each conversation
  std::size_t oldest_ = 0;
};

ArrivalOptions resolve(const WorkloadSpec& spec, const ArrivalOptions& asked) {
  ArrivalOptions options = asked;
  if (!options.request_rate) {
    options.request_rate = spec.arrivals.mean_rate();
    if (!(*options.request_rate > 0)) {
      fail(
          fmt::format("workload {} states no request rate; give --request-rate (requests per "
                      "second, or inf for all at once)",
                      spec.name));
    }
  }
  options.burstiness = options.burstiness.value_or(spec.arrivals.burstiness.value);
  if (options.num_prompts == 0 && options.duration_s == 0) {
    options.duration_s = spec.duration.value;
    options.num_prompts = spec.num_prompts;
  }
  check_arrivals(options);
  if (options.num_prompts == 0 && (options.duration_s == 0 || std::isinf(*options.request_rate))) {
    fail("the trace would never end; give --num-prompts");
  }
  return options;
}

std::optional<HourlyWeights> hourly_weights(const WorkloadSpec& spec) {
  if (spec.arrivals.hourly_weights.empty()) {
    return std::nullopt;
  }
  HourlyWeights weights{};
  std::copy_n(spec.arrivals.hourly_weights.begin(), weights.size(), weights.begin());
  return weights;
}

}  // namespace

Trace generate(const WorkloadSpec& spec, const ArrivalOptions& asked) {
  const ArrivalOptions options = resolve(spec, asked);
  // Beyond this a trace (24 bytes a request, more with prefixes) no longer fits a workstation.
  constexpr double kMostRequests = 1e8;
  const double expected = options.num_prompts > 0 ? static_cast<double>(options.num_prompts)
                                                  : options.duration_s * *options.request_rate;
  if (expected > kMostRequests) {
    fail(
        fmt::format("{:.3g} requests are more than 1e8; lower --num-prompts, --duration or "
                    "--request-rate",
                    expected));
  }
  Trace trace;
  trace.name = spec.name;
  trace.format = "generated";
  trace.requests.reserve(static_cast<std::size_t>(expected));
  LengthPairs lengths(spec, options.seed);
  PrefixSharing prefixes(spec.prefixes, options.seed);
  ArrivalClock clock(*options.request_rate, *options.burstiness, options.seed,
                     hourly_weights(spec));
  const double end =
      options.duration_s > 0 ? options.duration_s : std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; options.num_prompts == 0 || i < options.num_prompts; ++i) {
    const double arrival = clock.next();
    if (arrival >= end) {
      break;
    }
    // int64 nanoseconds end after 292 years; a slower trace than this is a slip of the hand.
    if (arrival > 4.6e9) {
      fail("arrivals reach beyond 146 years; raise --request-rate");
    }
    Request request;
    request.arrival = std::llround(arrival * 1e9);
    lengths.draw(request);
    if (prefixes.is_active()) {
      prefixes.append(trace, request);
    }
    trace.requests.push_back(request);
  }
  return trace;
}

}  // namespace moru
