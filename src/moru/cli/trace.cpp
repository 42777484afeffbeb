// moru trace: what a request trace holds, the same trace in another format, a synthetic one, a
// part.
#include "moru/base/catalogue.h"
#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/base/json_writer.h"
#include "moru/base/registry.h"
#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/cli/options.h"
#include "moru/trace/format.h"
#include "moru/trace/generate.h"
#include "moru/trace/slice.h"
#include "moru/trace/statistics.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

struct NamedLength {
  std::string_view name;
  std::int32_t LengthStatistics::*value;
};
constexpr NamedLength kLengths[] = {
    {"min", &LengthStatistics::min}, {"p1", &LengthStatistics::p1},
    {"p10", &LengthStatistics::p10}, {"p25", &LengthStatistics::p25},
    {"p50", &LengthStatistics::p50}, {"p75", &LengthStatistics::p75},
    {"p90", &LengthStatistics::p90}, {"p99", &LengthStatistics::p99},
    {"max", &LengthStatistics::max}};

std::string days_and_hours(double seconds) {
  constexpr double kDay = 86400;
  if (seconds < 2 * 3600) {
    return fmt::format("{:.1f} s", seconds);
  }
  return seconds < 2 * kDay ? fmt::format("{:.1f} h", seconds / 3600)
                            : fmt::format("{:.1f} days", seconds / kDay);
}

std::string info_text(const Trace& trace, const TraceStatistics& statistics) {
  std::string text = fmt::format("{} ({})\n", trace.name, trace.format);
  const auto line = [&text](std::string_view what, const std::string& value) {
    text += fmt::format("{:<14}{}\n", what, value);
  };
  line("requests", with_thousands(statistics.requests));
  if (trace.skipped > 0) {
    line("left out",
         fmt::format("{} rows ({})", with_thousands(trace.skipped), trace.skipped_reason));
  }
  if (trace.raised > 0) {
    line("zero lengths",
         fmt::format("{} requests, counted as one token", with_thousands(trace.raised)));
  }
  if (!trace.has_arrivals) {
    line("arrivals", "none: lengths only; --request-rate gives it some");
  } else {
    line("span", days_and_hours(statistics.span_s));
    line("rate", statistics.span_s > 0
                     ? fmt::format("{:.2f} req/s, in the busiest minute {:.2f} req/s",
                                   statistics.request_rate,
                                   static_cast<double>(statistics.peak_minute_requests) /
                                       std::clamp(statistics.span_s, 1e-9, 60.0))
                     : "all at once");
  }
  if (statistics.reuse.is_stated) {
    line("prefix reuse", fmt::format("{:.1f}% of prompt tokens stand in an earlier prompt",
                                     100 * statistics.reuse.tokens));
  }
  Table table(
      {"tokens", "mean", "min", "p1", "p10", "p25", "p50", "p75", "p90", "p99", "max", "total"});
  for (const auto& [name, lengths] :
       {std::pair("prompt", statistics.prompt), std::pair("output", statistics.output)}) {
    std::vector<std::string> row = {name, fmt::format("{:.1f}", lengths.mean)};
    for (const NamedLength& length : kLengths) {
      row.push_back(fmt::format("{}", lengths.*length.value));
    }
    row.push_back(with_thousands(lengths.total));
    table.row(std::move(row));
  }
  return text + "\n" + table.text();
}

void write_lengths(JsonWriter& json, std::string_view name, const LengthStatistics& lengths) {
  json.key(name).begin_object().field("mean", lengths.mean);
  for (const NamedLength& length : kLengths) {
    json.field(length.name, lengths.*length.value);
  }
  json.field("total", lengths.total).end_object();
}

