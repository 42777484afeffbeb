// BurstGPT (Wang et al. 2024, arXiv 2401.17644): seconds from the first day, with and without
// Session ID and Elapsed time. A failed request has no response tokens.
#include "moru/base/registry.h"
#include "moru/trace/csv.h"
#include "moru/trace/format.h"
#include "moru/trace/session_names.h"

namespace moru {
namespace {

constexpr std::string_view kWithSessions[] = {"Timestamp", "Request tokens", "Response tokens",
                                              "Session ID"};
constexpr std::span<const std::string_view> kColumns = std::span(kWithSessions).first(3);

class BurstGptFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kColumns; }
  bool recognises(const Sniff& sniff) const override { return sniff.has_columns(kColumns); }
  Trace read(const TraceText& source) const override {
    const bool has_sessions = sniff(source.text).has_column(kWithSessions[3]);
    CsvRows rows(source, "burstgpt", has_sessions ? std::span(kWithSessions) : kColumns);
    Trace trace;
    SessionNames sessions;
    trace.requests.reserve(rows.estimated_rows());
    trace.skipped_reason = "failed: no response tokens";
    while (rows.next()) {
      const std::int32_t output = rows.tokens(2);
      if (output == 0) {
        ++trace.skipped;
        continue;
      }
      trace.requests.push_back({rows.seconds(0), rows.tokens(1), output});
      trace.requests.back().session = has_sessions ? sessions.number(rows.field(3)) : -1;
    }
    return trace;
  }
};
MORU_REGISTER(
    TraceFormat, BurstGptFormat, "burstgpt",
    "BurstGPT: Timestamp,[Session ID,Elapsed time,]Model,Request tokens,Response tokens,…");

}  // namespace
}  // namespace moru
