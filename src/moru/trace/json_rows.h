// JSON traces, read in place with simdjson's On-Demand parser: one object per line (JSONL) or one
// document for the whole file.
#pragma once

#include "moru/base/error.h"
#include "moru/base/units.h"
#include "moru/trace/format.h"

#include <simdjson.h>

#include <optional>
#include <string_view>

namespace moru {

// The place of a byte of the text, counted only when an error needs it.
SourcePlace place_in(const TraceText& source, const char* at);
// Throws Error: where and why `part` (a line or the whole text) is no JSON, or, if it is JSON after
// all, that it is not what was wanted.
[[noreturn]] void fail_json(const TraceText& source, std::string_view part,
                            const std::string& wanted);

// Values of one JSON object. Every function throws Error with file and line for a value that is
// missing or of the wrong kind.
class JsonRow {
 public:
  JsonRow() = default;
  JsonRow(const TraceText& source, simdjson::ondemand::object object, std::string_view line)
      : source_(&source), object_(object), line_(line) {}

  simdjson::ondemand::object& object() { return object_; }
  bool has(std::string_view key);
  // A length in tokens, from 0 to kLongestLength.
  std::int32_t tokens(std::string_view key);
  // A time of zero or more; `unit` is how many nanoseconds the trace's unit has. Whole numbers are
  // exact.
  SimTime time(std::string_view key, std::int64_t unit);
  // Gives the items of a list of whole numbers to `take`; false if the object has no such key.
  template <class Take>
  bool integers(std::string_view key, Take take);

  // Throws Error at the line: with its fault if it is no valid JSON, else with the message.
  [[noreturn]] void fail_here(const std::string& message) const;

 private:
  const TraceText* source_ = nullptr;
  simdjson::ondemand::object object_;
  std::string_view line_;
};

// A JSON number as a length or a time. If it is none, nothing comes back and `problem` says why.
using JsonValue = simdjson::simdjson_result<simdjson::ondemand::value>;
std::optional<std::int32_t> json_tokens(JsonValue value, std::string& problem);
std::optional<SimTime> json_time(JsonValue value, std::int64_t unit, std::string& problem);

// Walks the lines of a JSONL text; blank lines are passed over.
class JsonLines {
 public:
  explicit JsonLines(const TraceText& source);
  // Goes to the next object, which row() holds until the next call; false at the end.
  bool next();
  JsonRow& row() { return row_; }
  std::size_t estimated_rows() const;

 private:
  const TraceText& source_;
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  JsonRow row_;
  const char* at_;
  const char* end_;
};

template <class Take>
bool JsonRow::integers(std::string_view key, Take take) {
  auto found = object_.find_field_unordered(key);
  if (found.error() == simdjson::NO_SUCH_FIELD) {
    return false;
  }
  simdjson::ondemand::array items;
  if (found.get_array().get(items) != simdjson::SUCCESS) {
    fail_here("'" + std::string(key) + "' is not a list");
  }
  for (auto item : items) {
    std::int64_t value = 0;
    if (item.get_int64().get(value) != simdjson::SUCCESS) {
      fail_here("'" + std::string(key) + "' must hold whole numbers only");
    }
    take(value);
  }
  return true;
}

}  // namespace moru
