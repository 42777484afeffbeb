// Node -> struct, by the struct's fields(). Collects every error of the file before throwing.
//
// Numbers must be finite and not negative; a quantity other than a time, an energy or a price must
// be above zero (a bandwidth of zero is a mistake, a launch cost of zero is not). What needs more
// is said in the struct's validate().
#pragma once

#include "moru/base/error.h"
#include "moru/base/fields.h"
#include "moru/base/node.h"
#include "moru/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>

namespace moru {

// What parsing one file needs and collects.
struct ParseContext {
  const Document& document;
  Diagnostics diagnostics;

  void error(const Node& node, const std::string& message) {
    diagnostics.error(document.place(node), message);
  }
};

// Passed to validate(): reports at a field's place, or at the struct's if the field is absent.
class FieldCheck {
 public:
  FieldCheck(ParseContext& context, const Node& node) : context_(context), node_(node) {}
  void error(std::string_view field, const std::string& message) const {
    const Node* at = node_.find(field);
    context_.error(at != nullptr ? *at : node_, message);
  }
  void require(bool condition, std::string_view field, const std::string& message) const {
    if (!condition) {
      error(field, message);
    }
  }

 private:
  ParseContext& context_;
  const Node& node_;
};

template <class T>
void parse_value(ParseContext& context, const Node& node, T& value);

namespace detail {

// Reads the fields of one map and finds the keys that nobody asked for.
class FieldParser {
 public:
  FieldParser(ParseContext& context, const Node& node, std::string_view type_name)
      : context_(context), node_(node), type_name_(type_name) {}

  template <class T>
  void required(std::string_view name, T& member, std::string_view doc) {
    if (!read(name, member)) {
      context_.error(node_, fmt::format("{} needs '{}' ({})", type_name_, name, doc));
    }
  }
  template <class T>
  void optional(std::string_view name, T& member, std::string_view) {
    read(name, member);
  }
  void finish() {
    for (const Node::Entry& entry : node_.entries) {
      if (context_.diagnostics.is_full()) {
        return;
      }
      if (std::find(known_.begin(), known_.end(), entry.key) == known_.end()) {
        context_.diagnostics.error(
            context_.document.place(entry),
            fmt::format("'{}' is not a field of {}{}", entry.key, type_name_,
                        did_you_mean(entry.key, std::span<const std::string_view>(known_))));
      }
    }
  }

 private:
  template <class T>
  bool read(std::string_view name, T& member) {
    known_.push_back(name);
    const Node* child = node_.find(name);
    if (child == nullptr || child->is_null()) {
      return false;
    }
    parse_value(context_, *child, member);
    return true;
  }

