#include "moru/trace/csv.h"

#include "moru/base/text.h"
#include "moru/trace/timestamp.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace moru {
namespace {

std::string_view without_return(std::string_view row) {
  if (row.ends_with('\r')) {
    row.remove_suffix(1);
  }
  return row;
}

}  // namespace

CsvRows::CsvRows(const TraceText& source, std::string_view format,
                 std::span<const std::string_view> wanted)
    : name_(source.name), wanted_(wanted), at_(source.text.data()), end_(at_ + source.text.size()) {
  // sniff() passes over blank lines before the header, and so must this.
  while (at_ != end_ && (*at_ == '\n' || *at_ == '\r' || *at_ == ' ')) {
    line_ += *at_ == '\n' ? 1 : 0;
    ++at_;
  }
  const std::vector<std::string_view> header =
      sniff(std::string_view(at_, static_cast<std::size_t>(end_ - at_))).columns;
  ++line_;
  slot_.fill(-1);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto found = std::find(header.begin(), header.end(), wanted[i]);
    const auto position = static_cast<std::size_t>(found - header.begin());
    if (found == header.end() || position >= slot_.size()) {
      fail(missing_columns(format, wanted, header), {name_, line_, 1});
    }
    position_[i] = static_cast<int>(position);
    slot_[position] = static_cast<int>(i);
    last_position_ = std::max(last_position_, position);
  }
  const auto* newline =
      static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
  at_ = newline == nullptr ? end_ : newline + 1;
}

bool CsvRows::next() {
  while (at_ != end_) {
    const auto* newline =
        static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
    const char* const line_end = newline == nullptr ? end_ : newline;
    const std::string_view row = without_return({at_, static_cast<std::size_t>(line_end - at_)});
    line_begin_ = at_;
    at_ = newline == nullptr ? end_ : newline + 1;
    ++line_;
    if (!row.empty() && !trim(row).empty()) {
      split_row(row);
      return true;
    }
  }
  return false;
}

void CsvRows::split_row(std::string_view row) {
  const char* at = row.data();
  const char* const end = at + row.size();
  for (std::size_t position = 0;; ++position) {
    const char* begin = at;
    bool is_quoted = at != end && *at == '"';
    if (is_quoted) {
      const char* const close = std::find(at + 1, end, '"');
      is_quoted = close != end;
      at = is_quoted ? close : at;
    }
    while (at != end && *at != ',') {
      ++at;
    }
    const char* field_end = at;
    if (is_quoted && field_end - begin >= 2) {
      ++begin;
      --field_end;
    }
    if (slot_[position] >= 0) {
      fields_[static_cast<std::size_t>(slot_[position])] = {
          begin, static_cast<std::size_t>(field_end - begin)};
    }
    if (position == last_position_) {
      return;
    }
    if (at == end) {
      fail_short(position + 1);
    }
    ++at;
  }
}

void CsvRows::fail_short(std::size_t fields) const {
  const auto last = static_cast<std::size_t>(slot_[last_position_]);
  fail(fmt::format("the row has {} field{}, but '{}' is column {}; is the file cut off?", fields,
                   fields == 1 ? "" : "s", wanted_[last], last_position_ + 1),
       {name_, line_, 1});
}

void CsvRows::fail_at(std::size_t i, const std::string& message) const {
  const auto column = static_cast<int>(fields_[i].data() - line_begin_) + 1;
  fail(message, {name_, line_, column});
}

std::int32_t CsvRows::tokens(std::size_t i) const {
  const std::string_view text = fields_[i];
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || text.empty()) {
    const std::optional<double> number = parse_double(text);
    if (!number || *number != std::floor(*number)) {
      fail_at(i, fmt::format("'{}' is '{}', not a whole number of tokens", wanted_[i], text));
    }
    // The bound keeps the conversion defined; the range check below says the rest.
    value = static_cast<std::int64_t>(std::clamp(*number, -1e15, 1e15));
  }
  if (value < 0) {
    fail_at(i, fmt::format("'{}' is {}; a length cannot be negative", wanted_[i], trim(text)));
  }
  if (value > kLongestLength) {
    fail_at(i, fmt::format("'{}' is {}, more than {} tokens; is it the right column?", wanted_[i],
                           trim(text), with_thousands(kLongestLength)));
  }
  return static_cast<std::int32_t>(value);
}

SimTime CsvRows::seconds(std::size_t i) const {
  const std::optional<SimTime> time = parse_seconds(trim(fields_[i]));
  if (!time) {
    fail_at(i, fmt::format("'{}' is '{}', not a time in seconds from 0 to 292 years", wanted_[i],
                           fields_[i]));
  }
  return *time;
}

SimTime CsvRows::timestamp(std::size_t i) const {
  const std::optional<SimTime> time = parse_timestamp(fields_[i]);
  if (!time) {
    fail_at(i, fmt::format("'{}' is '{}', not a time such as 2023-11-16 18:15:46.6805900",
                           wanted_[i], fields_[i]));
  }
  return *time;
}

std::size_t CsvRows::estimated_rows() const {
  const auto rest = static_cast<std::size_t>(end_ - at_);
  const auto* newline = static_cast<const char*>(std::memchr(at_, '\n', rest));
  if (newline == nullptr) {
    return 1;
  }
  return rest / static_cast<std::size_t>(newline - at_ + 1) + 1;
}

}  // namespace moru
