// splitwise-sim (Patel et al., ISCA 2024; github.com/Mutinifni/splitwise-sim): arrivals in seconds.
#include "moru/base/registry.h"
#include "moru/trace/csv.h"
#include "moru/trace/format.h"

#include <fmt/format.h>

namespace moru {
namespace {

constexpr std::string_view kColumns[] = {"arrival_timestamp", "batch_size", "prompt_size",
                                         "token_size"};

class SplitwiseFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kColumns; }
  bool recognises(const Sniff& sniff) const override { return sniff.has_columns(kColumns); }
  Trace read(const TraceText& source) const override {
    CsvRows rows(source, "splitwise", kColumns);
    Trace trace;
    trace.requests.reserve(rows.estimated_rows());
    while (rows.next()) {
      if (const std::int32_t batch = rows.tokens(1); batch != 1) {
        rows.fail_at(1,
                     fmt::format("'batch_size' is {}; only single requests can be read, so write "
                                 "one row per request",
                                 batch));
      }
      trace.requests.push_back({rows.seconds(0), rows.tokens(2), rows.tokens(3)});
    }
    return trace;
  }
};
MORU_REGISTER(TraceFormat, SplitwiseFormat, "splitwise",
              "splitwise-sim CSV: …,arrival_timestamp (s),batch_size,prompt_size,token_size");

}  // namespace
}  // namespace moru
