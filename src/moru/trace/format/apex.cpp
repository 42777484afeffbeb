// APEX+ (github.com/microsoft/apex_plus): JSONL with the offset from the first request in ns.
#include "moru/base/registry.h"
#include "moru/trace/format.h"
#include "moru/trace/json_rows.h"

namespace moru {
namespace {

constexpr std::string_view kKeys[] = {"StartTimeOffset", "ContextTokens", "GeneratedTokens"};

class ApexFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kKeys; }
  bool recognises(const Sniff& sniff) const override { return sniff.has_key("StartTimeOffset"); }
  Trace read(const TraceText& source) const override {
    JsonLines lines(source);
    Trace trace;
    trace.requests.reserve(lines.estimated_rows());
    while (lines.next()) {
      JsonRow& row = lines.row();
      trace.requests.push_back({row.time("StartTimeOffset", 1), row.tokens("ContextTokens"),
                                row.tokens("GeneratedTokens")});
    }
    return trace;
  }
};
MORU_REGISTER(TraceFormat, ApexFormat, "apex",
              "APEX+ JSONL: StartTimeOffset (ns), ContextTokens, GeneratedTokens");

}  // namespace
}  // namespace moru
