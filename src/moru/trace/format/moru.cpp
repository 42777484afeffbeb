// The request list of a measured run, as moru's validation data hold it: seconds, lengths, and how
// many leading prompt tokens (in whole 16-token blocks) an earlier prompt of the file had.
#include "moru/base/registry.h"
#include "moru/trace/csv.h"
#include "moru/trace/format.h"
#include "moru/trace/prefix.h"

#include <algorithm>

namespace moru {
namespace {

constexpr std::string_view kColumns[] = {"arrival_s", "input_toks", "output_toks",
                                         "shared_prefix_toks_16"};
constexpr std::span<const std::string_view> kNeeded = std::span(kColumns).first(3);

// The file says how much each prompt shares, not with which. All shares are laid on one stream; a
// prompt shows as much of it as the longest share, as long as nothing longer has been shown, so
// that each later one finds exactly what it states.
void share_one_stream(Trace& trace, const std::vector<std::int32_t>& shared) {
  const std::int32_t longest = *std::max_element(shared.begin(), shared.end());
  std::int32_t shown = 0;
  for (std::size_t i = 0; i < trace.requests.size(); ++i) {
    Request& request = trace.requests[i];
    const std::int32_t head =
        std::min(request.prompt_tokens, shown <= shared[i] ? longest : shared[i]);
    shown = std::max(shown, head);
    request.first_segment = static_cast<std::int32_t>(trace.segments.size());
    if (head > 0) {
      trace.segments.push_back({0, head});
    }
    if (request.prompt_tokens > head) {
      trace.segments.push_back(
          {private_stream(static_cast<std::int64_t>(i)), request.prompt_tokens - head});
    }
    request.num_segments = static_cast<std::int32_t>(trace.segments.size()) - request.first_segment;
  }
}

class MoruFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kNeeded; }
  bool recognises(const Sniff& sniff) const override { return sniff.has_columns(kNeeded); }
  Trace read(const TraceText& source) const override {
    const bool has_shares = sniff(source.text).has_column(kColumns[3]);
    CsvRows rows(source, "moru", has_shares ? std::span(kColumns) : kNeeded);
    Trace trace;
    std::vector<std::int32_t> shared;
    while (rows.next()) {
      trace.requests.push_back({rows.seconds(0), rows.tokens(1), rows.tokens(2)});
      if (has_shares) {
        shared.push_back(rows.tokens(3));
      }
    }
    if (!shared.empty()) {
      share_one_stream(trace, shared);
    }
    return trace;
  }
};
MORU_REGISTER(TraceFormat, MoruFormat, "moru",
              "measured runs: request_id,arrival_s,input_toks,output_toks,shared_prefix_toks_16");

}  // namespace
}  // namespace moru
