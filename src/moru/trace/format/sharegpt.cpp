// ShareGPT: a JSON list of {id, conversations: [{from, value}]}, or one per line. As in vLLM's own
// benchmark (vllm/benchmarks/datasets.py, ShareGPTDataset) the first turn is the prompt and the
// second the answer; conversations with fewer turns are left out. Text has no token counts and no
// arrivals.
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
    const std::string_view text = trim(source_.text);
    if (text.starts_with('{')) {
      read_lines();
    } else if (const auto error = read_list(text); error != simdjson::SUCCESS) {
      fail_json(source_, text, wrong_shape(error));
    }
    note(fmt::format("{}: text has no token counts; lengths are estimated ({})", source_.name,
                     kTokenEstimateRule));
    return std::move(trace_);
  }

 private:
  std::string wrong_shape(simdjson::error_code error) const {
    return fmt::format("conversation {} is not {{id, conversations: [{{from, value}}]}} ({})",
                       read_ + 1, simdjson::error_message(error));
  }

  void read_lines() {
    JsonLines lines(source_);
    while (lines.next()) {
      JsonRow& row = lines.row();
      if (const auto error = read_conversation(row.object()); error != simdjson::SUCCESS) {
        row.fail_here(wrong_shape(error));
      }
    }
  }

  simdjson::error_code read_list(std::string_view text) {
    const auto before = static_cast<std::size_t>(text.data() - source_.text.data());
    const std::size_t readable = source_.text.size() - before + simdjson::SIMDJSON_PADDING;
    SIMDJSON_TRY(parser_.iterate(text.data(), text.size(), readable).get(document_));
    od::array conversations;
    SIMDJSON_TRY(document_.get_array().get(conversations));
    std::string_view whole;
    SIMDJSON_TRY(conversations.raw_json().get(whole));
    if (whole.size() != text.size()) {
      return simdjson::TAPE_ERROR;
    }
    SIMDJSON_TRY(conversations.reset().error());
    for (auto item : conversations) {
      od::object conversation;
      SIMDJSON_TRY(item.get_object().get(conversation));
      SIMDJSON_TRY(read_conversation(conversation));
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code read_conversation(od::object& conversation) {
    od::array turns;
    SIMDJSON_TRY(conversation.find_field_unordered("conversations").get_array().get(turns));
    SIMDJSON_TRY(read_turns(turns));
    ++read_;
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
  std::int64_t read_ = 0;
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
