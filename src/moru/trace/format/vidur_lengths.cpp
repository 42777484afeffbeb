// Vidur's processed length files (microsoft/vidur data/processed_traces): no arrivals.
#include "moru/base/registry.h"
#include "moru/trace/csv.h"
#include "moru/trace/format.h"

#include <fmt/format.h>

#include <iterator>

namespace moru {
namespace {

constexpr std::string_view kColumns[] = {"num_prefill_tokens", "num_decode_tokens"};

class VidurLengthsFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kColumns; }
  bool recognises(const Sniff& sniff) const override {
    return sniff.has_columns(kColumns) && !sniff.has_column("arrived_at");
  }
  Trace read(const TraceText& source) const override {
    CsvRows rows(source, "vidur_lengths", kColumns);
    Trace trace;
    trace.has_arrivals = false;
    trace.requests.reserve(rows.estimated_rows());
    while (rows.next()) {
      trace.requests.push_back({0, rows.tokens(0), rows.tokens(1)});
    }
    return trace;
  }

  bool can_write() const override { return true; }
  void write(const Trace& trace, std::string& out) const override {
    out += "num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n";
    for (const Request& request : trace.requests) {
      const double ratio = static_cast<double>(request.prompt_tokens) / request.output_tokens;
      fmt::format_to(std::back_inserter(out), "{},{},{},{}\n", request.prompt_tokens,
                     request.output_tokens,
                     std::int64_t{request.prompt_tokens} + request.output_tokens, ratio);
    }
  }
};
MORU_REGISTER(TraceFormat, VidurLengthsFormat, "vidur_lengths",
              "Vidur length files, no arrivals: num_prefill_tokens,num_decode_tokens,…");

}  // namespace
}  // namespace moru
