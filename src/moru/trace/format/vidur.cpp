// Vidur (Agrawal et al., MLSys 2024; github.com/microsoft/vidur): arrivals in seconds.
#include "moru/base/error.h"
#include "moru/base/registry.h"
#include "moru/trace/csv.h"
#include "moru/trace/format.h"
#include "moru/trace/timestamp.h"

#include <fmt/format.h>

#include <iterator>

namespace moru {
namespace {

constexpr std::string_view kColumns[] = {"arrived_at", "num_prefill_tokens", "num_decode_tokens"};

class VidurFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kColumns; }
  bool recognises(const Sniff& sniff) const override { return sniff.has_columns(kColumns); }
  Trace read(const TraceText& source) const override {
    CsvRows rows(source, "vidur", kColumns);
    Trace trace;
    trace.requests.reserve(rows.estimated_rows());
    while (rows.next()) {
      trace.requests.push_back({rows.seconds(0), rows.tokens(1), rows.tokens(2)});
    }
    return trace;
  }

  bool can_write() const override { return true; }
  void write(const Trace& trace, std::string& out) const override {
    if (!trace.has_arrivals) {
      fail("the vidur format needs arrivals; give --request-rate, or write vidur_lengths");
    }
    out += "arrived_at,num_prefill_tokens,num_decode_tokens\n";
    for (const Request& request : trace.requests) {
      append_seconds(out, request.arrival);
      fmt::format_to(std::back_inserter(out), ",{},{}\n", request.prompt_tokens,
                     request.output_tokens);
    }
  }
};
MORU_REGISTER(TraceFormat, VidurFormat, "vidur",
              "Vidur CSV: arrived_at (s),num_prefill_tokens,num_decode_tokens");

}  // namespace
}  // namespace moru
