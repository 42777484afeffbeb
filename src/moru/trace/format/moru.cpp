// The request list of a measured run, as moru's validation data hold it: seconds, lengths, and how
// many leading prompt tokens (in whole 16-token blocks) an earlier prompt of the file had; or any
// trace with priorities and sessions.
#include "moru/base/registry.h"
#include "moru/trace/csv.h"
#include "moru/trace/format.h"
#include "moru/trace/prefix.h"
#include "moru/trace/session_names.h"

#include <algorithm>

namespace moru {
namespace {

constexpr std::string_view kNeededColumns[] = {"arrival_s", "input_toks", "output_toks"};
constexpr std::span<const std::string_view> kNeeded = kNeededColumns;

// The needed columns and those optional ones that the file has.
class Columns {
 public:
  explicit Columns(const Sniff& sniff) : names_(kNeeded.begin(), kNeeded.end()) {
    for (std::string_view name : {kShared, kPriority, kSession}) {
      if (sniff.has_column(name)) {
        names_.push_back(name);
      }
    }
  }
  std::span<const std::string_view> names() const { return names_; }
  // Its place in names(), 0 if the file does not have it.
  std::size_t place(std::string_view name) const {
    const auto found = std::find(names_.begin() + 1, names_.end(), name);
    return found == names_.end() ? 0 : static_cast<std::size_t>(found - names_.begin());
  }

  static constexpr std::string_view kShared = "shared_prefix_toks_16";
  static constexpr std::string_view kPriority = "priority";
  static constexpr std::string_view kSession = "session_id";

 private:
  std::vector<std::string_view> names_;
};

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
    const Columns columns(sniff(source.text));
    const std::size_t share = columns.place(Columns::kShared);
    const std::size_t priority = columns.place(Columns::kPriority);
    const std::size_t session = columns.place(Columns::kSession);
    CsvRows rows(source, "moru", columns.names());
    Trace trace;
    std::vector<std::int32_t> shared;
    SessionNames sessions;
    while (rows.next()) {
      Request request{rows.seconds(0), rows.tokens(1), rows.tokens(2)};
      request.priority = priority > 0 ? rows.tokens(priority) : 0;
      request.session = session > 0 ? sessions.number(rows.field(session)) : -1;
      trace.requests.push_back(request);
      if (share > 0) {
        shared.push_back(rows.tokens(share));
      }
    }
    if (!shared.empty()) {
      share_one_stream(trace, shared);
    }
    return trace;
  }
};
MORU_REGISTER(TraceFormat, MoruFormat, "moru",
              "measured runs: request_id,arrival_s,input_toks,output_toks,"
              "[shared_prefix_toks_16,priority,session_id]");

}  // namespace
}  // namespace moru