std::string info_json(const Trace& trace, const TraceStatistics& statistics) {
  JsonWriter json;
  json.begin_object()
      .field("schema", "moru/trace-info/1")
      .field("name", trace.name)
      .field("format", trace.format)
      .field("requests", statistics.requests)
      .field("skipped", trace.skipped)
      .field("skipped_reason", trace.skipped > 0 ? trace.skipped_reason : "")
      .field("zero_lengths_raised", trace.raised)
      .field("has_arrivals", trace.has_arrivals);
  if (trace.has_arrivals) {
    json.field("span_s", statistics.span_s)
        .field("request_rate", statistics.request_rate)
        .field("peak_minute_requests", statistics.peak_minute_requests);
  }
  write_lengths(json, "prompt_tokens", statistics.prompt);
  write_lengths(json, "output_tokens", statistics.output);
  if (statistics.reuse.is_stated) {
    json.field("prefix_reuse_tokens", statistics.reuse.tokens)
        .field("prefix_reuse_segments", statistics.reuse.segments);
  }
  json.end_object();
  return json.take();
}

class TraceCommand final : public Command {
 public:
  void declare(Options& options) override;
  int run(const Options& options) override;

 private:
  void info(const Options& options) const;
  void convert(const Options& options) const;
  void generate_trace(const Options& options) const;
  void cut(const Options& options) const;

  Trace read_input(const Options& options) const;
  ArrivalOptions arrivals(const Options& options) const;
  void write_output(const Trace& trace) const;
  void refuse(const Options& options, std::initializer_list<const char*> names) const;

  std::string action_;
  std::string file_;
  std::string trace_format_;
  std::string as_;
  std::string output_ = "-";
  bool as_json_ = false;
  std::string workload_;
  RandomLengths random_;
  double request_rate_ = 0;
  double burstiness_ = 1;
  double duration_ = 0;
  std::int64_t num_prompts_ = 0;
  std::int64_t seed_ = 0;
  double from_ = 0;
  double to_ = 0;
  std::int64_t every_ = 1;
};

void TraceCommand::declare(Options& options) {
  options.text("action", action_, "info, convert, generate or slice");
  options.text("file", file_, "the trace; '-' reads standard input, .zst is decompressed");
  options.text("--trace-format", trace_format_, "its format, if its header does not tell");
  options.flag("--json", as_json_, "info: as JSON");
  options.text("-o,--output", output_, "where the trace goes; .zst is compressed");
  options.text("--as", as_, "format to write; by default mooncake for .jsonl, else azure");
  options.number("--request-rate", request_rate_,
                 "requests per second (inf: all at once); stretches arrivals or draws them");
  options.number("--burstiness", burstiness_, "draws gamma intervals; 1 Poisson, inf constant");
  options.number("--duration", duration_, "seconds of trace");
  options.count("--num-prompts", num_prompts_, "at most so many requests");
  options.count("--seed", seed_, "of everything drawn");
  options.text("--workload", workload_, "generate: name or file of a workload");
  options.count("--random-input-len", random_.input_len, "generate: prompt tokens, as in vLLM");
  options.count("--random-output-len", random_.output_len, "generate: output tokens");
  options.number("--random-range-ratio", random_.range_ratio, "generate: lengths vary by so much");
  options.count("--random-prefix-len", random_.prefix_len, "generate: shared tokens on top");
  options.number("--from", from_, "slice: seconds, included");
  options.number("--to", to_, "slice: seconds, excluded");
  options.count("--every", every_, "slice: keep one request in so many");
  options.example("moru trace generate --workload azure_chat --request-rate 6 -o chat.csv");
}

void TraceCommand::refuse(const Options& options, std::initializer_list<const char*> names) const {
  for (const char* name : names) {
    if (options.given(name)) {
      fail(fmt::format("{} does nothing in `moru trace {}`; leave it out", name, action_));
    }
  }
}

ArrivalOptions TraceCommand::arrivals(const Options& options) const {
  ArrivalOptions asked;
  if (options.given("--request-rate")) {
    asked.request_rate = request_rate_;
  }
  if (options.given("--burstiness")) {
    asked.burstiness = burstiness_;
  }
  asked.num_prompts = num_prompts_;
  asked.duration_s = duration_;
  asked.seed = static_cast<std::uint64_t>(seed_);
  check_arrivals(asked);
  return asked;
}

Trace TraceCommand::read_input(const Options& options) const {
  if (file_.empty()) {
    fail(fmt::format("which trace? Give a file: moru trace {} FILE", action_));
  }
  refuse(options, {"--workload", "--random-input-len", "--random-output-len",
                   "--random-range-ratio", "--random-prefix-len"});
  return read_trace(file_, trace_format_);
}

