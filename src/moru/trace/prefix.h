// What prompts have in common, between the ways traces say it: token ids, block ids, segments.
#pragma once

#include "moru/trace/request.h"

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace moru {

// The stream of prompt tokens that only request `index` has: far below zero, where neither shared
// streams nor generated tokens stand.
constexpr std::int64_t private_stream(std::int64_t index) {
  return -(std::int64_t{1} << 40) - index;
}

// The pieces of a request's prompt; none if it shares nothing.
inline std::span<const PromptSegment> segments_of(const Trace& trace, const Request& request) {
  return std::span(trace.segments)
      .subspan(static_cast<std::size_t>(request.first_segment),
               static_cast<std::size_t>(request.num_segments));
}

// Prompts as token ids, turned into segments at exactly the tokens where prompts part.
class TokenPrompts {
 public:
  void begin_prompt() { begins_.push_back(tokens_.size()); }
  void push(std::int64_t token) { tokens_.push_back(token); }
  // Of the prompt begun last.
  std::int64_t length() const { return static_cast<std::int64_t>(tokens_.size() - begins_.back()); }

  // Gives trace.requests[i] the segments of prompt i (tokens beyond those pushed are its own).
  // Requests stay without segments if no prompt had tokens.
  void share_prefixes(Trace& trace) const;

 private:
  std::vector<std::int64_t> tokens_;
  std::vector<std::size_t> begins_;
};

// Prompts cut into blocks, each with an id that equals another's only where the whole prompt up to
// and including the block is equal. Ids count up in order of first appearance.
class PrefixBlocks {
 public:
  PrefixBlocks(const Trace& trace, std::int32_t block_tokens)
      : trace_(trace), block_tokens_(block_tokens) {}
  std::vector<std::int64_t> ids_of(const Request& request);

 private:
  const Trace& trace_;
  std::int32_t block_tokens_;
  std::int64_t next_id_ = 0;
  std::unordered_map<std::string, std::int64_t> ids_;  // by the id before and the block's content
};

// How much of the prompts had been seen in earlier ones: what an unlimited prefix cache would hit.
struct PrefixReuse {
  bool is_stated = false;  // the trace says what prompts share
  double tokens = 0;       // share of all prompt tokens
  double segments = 0;     // share of all prompt segments (Mooncake: 512-token blocks)
};
PrefixReuse prefix_reuse(const Trace& trace);

}  // namespace moru
