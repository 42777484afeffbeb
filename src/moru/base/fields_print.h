// struct -> rows a person reads (`moru show`) and JSON (the echo inside a report), by fields().
#pragma once

#include "moru/base/fields.h"
#include "moru/base/json_writer.h"

#include <fmt/format.h>

#include <concepts>

namespace moru {

// One line of `moru show`: where the value stands, what it is, its range, its source, its meaning.
struct FieldRow {
  std::string path;
  std::string value;
  std::string range;
  std::string source;
  std::string trust;
  std::string doc;
};

template <class T>
std::string value_text(const T& value) {
  if constexpr (std::same_as<T, std::string>) {
    return value;
  } else if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (is_quantity<T>) {
    return format_stated(value.value, T::dimension);
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(enum_name(value));
  } else {
    return fmt::format("{}", value);
  }
}

template <class T>
void append_rows(std::vector<FieldRow>& rows, const std::string& path, const T& value,
                 std::string_view doc);

namespace detail {

class RowFields {
 public:
  RowFields(std::vector<FieldRow>& rows, std::string prefix)
      : rows_(rows), prefix_(std::move(prefix)) {}
  template <class T>
  void required(std::string_view name, const T& member, std::string_view doc) {
    append_rows(rows_, prefix_ + std::string(name), member, doc);
  }
  template <class T>
  void optional(std::string_view name, const T& member, std::string_view doc) {
    required(name, member, doc);
  }

 private:
  std::vector<FieldRow>& rows_;
  std::string prefix_;
};

template <class T>
void append_sourced(std::vector<FieldRow>& rows, const std::string& path, const Sourced<T>& value,
                    std::string_view doc) {
  FieldRow row{path, value_text(value.value), "", value.source, value.trust, std::string(doc)};
  if (value.low || value.high) {
    row.range = fmt::format("{}..{}", value_text(value.low.value_or(value.value)),
                            value_text(value.high.value_or(value.value)));
  }
  rows.push_back(std::move(row));
}

template <class Key>
std::string key_text(const Key& key) {
  if constexpr (std::is_enum_v<Key>) {
    return std::string(enum_name(key));
  } else {
    return key;
  }
}

class JsonFields {
 public:
  explicit JsonFields(JsonWriter& json) : json_(json) {}
  template <class T>
  void required(std::string_view name, const T& member, std::string_view);
  template <class T>
  void optional(std::string_view name, const T& member, std::string_view doc) {
    required(name, member, doc);
  }

 private:
  JsonWriter& json_;
};

}  // namespace detail

template <class T>
void append_rows(std::vector<FieldRow>& rows, const std::string& path, const T& value,
                 std::string_view doc) {
  if constexpr (detail::is_sourced<T>) {
    detail::append_sourced(rows, path, value, doc);
  } else if constexpr (detail::is_optional<T>) {
    if (value) {
      append_rows(rows, path, *value, doc);
    }
  } else if constexpr (detail::is_vector<T>) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      append_rows(rows, fmt::format("{}[{}]", path, i), value[i], doc);
    }
  } else if constexpr (detail::is_map<T>) {
    for (const auto& [key, item] : value) {
      append_rows(rows, fmt::format("{}.{}", path, detail::key_text(key)), item, doc);
    }
  } else if constexpr (detail::HasFields<T>) {
    detail::RowFields visitor(rows, path.empty() ? "" : path + ".");
    T::fields(visitor, value);
  } else {
    rows.push_back({path, value_text(value), "", "", "", std::string(doc)});
  }
}

// Writes a struct as a JSON object; quantities become text with a unit, absent optionals are left
// out.
template <class T>
void write_json(JsonWriter& json, const T& value) {
  if constexpr (detail::is_sourced<T>) {
    write_json(json, value.value);
  } else if constexpr (detail::is_vector<T>) {
    json.begin_array();
    for (const auto& item : value) {
      write_json(json, item);
    }
    json.end_array();
  } else if constexpr (detail::is_map<T>) {
    json.begin_object();
    for (const auto& [key, item] : value) {
      json.key(detail::key_text(key));
      write_json(json, item);
    }
    json.end_object();
  } else if constexpr (detail::HasFields<T>) {
    json.begin_object();
    detail::JsonFields visitor(json);
    T::fields(visitor, value);
    json.end_object();
  } else if constexpr (std::is_arithmetic_v<T>) {
    json.value(value);
  } else {
    json.value(value_text(value));
  }
}

template <class T>
void detail::JsonFields::required(std::string_view name, const T& member, std::string_view) {
  if constexpr (is_optional<T>) {
    if (member) {
      json_.key(name);
      write_json(json_, *member);
    }
  } else {
    json_.key(name);
    write_json(json_, member);
  }
}

}  // namespace moru