void TraceCommand::write_output(const Trace& trace) const {
  const std::string_view path = output_;
  const std::string_view stem = path.substr(0, path.size() - (path.ends_with(".zst") ? 4 : 0));
  const std::string format = !as_.empty() ? as_ : stem.ends_with(".jsonl") ? "mooncake" : "azure";
  write_trace(trace, output_, format);
  if (!trace.segments.empty() && format != "mooncake") {
    note(fmt::format("format {} cannot say which prompts share a prefix; --as mooncake can",
                     format));
  }
  if (output_ != "-") {
    note(fmt::format("wrote {} requests to {} ({})",
                     with_thousands(static_cast<std::int64_t>(trace.requests.size())), output_,
                     format));
  }
}

void TraceCommand::info(const Options& options) const {
  refuse(options, {"--as", "--from", "--to", "--every"});
  Trace trace = read_input(options);
  const ArrivalOptions asked = arrivals(options);
  if (asked.request_rate || asked.burstiness || asked.num_prompts > 0 || asked.duration_s > 0) {
    if (trace.has_arrivals || asked.request_rate) {
      schedule_arrivals(trace, asked);
    }
  }
  const TraceStatistics statistics = statistics_of(trace);
  write_file(output_, as_json_ ? info_json(trace, statistics) : info_text(trace, statistics));
}

void TraceCommand::convert(const Options& options) const {
  refuse(options, {"--json", "--from", "--to", "--every"});
  Trace trace = read_input(options);
  const ArrivalOptions asked = arrivals(options);
  if (trace.has_arrivals || asked.request_rate) {
    schedule_arrivals(trace, asked);
  } else if (asked.num_prompts > 0) {
    trace = slice(trace, {.num_prompts = asked.num_prompts});
  }
  write_output(trace);
}

void TraceCommand::generate_trace(const Options& options) const {
  refuse(options, {"--json", "--from", "--to", "--every", "--trace-format"});
  if (!file_.empty()) {
    fail(
        fmt::format("generate reads no trace; write --workload {0} for a workload, -o {0} for a "
                    "file to write",
                    file_));
  }
  const bool is_random =
      options.given("--random-input-len") || options.given("--random-output-len");
  if (is_random == !workload_.empty()) {
    const std::vector<std::string> known = catalogue_ids(kWorkloads);
    fail(
        fmt::format("generate needs either --workload (one of {}, or a file) or "
                    "--random-input-len and --random-output-len",
                    join(std::span<const std::string>(known), ", ")));
  }
  if (!is_random) {
    refuse(options, {"--random-range-ratio", "--random-prefix-len"});
  }
  write_output(
      generate(is_random ? random_workload(random_) : load_workload(workload_), arrivals(options)));
}

void TraceCommand::cut(const Options& options) const {
  refuse(options, {"--json", "--request-rate", "--burstiness", "--duration", "--seed"});
  const Trace trace = read_input(options);
  SliceOptions asked;
  asked.from_s = from_;
  if (options.given("--to")) {
    asked.to_s = to_;
  }
  asked.every = every_;
  asked.num_prompts = num_prompts_;
  write_output(slice(trace, asked));
}

int TraceCommand::run(const Options& options) {
  if (action_ == "info") {
    info(options);
  } else if (action_ == "convert") {
    convert(options);
  } else if (action_ == "generate") {
    generate_trace(options);
  } else if (action_ == "slice") {
    cut(options);
  } else {
    constexpr std::string_view kActions[] = {"info", "convert", "generate", "slice"};
    fail(action_.empty() ? std::string("what to do? moru trace info|convert|generate|slice")
                         : fmt::format("'{}' is not something `moru trace` does{}; it is one of {}",
                                       action_, did_you_mean(action_, kActions),
                                       join(std::span<const std::string_view>(kActions), ", ")));
  }
  return kExitAnswered;
}

MORU_REGISTER(Command, TraceCommand, "trace", "info, convert, generate or slice request traces");

}  // namespace
}  // namespace moru
