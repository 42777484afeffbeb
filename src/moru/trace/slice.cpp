#include "moru/trace/slice.h"

#include "moru/base/error.h"
#include "moru/trace/prefix.h"

#include <fmt/format.h>

#include <cmath>

namespace moru {
namespace {

void check(const Trace& trace, const SliceOptions& options) {
  if (!(options.from_s >= 0) || !(options.to_s > options.from_s)) {
    fail("--from and --to must be seconds with 0 <= from < to");
  }
  if (options.every < 1) {
    fail("--every must be 1 or more: one request in so many is kept");
  }
  if (options.num_prompts < 0) {
    fail("--num-prompts must be zero (no limit) or more");
  }
  if (!trace.has_arrivals && (options.from_s > 0 || std::isfinite(options.to_s))) {
    fail(
        fmt::format("{} states lengths but no arrivals, so --from and --to have nothing to cut by; "
                    "use --num-prompts or --every",
                    trace.name));
  }
}

}  // namespace

Trace slice(const Trace& trace, const SliceOptions& options) {
  check(trace, options);
  Trace part;
  part.name = trace.name;
  part.format = trace.format;
  part.has_arrivals = trace.has_arrivals;
  std::int64_t inside = 0;
  for (const Request& request : trace.requests) {
    const double arrival = to_seconds(request.arrival);
    if (arrival < options.from_s || arrival >= options.to_s) {
      continue;
    }
    if (options.num_prompts > 0 &&
        static_cast<std::int64_t>(part.requests.size()) == options.num_prompts) {
      break;
    }
    if (inside++ % options.every != 0) {
      continue;
    }
    Request kept = request;
    kept.first_segment = static_cast<std::int32_t>(part.segments.size());
    const auto segments = segments_of(trace, request);
    part.segments.insert(part.segments.end(), segments.begin(), segments.end());
    part.requests.push_back(kept);
  }
  if (part.requests.empty()) {
    fail(fmt::format("{} has no requests from {} s to {} s; it ends at {:.1f} s", trace.name,
                     options.from_s, options.to_s,
                     trace.requests.empty() ? 0 : to_seconds(trace.requests.back().arrival)));
  }
  const SimTime first_arrival = part.requests.front().arrival;
  for (Request& request : part.requests) {
    request.arrival -= first_arrival;
  }
  return part;
}

}  // namespace moru
