#include "moru/serving/arrivals.h"

#include <algorithm>
#include <tuple>

namespace moru {

RequestState ServiceInput::state(std::int64_t id) const {
  const Request& request = trace->requests[static_cast<std::size_t>(id)];
  RequestState state;
  state.id = id;
  state.prompt = request.prompt_tokens;
  state.output = request.output_tokens;
  if (max_model_len > 0) {
    // The engine stops a sequence when it reaches max_model_len.
    state.output = static_cast<std::int32_t>(
        std::min<std::int64_t>(state.output, max_model_len - state.prompt));
  }
  state.length = request.prompt_tokens;
  state.priority = request.priority;
  state.arrival = request.arrival;
  return state;
}

TokenContent ServiceInput::content(std::int64_t id) const {
  const Request& request = trace->requests[static_cast<std::size_t>(id)];
  TokenContent content;
  content.prompt = std::span(trace->segments)
                       .subspan(static_cast<std::size_t>(request.first_segment),
                                static_cast<std::size_t>(request.num_segments));
  content.prompt_tokens = request.prompt_tokens;
  if (!outputs.empty()) {
    std::tie(content.output_stream, content.output_offset) = outputs[static_cast<std::size_t>(id)];
  } else {
    content.output_stream = -1 - id;
  }
  return content;
}

void Arrivals::send_held(SimTime now, SimTime delay) {
  if (!held_.empty()) {
    const auto [time, id] = held_.front();
    held_.pop_front();
    release(id, std::max(now, time) + delay);
  }
}

std::pair<std::int64_t, SimTime> Arrivals::pop() {
  Entry next;
  if (is_released_next()) {
    next = released_.top();
    released_.pop();
  } else {
    next = queue_[first_++];
  }
  return {next.second, next.first};
}

}  // namespace moru
