// Requests as a trace states them: when they arrive, how long they are, what they share.
#pragma once

#include "moru/base/units.h"

#include <cstdint>
#include <string>
#include <vector>

namespace moru {

// A piece of a prompt with an identity: tokens (stream, 0), (stream, 1), … (stream, length - 1).
// Two prompts share a prefix as far as their segments agree.
struct PromptSegment {
  std::int64_t stream = 0;
  std::int32_t length = 0;
};

struct Request {
  SimTime arrival = 0;  // from the first arrival of the trace
  std::int32_t prompt_tokens = 0;
  std::int32_t output_tokens = 0;
  // Where the prompt's segments stand in Trace::segments; none: nothing is shared. Where there are
  // any, they cover the whole prompt; tokens of no other request stand in streams below zero.
  std::int32_t first_segment = 0;
  std::int32_t num_segments = 0;
  std::int32_t priority = 0;  // lower goes first, as in vLLM
  std::int32_t session = -1;  // whose requests belong together; -1: nobody's
};

// Requests in order of arrival.
struct Trace {
  std::string name;    // file or workload
  std::string format;  // azure, burstgpt, mooncake, …
  std::vector<Request> requests;
  std::vector<PromptSegment> segments;
  bool has_arrivals = true;  // false: lengths only; all arrivals are 0 until scheduled
  std::int64_t skipped = 0;  // rows that are no requests (failed ones with no output, …)
  std::string skipped_reason;
  std::int64_t raised = 0;  // requests with a length of zero, which counts as one token
};

}  // namespace moru
