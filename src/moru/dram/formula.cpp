#include "moru/dram/formula.h"

#include "moru/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace moru {
namespace {

// Recursive descent; the depth of parentheses is bounded by kDeepest.
class Parser {
 public:
  Parser(std::string_view text, const std::function<std::int64_t(std::string_view)>& value_of)
      : text_(text), value_of_(value_of) {}

  std::int64_t whole() {
    const std::int64_t value = sum();
    skip_spaces();
    if (at_ != text_.size()) {
      refuse("'+', '-', '*' or the end");
    }
    return value;
  }

 private:
  static constexpr int kDeepest = 16;

  std::int64_t sum() {
    std::int64_t value = product();
    for (;;) {
      if (take('+')) {
        value += product();
      } else if (take('-')) {
        value -= product();
      } else {
        return value;
      }
    }
  }

  std::int64_t product() {
    std::int64_t value = atom();
    while (take('*')) {
      const std::int64_t factor = atom();
      if (std::max(std::abs(value), std::abs(factor)) > kLargest) {
        refuse("smaller factors");
      }
      value *= factor;
    }
    return value;
  }

  std::int64_t atom() {
    skip_spaces();
    if (take('(')) {
      return enclosed();
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_')) {
      ++at_;
    }
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.empty()) {
      refuse("a timing name or a number");
    }
    if (std::isdigit(static_cast<unsigned char>(word[0])) != 0) {
      return number(word);
    }
    if (word == "max" && take('(')) {
      const std::int64_t first = sum();
      if (!take(',')) {
        refuse("','");
      }
      return std::max(first, enclosed());
    }
    return value_of_(word);
  }

  std::int64_t enclosed() {
    if (++depth_ > kDeepest) {
      refuse("fewer parentheses");
    }
    const std::int64_t value = sum();
    if (!take(')')) {
      refuse("')'");
    }
    --depth_;
    return value;
  }

  std::int64_t number(std::string_view word) const {
    std::int64_t value = 0;
    for (const char c : word) {
      if (std::isdigit(static_cast<unsigned char>(c)) == 0 || value > kLargest) {
        refuse("a whole number");
      }
      value = value * 10 + (c - '0');
    }
    return value;
  }

  bool take(char c) {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') {
      ++at_;
    }
  }
  [[noreturn]] void refuse(std::string_view expected) const {
    fail(fmt::format("formula '{}': {} expected at character {}", text_, expected, at_ + 1));
  }

  static constexpr std::int64_t kLargest = 1'000'000'000;
  std::string_view text_;
  const std::function<std::int64_t(std::string_view)>& value_of_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::int64_t evaluate_formula(std::string_view formula,
                              const std::function<std::int64_t(std::string_view)>& value_of) {
  return Parser(formula, value_of).whole();
}

}  // namespace moru
