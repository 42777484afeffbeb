#include "moru/trace/json_rows.h"

#include "moru/base/json_check.h"
#include "moru/base/text.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace moru {
namespace od = simdjson::ondemand;
namespace {

// Bytes that may be read from `at`: the text and the padding that every TraceText has.
std::size_t readable(const TraceText& source, const char* at) {
  const char* const end = source.text.data() + source.text.size();
  return static_cast<std::size_t>(end - at) + simdjson::SIMDJSON_PADDING;
}

}  // namespace

SourcePlace place_in(const TraceText& source, const char* at) {
  const TextPosition position =
      position_of(source.text, static_cast<std::size_t>(at - source.text.data()));
  return {source.name, position.line, position.column};
}

void fail_json(const TraceText& source, std::string_view part, const std::string& wanted) {
  if (const std::optional<JsonFault> fault = find_json_fault(part)) {
    fail(fmt::format("not valid JSON: {}; is the file cut off?", fault->reason),
         place_in(source, part.data() + fault->offset));
  }
  if (const std::size_t bad = find_invalid_utf8(part); bad != std::string_view::npos) {
    fail("not valid UTF-8; save the file as UTF-8", place_in(source, part.data() + bad));
  }
  fail(wanted, place_in(source, part.data()));
}

std::optional<std::int32_t> json_tokens(JsonValue value, std::string& problem) {
  od::number number;
  if (value.get_number().get(number) != simdjson::SUCCESS) {
    problem = "is missing or not a number";
    return std::nullopt;
  }
  const double tokens = number.as_double();
  if (tokens >= 0 && tokens <= static_cast<double>(kLongestLength) &&
      tokens == std::floor(tokens)) {
    return static_cast<std::int32_t>(tokens);
  }
  if (tokens < 0) {
    problem = fmt::format("is {}; a length cannot be negative", tokens);
  } else if (tokens > static_cast<double>(kLongestLength)) {
    problem = fmt::format("is {:.0f}, more than {} tokens; is it the right key?", tokens,
                          with_thousands(kLongestLength));
  } else {
    problem = fmt::format("is {}, not a whole number of tokens", tokens);
  }
  return std::nullopt;
}

std::optional<SimTime> json_time(JsonValue value, std::int64_t unit, std::string& problem) {
  od::number number;
  if (value.get_number().get(number) != simdjson::SUCCESS) {
    problem = "is missing or not a number";
    return std::nullopt;
  }
  constexpr std::int64_t kMost = std::numeric_limits<SimTime>::max();
  if (number.is_int64() && number.get_int64() >= 0 && number.get_int64() <= kMost / unit) {
    return number.get_int64() * unit;
  }
  const double time = number.as_double() * static_cast<double>(unit);
  // The limit as a double is 2^63 itself, which llround could not return.
  if (time >= 0 && time < static_cast<double>(kMost)) {
    return std::llround(time);
  }
  problem = time < 0 ? fmt::format("is {}; an arrival cannot be negative", number.as_double())
                     : fmt::format("is {}, beyond 292 years", number.as_double());
  return std::nullopt;
}

bool JsonRow::has(std::string_view key) {
  const simdjson::error_code error = object_.find_field_unordered(key).error();
  if (error != simdjson::SUCCESS && error != simdjson::NO_SUCH_FIELD) {
    fail_here("each line must be one JSON object");  // simdjson must not be asked again
  }
  return error == simdjson::SUCCESS;
}

std::int32_t JsonRow::tokens(std::string_view key) {
  std::string problem;
  const auto value = json_tokens(object_.find_field_unordered(key), problem);
  if (!value) {
    fail_here(fmt::format("'{}' {}", key, problem));
  }
  return *value;
}

SimTime JsonRow::time(std::string_view key, std::int64_t unit) {
  std::string problem;
  const auto value = json_time(object_.find_field_unordered(key), unit, problem);
  if (!value) {
    fail_here(fmt::format("'{}' {}", key, problem));
  }
  return *value;
}

void JsonRow::fail_here(const std::string& message) const { fail_json(*source_, line_, message); }

JsonLines::JsonLines(const TraceText& source)
    : source_(source), at_(source.text.data()), end_(at_ + source.text.size()) {}

bool JsonLines::next() {
  while (at_ != end_) {
    const auto* newline =
        static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
    const char* const line_end = newline == nullptr ? end_ : newline;
    const std::string_view line = trim({at_, static_cast<std::size_t>(line_end - at_)});
    at_ = newline == nullptr ? end_ : newline + 1;
    if (line.empty()) {
      continue;
    }
    od::object object;
    auto error =
        parser_.iterate(line.data(), line.size(), readable(source_, line.data())).get(document_);
    if (error == simdjson::SUCCESS) {
      error = document_.get_object().get(object);
    }
    std::string_view whole;
    if (error == simdjson::SUCCESS) {
      error = object.raw_json().get(whole);
    }
    if (error != simdjson::SUCCESS || whole.size() != line.size()) {
      fail_json(source_, line, "each line must be one JSON object");
    }
    object.reset();
    row_ = JsonRow(source_, object, line);
    return true;
  }
  return false;
}

std::size_t JsonLines::estimated_rows() const {
  const auto rest = static_cast<std::size_t>(end_ - at_);
  const auto* newline = static_cast<const char*>(std::memchr(at_, '\n', rest));
  return newline == nullptr ? 1 : rest / static_cast<std::size_t>(newline - at_ + 1) + 1;
}

}  // namespace moru
