#include "moru/base/json_check.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace moru {
namespace {

class JsonCheck {
 public:
  explicit JsonCheck(std::string_view text) : text_(text) {}

  // `open_` holds the brackets that wait for their partner; without recursion, depth costs nothing.
  std::optional<JsonFault> run() {
    bool is_empty_so_far = false;  // right after an opening bracket
    do {
      skip_space();
      if (!is_empty_so_far || !closes()) {
        if (!open_.empty() && open_.back() == '{' && !key()) {
          return fault();
        }
        is_empty_so_far = opens();
        if (is_empty_so_far) {
          continue;
        }
        if (!scalar()) {
          return fault();
        }
      }
      is_empty_so_far = false;
      if (!separator()) {
        return fault();
      }
    } while (!open_.empty());
    skip_space();
    if (at_ < text_.size()) {
      reason_ = "text after the end of the document";
      return fault();
    }
    return std::nullopt;
  }

 private:
  JsonFault fault() const { return {at_, reason_}; }
  bool refuse(std::string_view at_end, std::string_view otherwise) {
    reason_ = at_ >= text_.size() ? at_end : otherwise;
    return false;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    const std::size_t next = text_.find_first_not_of(" \t\r\n", at_);
    at_ = next == std::string_view::npos ? text_.size() : next;
  }

  bool opens() {
    if (peek() != '{' && peek() != '[') {
      return false;
    }
    open_ += text_[at_++];
    return true;
  }

  bool closes() {
    if (open_.empty() || peek() != (open_.back() == '{' ? '}' : ']')) {
      return false;
    }
    open_.pop_back();
    ++at_;
    return true;
  }

  // The brackets that close after a value, and the comma before the next one.
  bool separator() {
    do {
      skip_space();
    } while (closes());
    if (open_.empty()) {
      return true;
    }
    if (peek() != ',') {
      return refuse("the file ends before its last bracket",
                    open_.back() == '{' ? "expected ',' or '}'" : "expected ',' or ']'");
    }
    ++at_;
    return true;
  }

  bool key() {
    if (peek() != '"') {
      return refuse("the file ends inside an object", "expected a key in double quotes");
    }
    if (!string()) {
      return false;
    }
    skip_space();
    if (peek() != ':') {
      return refuse("the file ends after a key", "expected ':' after the key");
    }
    ++at_;
    skip_space();
    return true;
  }

  bool scalar() {
    const char c = peek();
    if (c == '"') {
      return string();
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
      return number();
    }
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return true;
      }
    }
    return refuse("the file ends where a value is expected", "expected a value");
  }

  bool string() {
    const std::size_t begin = at_;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) {
        return refuse("", "a line break or control character inside a string");
      }
      if (text_[at_] == '\\' && !escape()) {
        return refuse("", "an escape that JSON does not have");
      }
    }
    if (at_ >= text_.size()) {
      at_ = begin;
      return refuse("", "a string without its closing quote");
    }
    ++at_;
    return true;
  }

  // Leaves `at_` on the last character of the escape, or on its backslash if it is none.
  bool escape() {
    const std::string_view rest = text_.substr(at_ + 1);
    if (rest.starts_with('u')) {
      constexpr std::string_view kHexadecimal = "0123456789abcdefABCDEF";
      if (rest.size() < 5 || rest.substr(1, 4).find_first_not_of(kHexadecimal) != rest.npos) {
        return false;
      }
      at_ += 5;
      return true;
    }
    if (rest.empty() || std::string_view("\"\\/bfnrt").find(rest[0]) == std::string_view::npos) {
      return false;
    }
    ++at_;
    return true;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') {
      ++at_;
    }
    return at_ > begin || refuse("the file ends inside a number", "expected a digit");
  }

  bool number() {
    at_ += peek() == '-' ? 1 : 0;
    const std::size_t begin = at_;
    if (!digits()) {
      return false;
    }
    if (text_[begin] == '0' && at_ > begin + 1) {
      at_ = begin;
      return refuse("", "a number with a leading zero");
    }
    const bool is_whole = peek() != '.' && peek() != 'e' && peek() != 'E';
    if (peek() == '.') {
      ++at_;
      if (!digits()) {
        return false;
      }
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      at_ += peek() == '+' || peek() == '-' ? 1 : 0;
      if (!digits()) {
        return false;
      }
    }
    return is_in_range(begin, is_whole);
  }

  bool is_in_range(std::size_t begin, bool is_whole) {
    const std::string_view digits = text_.substr(begin, at_ - begin);
    std::uint64_t magnitude = 0;
    if (is_whole) {
      const auto [end, error] = std::from_chars(digits.begin(), digits.end(), magnitude);
      const bool is_negative = begin > 0 && text_[begin - 1] == '-';
      constexpr std::uint64_t kMostNegative = std::uint64_t{1} << 63;
      if (error == std::errc() && (!is_negative || magnitude <= kMostNegative)) {
        return true;
      }
    } else if (std::isfinite(std::strtod(std::string(digits).c_str(), nullptr))) {
      return true;
    }
    at_ = begin;
    return refuse("", "a number that does not fit 64 bits");
  }

  std::string_view text_;
  std::string_view reason_;
  std::string open_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<JsonFault> find_json_fault(std::string_view text) { return JsonCheck(text).run(); }

}  // namespace moru
