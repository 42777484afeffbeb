#include "moru/base/error.h"

#include "moru/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <set>
#include <utility>

namespace moru {

std::string format_diagnostic(const SourcePlace& place, const std::string& message) {
  // Messages quote their input, which may be anything: one diagnostic stays one readable line.
  constexpr std::size_t kLongestMessage = 1000;
  const std::string what = printable(message, kLongestMessage);
  const std::string file = printable(place.file, kLongestMessage);
  if (file.empty()) {
    return fmt::format("error: {}", what);
  }
  if (place.line == 0) {
    return fmt::format("{}: error: {}", file, what);
  }
  if (place.column == 0) {
    return fmt::format("{}:{}: error: {}", file, place.line, what);
  }
  return fmt::format("{}:{}:{}: error: {}", file, place.line, place.column, what);
}

Error::Error(ErrorKind error_kind, const std::string& what_is_wrong, const SourcePlace& place)
    : kind_(error_kind), text_(format_diagnostic(place, what_is_wrong)) {}

Error Error::from_lines(std::string text) {
  Error error;
  error.text_ = std::move(text);
  return error;
}

void fail(const std::string& message, const SourcePlace& place) {
  throw Error(ErrorKind::input, message, place);
}

void Diagnostics::error(const SourcePlace& place, const std::string& message) {
  if (lines_.size() < kMostReported) {
    std::string line = format_diagnostic(place, message);
    if (std::find(lines_.begin(), lines_.end(), line) == lines_.end()) {
      lines_.push_back(std::move(line));
    }
  } else if (lines_.size() == kMostReported) {
    lines_.push_back("error: more errors follow; mend these first");
  }
}

namespace {
std::atomic<bool> quiet_flag = false;
}  // namespace

void Diagnostics::throw_if_any() const {
  if (lines_.empty()) {
    return;
  }
  std::string text;
  for (const std::string& line : lines_) {
    text += text.empty() ? "" : "\n";
    text += line;
  }
  throw Error::from_lines(text);
}

void note(const std::string& text) {
  static std::mutex mutex;
  static std::set<std::string> said;
  if (quiet_flag) {
    return;
  }
  const std::lock_guard lock(mutex);
  if (said.insert(text).second) {
    fmt::print(stderr, "moru: note: {}\n", text);
  }
}

void set_quiet(bool quiet) { quiet_flag = quiet; }
bool is_quiet() { return quiet_flag; }

}  // namespace moru
