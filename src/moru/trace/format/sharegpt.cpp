// ShareGPT: one JSON list of {id, conversations: [{from, value}]}. As in vLLM's own benchmark
// (vllm/benchmarks/datasets.py, ShareGPTDataset) the first turn is the prompt and the second the
// answer; conversations with fewer turns are left out. Text has no token counts and no arrivals.
#include "moru/base/registry.h"
#include "moru/base/text.h"
#include "moru/trace/format.h"
#include "moru/trace/json_rows.h"
#include "moru/trace/token_estimate.h"

#include <fmt/format.h>

#include <array>

namespace moru {
namespace od = simdjson::ondemand;
namespace {

constexpr std::string_view kKeys[] = {"conversations"};

class ShareGptReader {
 public:
  explicit ShareGptReader(const TraceText& source) : source_(source) {}

  Trace read() {
    trace_.has_arrivals = false;
    trace_.skipped_reason = "conversations with fewer than two turns";
    if (const auto error = read_list(); error != simdjson::SUCCESS) {
      const char* at = nullptr;
      const auto located = document_.current_location().get(at);
      fail(fmt::format("not a JSON list of {{id, conversations: [{{from, value}}]}} ({})",
                       simdjson::error_message(error)),
           located == simdjson::SUCCESS ? place_in(source_, at) : SourcePlace{source_.name, 0, 0});
    }
    note(fmt::format("{}: text has no token counts; lengths are estimated ({})", source_.name,
                     kTokenEstimateRule));
    return std::move(trace_);
  }

 private:
  simdjson::error_code read_list() {
    SIMDJSON_TRY(parser_
                     .iterate(source_.text.data(), source_.text.size(),
                              source_.text.size() + simdjson::SIMDJSON_PADDING)
                     .get(document_));
    od::array conversations;
    SIMDJSON_TRY(document_.get_array().get(conversations));
    std::string_view whole;
    SIMDJSON_TRY(conversations.raw_json().get(whole));
    const char* const text_end = source_.text.data() + source_.text.size();
    const char* const list_end = whole.data() + whole.size();
    if (!trim({list_end, static_cast<std::size_t>(text_end - list_end)}).empty()) {
      return simdjson::TRAILING_CONTENT;
    }
    SIMDJSON_TRY(conversations.reset().error());
    for (auto item : conversations) {
      od::array turns;
      SIMDJSON_TRY(item.find_field_unordered("conversations").get_array().get(turns));
      SIMDJSON_TRY(read_turns(turns));
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code read_turns(od::array turns) {
    std::array<std::int32_t, 2> lengths{};
    std::size_t count = 0;
    for (auto turn : turns) {
      if (count < lengths.size()) {
        std::string_view text;
        SIMDJSON_TRY(turn.find_field_unordered("value").get_string().get(text));
        lengths[count] = estimate_tokens(text);
      }
      ++count;
    }
    if (count < lengths.size()) {
      ++trace_.skipped;
    } else {
      trace_.requests.push_back({0, lengths[0], lengths[1]});
    }
    return simdjson::SUCCESS;
  }

  const TraceText& source_;
  od::parser parser_;
  od::document document_;
  Trace trace_;
};

class ShareGptFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kKeys; }
  bool recognises(const Sniff& sniff) const override { return sniff.has_key("conversations"); }
  Trace read(const TraceText& source) const override { return ShareGptReader(source).read(); }
};
MORU_REGISTER(
    TraceFormat, ShareGptFormat, "sharegpt",
    "ShareGPT JSON: [{id, conversations: [{from, value}]}], lengths estimated, no arrivals");

}  // namespace
}  // namespace moru
