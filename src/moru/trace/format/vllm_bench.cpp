// What `vllm bench serve --save-result --save-detailed` writes: one JSON object whose lists hold a
// value per request (vllm/benchmarks/serve.py). Older versions have no start_times.
#include "moru/base/registry.h"
#include "moru/base/text.h"
#include "moru/trace/format.h"
#include "moru/trace/json_rows.h"

#include <fmt/format.h>

namespace moru {
namespace od = simdjson::ondemand;
namespace {

constexpr std::string_view kKeys[] = {"input_lens", "output_lens"};

class VllmBenchReader {
 public:
  explicit VllmBenchReader(const TraceText& source) : source_(source) {
    const std::string_view text = trim(source.text);
    const std::size_t readable =
        static_cast<std::size_t>(source.text.data() + source.text.size() - text.data()) +
        simdjson::SIMDJSON_PADDING;
    std::string_view whole;
    if (parse(text, readable, whole) != simdjson::SUCCESS || whole.size() != text.size()) {
      fail_json(
          source, text,
          "is not one result of vllm bench serve; of a file written with --append-result give "
          "one line");
    }
    object_.reset();
  }

  Trace read() {
    const std::vector<std::int32_t> prompts = read_list<std::int32_t>("input_lens", json_tokens);
    const std::vector<std::int32_t> outputs = read_list<std::int32_t>("output_lens", json_tokens);
    std::vector<SimTime> starts;
    const simdjson::error_code found = object_.find_field_unordered("start_times").error();
    if (found != simdjson::SUCCESS && found != simdjson::NO_SUCH_FIELD) {
      fail_json(source_, trim(source_.text), "is not one result of vllm bench serve");
    }
    const bool has_starts = found == simdjson::SUCCESS;
    if (has_starts) {
      starts = read_list<SimTime>("start_times", [](auto item, std::string& problem) {
        return json_time(item, kNanosecondsPerSecond, problem);
      });
    }
    if (prompts.size() != outputs.size() || (has_starts && starts.size() != prompts.size())) {
      fail(fmt::format("'input_lens' has {} values, 'output_lens' {}{}", prompts.size(),
                       outputs.size(),
                       has_starts ? fmt::format(" and 'start_times' {}", starts.size()) : ""),
           {source_.name, 0, 0});
    }
    Trace trace;
    trace.has_arrivals = has_starts;
    trace.skipped_reason = "failed: no output tokens";
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      if (outputs[i] == 0) {
        ++trace.skipped;
      } else {
        trace.requests.push_back({has_starts ? starts[i] : 0, prompts[i], outputs[i]});
      }
    }
    return trace;
  }

 private:
  simdjson::error_code parse(std::string_view text, std::size_t readable, std::string_view& whole) {
    SIMDJSON_TRY(parser_.iterate(text.data(), text.size(), readable).get(document_));
    SIMDJSON_TRY(document_.get_object().get(object_));
    return object_.raw_json().get(whole);
  }

  template <class Value, class Parse>
  std::vector<Value> read_list(std::string_view key, Parse parse_item) {
    od::array items;
    if (object_.find_field_unordered(key).get_array().get(items) != simdjson::SUCCESS) {
      fail(fmt::format("has no list '{}'; run `vllm bench serve` with --save-detailed", key),
           {source_.name, 0, 0});
    }
    std::vector<Value> values;
    std::string problem;
    for (auto item : items) {
      const std::optional<Value> value = parse_item(item, problem);
      if (!value) {
        fail(fmt::format("'{}[{}]' {}", key, values.size(), problem), {source_.name, 0, 0});
      }
      values.push_back(*value);
    }
    return values;
  }

  const TraceText& source_;
  od::parser parser_;
  od::document document_;
  od::object object_;
};

class VllmBenchFormat final : public TraceFormat {
 public:
  std::span<const std::string_view> columns() const override { return kKeys; }
  bool recognises(const Sniff& sniff) const override {
    return sniff.has_key("input_lens") || sniff.has_key("total_input_tokens");
  }
  Trace read(const TraceText& source) const override { return VllmBenchReader(source).read(); }
};
MORU_REGISTER(TraceFormat, VllmBenchFormat, "vllm_bench",
              "vllm bench serve --save-detailed: input_lens, output_lens, start_times");

}  // namespace
}  // namespace moru
