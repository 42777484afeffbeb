// Azure LLM inference traces 2023 (Splitwise, ISCA 2024) and 2024 (DynamoLLM, HPCA 2025):
// github.com/Azure/AzurePublicDataset. Absolute times with seven decimals (2023) or a zone (2024).
#include "moru/base/error.h"
#include "moru/base/registry.h"
#include "moru/trace/csv.h"
#include "moru/trace/format.h"
#include "moru/trace/timestamp.h"

#include <fmt/format.h>

#include <iterator>

namespace moru {
namespace {

constexpr std::string_view kColumns[] = {"TIMESTAMP", "ContextTokens", "GeneratedTokens"};

class AzureFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kColumns; }
  bool recognises(const Sniff& sniff) const override {
    return sniff.has_columns(kColumns) && !sniff.has_column("NumImages");
  }
  Trace read(const TraceText& source) const override {
    CsvRows rows(source, "azure", kColumns);
    Trace trace;
    trace.requests.reserve(rows.estimated_rows());
    while (rows.next()) {
      trace.requests.push_back({rows.timestamp(0), rows.tokens(1), rows.tokens(2)});
    }
    return trace;
  }

  bool can_write() const override { return true; }
  // A Trace knows no dates: its first arrival is written as the start of 1970.
  void write(const Trace& trace, std::string& out) const override {
    if (!trace.has_arrivals) {
      fail("the azure format needs arrivals; give --request-rate, or write vidur_lengths");
    }
    out += "TIMESTAMP,ContextTokens,GeneratedTokens\n";
    for (const Request& request : trace.requests) {
      append_timestamp(out, request.arrival);
      fmt::format_to(std::back_inserter(out), ",{},{}\n", request.prompt_tokens,
                     request.output_tokens);
    }
  }
};
MORU_REGISTER(TraceFormat, AzureFormat, "azure",
              "Azure LLM inference traces 2023 and 2024: TIMESTAMP,ContextTokens,GeneratedTokens");

}  // namespace
}  // namespace moru
