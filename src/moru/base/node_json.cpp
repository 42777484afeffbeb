// JSON -> Node through simdjson: its DOM parser validates the whole text, its on-demand parser then
// tells where each value stands.
#include "moru/base/json_check.h"
#include "moru/base/node_builder.h"
#include "moru/base/text.h"

#include <fmt/format.h>
#include <simdjson.h>

namespace moru {
namespace {

namespace ondemand = simdjson::ondemand;

class JsonWalk {
 public:
  JsonWalk(NodeBuilder& builder, std::string_view text) : builder_(builder), text_(text) {}

  void document(ondemand::document& document) {
    if (document.is_scalar()) {
      builder_.fail_at(1, 1, "expected an object at the top level");
    }
    value(document.get_value());
  }

 private:
  void move_to(const char* token) {
    const auto offset = static_cast<std::size_t>(token - text_.data());
    for (; offset_ < offset && offset_ < text_.size(); ++offset_) {
      if (text_[offset_] == '\n') {
        ++line_;
        line_begin_ = offset_ + 1;
      }
    }
    column_ = static_cast<int>(offset - line_begin_) + 1;
  }

  void value(ondemand::value item) {
    move_to(item.raw_json_token().data());
    switch (item.type()) {
      case ondemand::json_type::object:
        object(item.get_object());
        return;
      case ondemand::json_type::array:
        builder_.begin_sequence(line_, column_);
        for (ondemand::value element : item.get_array()) {
          value(element);
        }
        builder_.end();
        return;
      case ondemand::json_type::string: {
        const std::string_view content = item.get_string();
        builder_.scalar(content, true, line_, column_);
        return;
      }
      case ondemand::json_type::null:
        builder_.null(line_, column_);
        return;
      case ondemand::json_type::boolean:
      case ondemand::json_type::number:
        scalar_token(item.raw_json_token());
        return;
    }
  }

  void object(ondemand::object object) {
    builder_.begin_map(line_, column_);
    for (auto field : object) {
      move_to(field.key().raw() - 1);  // raw() points behind the opening quote
      const std::string_view key = field.unescaped_key();
      builder_.scalar(key, true, line_, column_);
      value(field.value());
    }
    builder_.end();
  }

  void scalar_token(std::string_view token) {
    const std::size_t length = token.find_first_of(" \t\r\n,}]");
    builder_.scalar(token.substr(0, length), false, line_, column_);
  }

  NodeBuilder& builder_;
  std::string_view text_;
  std::size_t offset_ = 0;
  std::size_t line_begin_ = 0;
  int line_ = 1;
  int column_ = 1;
};

[[noreturn]] void fail_invalid(const std::string& name, std::string_view text,
                               simdjson::error_code error) {
  if (const auto fault = find_json_fault(text)) {
    const TextPosition at = position_of(text, fault->offset);
    fail(fmt::format("not valid JSON: {}", fault->reason), {name, at.line, at.column});
  }
  fail(fmt::format("not valid JSON: {}", simdjson::error_message(error)), {name, 0, 0});
}

}  // namespace

Document parse_json(std::string_view text, std::string name) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return {std::move(name), Node{}};
  }
  if (const std::size_t at = find_invalid_utf8(text); at != std::string_view::npos) {
    const TextPosition place = position_of(text, at);
    fail("not UTF-8 text", {name, place.line, place.column});
  }
  const simdjson::padded_string padded(text);
  simdjson::dom::parser validator;
  simdjson::dom::element ignored;
  if (const auto error = validator.parse(padded).get(ignored)) {
    fail_invalid(name, text, error);
  }
  NodeBuilder builder(name);
  ondemand::parser parser;
  try {
    ondemand::document document = parser.iterate(padded);
    JsonWalk(builder, std::string_view(padded.data(), padded.size())).document(document);
  } catch (const simdjson::simdjson_error& error) {
    fail_invalid(name, text, error.error());
  }
  return {std::move(name), builder.take()};
}

}  // namespace moru
