// Mooncake traces (Qin et al., FAST 2025; github.com/kvcache-ai/Mooncake): milliseconds, lengths
// and the ids of the prompt's 512-token blocks. Equal ids mean an equal block after an equal
// prefix.
#include "moru/base/error.h"
#include "moru/base/registry.h"
#include "moru/trace/format.h"
#include "moru/trace/json_rows.h"
#include "moru/trace/prefix.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace moru {
namespace {

constexpr std::string_view kKeys[] = {"timestamp", "input_length", "output_length"};
constexpr std::int32_t kBlock = 512;
// Block ids start at 0; lower streams stay free for prompts that two traces have in common.
constexpr std::int64_t kFirstStream = 1000;
constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

void append_segments(JsonRow& row, Trace& trace, Request& request) {
  const auto index = static_cast<std::int64_t>(trace.requests.size());
  request.first_segment = static_cast<std::int32_t>(trace.segments.size());
  std::int32_t rest = request.prompt_tokens;
  const bool has_ids = row.integers("hash_ids", [&](std::int64_t id) {
    if (id < 0) {
      row.fail_here("'hash_ids' has a negative id");
    }
    if (rest > 0) {
      trace.segments.push_back({kFirstStream + id, std::min(rest, kBlock)});
      rest -= trace.segments.back().length;
    }
  });
  if (!has_ids) {
    return;
  }
  if (rest > 0) {
    trace.segments.push_back({private_stream(index), rest});
  }
  request.num_segments = static_cast<std::int32_t>(trace.segments.size()) - request.first_segment;
}

class MooncakeFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kKeys; }
  bool recognises(const Sniff& sniff) const override {
    return sniff.has_key("input_length") && sniff.has_key("output_length");
  }
  Trace read(const TraceText& source) const override {
    JsonLines lines(source);
    Trace trace;
    trace.requests.reserve(lines.estimated_rows());
    while (lines.next()) {
      JsonRow& row = lines.row();
      Request request;
      request.arrival = row.time("timestamp", kNanosecondsPerMillisecond);
      request.prompt_tokens = row.tokens("input_length");
      request.output_tokens = row.tokens("output_length");
      if (request.prompt_tokens > 0) {
        append_segments(row, trace, request);
      }
      trace.requests.push_back(request);
    }
    return trace;
  }

  bool can_write() const override { return true; }
  void write(const Trace& trace, std::string& out) const override {
    if (!trace.has_arrivals) {
      fail("the mooncake format needs arrivals; give --request-rate, or write vidur_lengths");
    }
    PrefixBlocks blocks(trace, kBlock);
    for (const Request& request : trace.requests) {
      auto end = std::back_inserter(out);
      fmt::format_to(end, "{{\"timestamp\": {}", request.arrival / kNanosecondsPerMillisecond);
      if (const SimTime rest = request.arrival % kNanosecondsPerMillisecond; rest != 0) {
        fmt::format_to(end, ".{:06}", rest);
      }
      fmt::format_to(end, ", \"input_length\": {}, \"output_length\": {}, \"hash_ids\": [{}]}}\n",
                     request.prompt_tokens, request.output_tokens,
                     fmt::join(blocks.ids_of(request), ", "));
    }
  }
};
MORU_REGISTER(TraceFormat, MooncakeFormat, "mooncake",
              "Mooncake JSONL: timestamp (ms), input_length, output_length, hash_ids");

}  // namespace
}  // namespace moru
