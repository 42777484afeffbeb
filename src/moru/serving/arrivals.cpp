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

std::optional<std::pair<SimTime, std::int64_t>> Arrivals::take_held(SimTime now) {
  if (held_.empty()) {
    return std::nullopt;
  }
  const auto [time, id] = held_.front();
  held_.pop_front();
  return std::pair(std::max(now, time), id);
}

std::vector<Arrival> Arrivals::take_all() {
  std::vector<Arrival> all;
  while (!empty()) {
    all.push_back(pop());
  }
  return all;
}

Arrival Arrivals::pop() {
  if (is_released_next()) {
    const Arrival next = released_.top();
    released_.pop();
    return next;
  }
  return queue_[first_++];
}

}  // namespace moru
