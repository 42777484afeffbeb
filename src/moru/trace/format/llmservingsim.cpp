// LLMServingSim workloads (github.com/casys-kaist/LLMServingSim, workloads/README.md): JSONL, flat
// requests with optional token ids. Its agentic sessions chain calls by tool time, which a trace of
// fixed arrivals cannot say, and are refused.
#include "moru/base/registry.h"
#include "moru/trace/format.h"
#include "moru/trace/json_rows.h"
#include "moru/trace/prefix.h"

namespace moru {
namespace {

constexpr std::string_view kKeys[] = {"input_toks", "output_toks", "arrival_time_ns"};

class LlmServingSimFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kKeys; }
  bool recognises(const Sniff& sniff) const override {
    return sniff.has_key("arrival_time_ns") &&
           (sniff.has_key("input_toks") || sniff.has_key("sub_requests"));
  }
  Trace read(const TraceText& source) const override {
    JsonLines lines(source);
    Trace trace;
    TokenPrompts prompts;
    while (lines.next()) {
      JsonRow& row = lines.row();
      if (row.has("sub_requests")) {
        row.fail_here(
            "an agentic session: its 'sub_requests' wait for one another, which a trace of fixed "
            "arrivals cannot say; keep the flat lines (jq -c 'select(.sub_requests | not)')");
      }
      const Request request = {row.time("arrival_time_ns", 1), row.tokens("input_toks"),
                               row.tokens("output_toks")};
      prompts.begin_prompt();
      row.integers("input_tok_ids", [&](std::int64_t id) {
        if (prompts.length() < request.prompt_tokens) {
          prompts.push(id);
        }
      });
      trace.requests.push_back(request);
    }
    prompts.share_prefixes(trace);
    return trace;
  }
};
MORU_REGISTER(TraceFormat, LlmServingSimFormat, "llmservingsim",
              "LLMServingSim JSONL: input_toks, output_toks, arrival_time_ns, input_tok_ids");

}  // namespace
}  // namespace moru