  ParseContext& context_;
  const Node& node_;
  std::string_view type_name_;
  std::vector<std::string_view> known_;
};

template <class T>
void parse_struct(ParseContext& context, const Node& node, T& value) {
  if (!node.is_map()) {
    context.error(
        node, fmt::format("expected {} with its fields, found {}", T::kTypeName, describe(node)));
    return;
  }
  const std::size_t errors_before = context.diagnostics.count();
  FieldParser parser(context, node, T::kTypeName);
  T::fields(parser, value);
  parser.finish();
  if constexpr (requires(const FieldCheck& check) { value.validate(check); }) {
    // A field that could not be read would be blamed a second time for its default.
    if (context.diagnostics.count() == errors_before) {
      value.validate(FieldCheck(context, node));
    }
  }
}

template <class T>
void parse_sourced(ParseContext& context, const Node& node, Sourced<T>& value) {
  if (!node.is_map()) {
    parse_value(context, node, value.value);
    return;
  }
  FieldParser parser(context, node, "value with its source");
  parser.required("value", value.value, "the value itself");
  parser.optional("low", value.low, "");
  parser.optional("high", value.high, "");
  parser.optional("source", value.source, "");
  parser.optional("trust", value.trust, "");
  parser.finish();
  if (const Node* trust = node.find("trust"); !value.trust.empty() && !is_trust_flag(value.trust)) {
    context.error(*trust, fmt::format("'{}' is not a trust flag: S, V, T, M, E or D", value.trust));
  }
  if constexpr (requires { value.value < value.value; }) {
    if ((value.low && value.value < *value.low) || (value.high && *value.high < value.value)) {
      context.error(node, "the value lies outside its own low..high range");
    }
  }
}

template <Dimension D>
void parse_quantity_node(ParseContext& context, const Node& node, Quantity<D>& value) {
  const ParsedQuantity parsed = parse_quantity(node.text, D);
  if (!parsed.reason.empty()) {
    context.error(node, parsed.reason);
    return;
  }
  constexpr bool kMayBeZero =
      D == Seconds::dimension || D == Joules::dimension || D == Dollars::dimension;
  if (parsed.value < 0 || (parsed.value == 0 && !kMayBeZero)) {
    context.error(node, fmt::format("'{}' must be {}", node.text,
                                    kMayBeZero ? "zero or more" : "above zero"));
    return;
  }
  value.value = parsed.value;
}

template <class T>
void parse_number(ParseContext& context, const Node& node, T& value) {
  if constexpr (std::integral<T>) {
    const std::optional<std::int64_t> parsed = parse_int64(node.text);
    if (!parsed || node.is_quoted) {
      context.error(node, fmt::format("expected a whole number, found {}", describe(node)));
    } else if (*parsed < 0 || *parsed > std::numeric_limits<T>::max()) {
      context.error(node, fmt::format("{} is out of range", node.text));
    } else {
      value = static_cast<T>(*parsed);
    }
  } else {
    const std::optional<double> parsed = parse_double(node.text);
    if (!parsed || node.is_quoted) {
      context.error(node, fmt::format("expected a finite number, found {}", describe(node)));
    } else if (*parsed < 0) {
      context.error(node, fmt::format("{} must be zero or more", node.text));
    } else {
      value = *parsed;
    }
  }
}

template <class E>
void parse_enum(ParseContext& context, const std::string& text, const Node& at, E& value) {
  if (const std::optional<E> parsed = enum_value<E>(text)) {
    value = *parsed;
    return;
  }
  const std::vector<std::string_view> names = enum_names<E>();
  context.error(at, fmt::format("'{}' is not one of {}{}", text,
                                join(std::span<const std::string_view>(names), ", "),
                                did_you_mean(text, std::span<const std::string_view>(names))));
}

template <class Key, class T>
void parse_map(ParseContext& context, const Node& node, std::map<Key, T>& value) {
  if (!node.is_map()) {
    context.error(node, fmt::format("expected a map, found {}", describe(node)));
    return;
  }
  for (const Node::Entry& entry : node.entries) {
    if constexpr (std::is_enum_v<Key>) {
      Key key{};
      Node at = entry.value;
      at.line = entry.line;
      at.column = entry.column;
      parse_enum(context, entry.key, at, key);
      parse_value(context, entry.value, value[key]);
    } else {
      parse_value(context, entry.value, value[entry.key]);
    }
  }
}

template <class T>
void parse_list(ParseContext& context, const Node& node, std::vector<T>& value) {
  value.clear();
  if (!node.is_sequence()) {
    context.error(node, fmt::format("expected a list, found {}", describe(node)));
    return;
  }
  value.reserve(node.items.size());
  for (const Node& item : node.items) {
    parse_value(context, item, value.emplace_back());
  }
}

template <class T>
void parse_scalar(ParseContext& context, const Node& node, T& value) {
  if (!node.is_scalar()) {
    context.error(node, fmt::format("expected a single value, found {}", describe(node)));
  } else if constexpr (std::same_as<T, std::string>) {
    value = node.text;
  } else if constexpr (std::same_as<T, bool>) {
    if (node.text != "true" && node.text != "false") {
      context.error(node, fmt::format("expected true or false, found {}", describe(node)));
    }
    value = node.text == "true";
  } else if constexpr (std::is_enum_v<T>) {
    parse_enum(context, node.text, node, value);
  } else if constexpr (is_quantity<T>) {
    parse_quantity_node(context, node, value);
  } else {
    parse_number(context, node, value);
  }
}

}  // namespace detail

template <class T>
void parse_value(ParseContext& context, const Node& node, T& value) {
  if constexpr (detail::is_sourced<T>) {
    detail::parse_sourced(context, node, value);
  } else if constexpr (detail::is_optional<T>) {
    parse_value(context, node, value.emplace());
  } else if constexpr (detail::is_vector<T>) {
    detail::parse_list(context, node, value);
  } else if constexpr (detail::is_map<T>) {
    detail::parse_map(context, node, value);
  } else if constexpr (detail::HasFields<T>) {
    detail::parse_struct(context, node, value);
  } else {
    detail::parse_scalar(context, node, value);
  }
}

// The whole document as one struct; throws Error with every diagnostic of the file.
template <class T>
T parse_document(const Document& document) {
  ParseContext context{document, {}};
  T value{};
  if (document.root.is_null()) {
    fail(fmt::format("the file is empty; a {} was expected", T::kTypeName), {document.file, 1, 1});
  }
  parse_value(context, document.root, value);
  context.diagnostics.throw_if_any();
  return value;
}

}  // namespace moru
