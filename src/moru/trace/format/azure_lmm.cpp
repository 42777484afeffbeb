// Azure LMM inference trace 2025 (ModServe, SoCC 2025): as azure, with the number of images.
#include "moru/base/error.h"
#include "moru/base/registry.h"
#include "moru/trace/csv.h"
#include "moru/trace/format.h"

#include <fmt/format.h>

namespace moru {
namespace {

constexpr std::string_view kColumns[] = {"TIMESTAMP", "NumImages", "ContextTokens",
                                         "GeneratedTokens"};

class AzureLmmFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kColumns; }
  bool recognises(const Sniff& sniff) const override { return sniff.has_columns(kColumns); }
  Trace read(const TraceText& source) const override {
    CsvRows rows(source, "azure_lmm", kColumns);
    Trace trace;
    trace.requests.reserve(rows.estimated_rows());
    std::int64_t with_images = 0;
    while (rows.next()) {
      with_images += rows.tokens(1) > 0 ? 1 : 0;
      trace.requests.push_back({rows.timestamp(0), rows.tokens(2), rows.tokens(3)});
    }
    if (with_images > 0) {
      note(fmt::format("{}: {} requests have images, which count only as far as ContextTokens does",
                       source.name, with_images));
    }
    return trace;
  }
};
MORU_REGISTER(TraceFormat, AzureLmmFormat, "azure_lmm",
              "Azure LMM inference trace 2025: TIMESTAMP,NumImages,ContextTokens,GeneratedTokens");

}  // namespace
}  // namespace moru
