// A request inside a replica.
#pragma once

#include "moru/base/units.h"

#include <cstdint>

namespace moru {

enum class RequestStatus : std::uint8_t { waiting, running, preempted, finished };

struct RequestState {
  std::int64_t id = 0;        // position in the trace
  std::int32_t prompt = 0;    // tokens
  std::int32_t output = 0;    // tokens it will generate
  std::int32_t length = 0;    // prompt + generated tokens whose value is known
  std::int32_t computed = 0;  // tokens whose KV entries are, or are being, computed
  std::int32_t placeholders =
      0;                       // tokens being sampled by launched steps (asynchronous scheduling)
  std::int32_t blocks = 0;     // KV blocks held
  std::int32_t in_flight = 0;  // launched steps that contain it
  std::int32_t preemptions = 0;
  std::int32_t priority = 0;       // lower goes first
  std::int32_t cached_tokens = 0;  // of the prompt, found in the prefix cache at first admission
  RequestStatus status = RequestStatus::waiting;
  SimTime arrival = 0;
  SimTime first_scheduled = -1;
  SimTime first_token = -1;  // was sampled
  SimTime first_sent = -1;   // reached the client (EngineConfig::first_chunk_tokens)
  SimTime last_token = -1;

  std::int32_t generated() const { return length - prompt; }
};

}  // namespace moru
