// Streams JSON text: stable key order, shortest doubles that read back exactly, no NaN (null
// instead).
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

class JsonWriter {
 public:
  // `indent` spaces per level; 0 writes everything on one line.
  explicit JsonWriter(int indent = 2) : indent_(indent) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag);
  JsonWriter& value(double number);
  JsonWriter& value(std::signed_integral auto number) { return integer(number); }
  JsonWriter& value(std::unsigned_integral auto number) { return natural(number); }
  JsonWriter& null();

  template <class T>
  JsonWriter& field(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }

  // The text so far; take() at the end adds a newline.
  const std::string& text() const { return text_; }
  std::string take();

 private:
  JsonWriter& integer(std::int64_t number);
  JsonWriter& natural(std::uint64_t number);
  void before_value();
  void close(char bracket);
  void new_line();
  void append_quoted(std::string_view text);

  int indent_;
  std::string text_;
  std::vector<bool> has_items_;  // one per open object or array
  bool after_key_ = false;
};

}  // namespace moru
