// struct -> JSON Schema (draft 2020-12), by the struct's fields(): editor completion for moru's
// files.
#pragma once

#include "moru/base/fields.h"
#include "moru/base/json_writer.h"

#include <concepts>

namespace moru {

template <class T>
void write_schema(JsonWriter& json, std::string_view doc);

namespace detail {

class SchemaFields {
 public:
  explicit SchemaFields(JsonWriter& json) : json_(json) {}
  template <class T>
  void required(std::string_view name, T&, std::string_view doc) {
    required_.emplace_back(name);
    json_.key(name);
    write_schema<std::remove_const_t<T>>(json_, doc);
  }
  template <class T>
  void optional(std::string_view name, T&, std::string_view doc) {
    json_.key(name);
    write_schema<std::remove_const_t<T>>(json_, doc);
  }
  const std::vector<std::string>& required_names() const { return required_; }

 private:
  JsonWriter& json_;
  std::vector<std::string> required_;
};

template <class T>
void write_struct_schema(JsonWriter& json) {
  json.field("type", "object").field("additionalProperties", false).key("properties");
  json.begin_object();
  SchemaFields visitor(json);
  T example{};
  T::fields(visitor, example);
  json.end_object();
  json.key("required").begin_array();
  for (const std::string& name : visitor.required_names()) {
    json.value(name);
  }
  json.end_array();
}

template <class T>
void write_type(JsonWriter& json) {
  if constexpr (std::same_as<T, bool>) {
    json.field("type", "boolean");
  } else if constexpr (std::integral<T>) {
    json.field("type", "integer").field("minimum", 0);
  } else if constexpr (std::floating_point<T>) {
    json.field("type", "number").field("minimum", 0);
  } else if constexpr (is_quantity<T>) {
    json.field("type", "string").field("pattern", unit_pattern(T::dimension));
  } else if constexpr (std::is_enum_v<T>) {
    json.key("enum").begin_array();
    for (const std::string_view name : enum_names<T>()) {
      json.value(name);
    }
    json.end_array();
  } else {
    json.field("type", "string");
  }
}

template <class T>
void write_sourced_schema(JsonWriter& json) {
  json.key("anyOf").begin_array();
  write_schema<T>(json, "");
  json.begin_object().field("type", "object").field("additionalProperties", false);
  json.key("properties").begin_object();
  for (const std::string_view name : {"value", "low", "high"}) {
    json.key(name);
    write_schema<T>(json, "");
  }
  for (const std::string_view name : {"source", "trust"}) {
    json.key(name);
    write_schema<std::string>(json, "");
  }
  json.end_object();
  json.key("required").begin_array().value("value").end_array().end_object().end_array();
}

template <class T>
struct MapValue;
template <class K, class T>
struct MapValue<std::map<K, T>> {
  using Key = K;
  using Value = T;
};

template <class T>
void write_map_schema(JsonWriter& json) {
  json.field("type", "object");
  if constexpr (std::is_enum_v<typename MapValue<T>::Key>) {
    json.key("propertyNames").begin_object().key("enum").begin_array();
    for (const std::string_view name : enum_names<typename MapValue<T>::Key>()) {
      json.value(name);
    }
    json.end_array().end_object();
  }
  json.key("additionalProperties");
  write_schema<typename MapValue<T>::Value>(json, "");
}

}  // namespace detail

template <class T>
void write_schema(JsonWriter& json, std::string_view doc) {
  if constexpr (detail::is_optional<T>) {
    write_schema<typename T::value_type>(json, doc);
  } else {
    json.begin_object();
    if (!doc.empty()) {
      json.field("description", doc);
    }
    if constexpr (detail::is_sourced<T>) {
      detail::write_sourced_schema<typename T::Value>(json);
    } else if constexpr (detail::is_vector<T>) {
      json.field("type", "array").key("items");
      write_schema<typename T::value_type>(json, "");
    } else if constexpr (detail::is_map<T>) {
      detail::write_map_schema<T>(json);
    } else if constexpr (detail::HasFields<T>) {
      detail::write_struct_schema<T>(json);
    } else {
      detail::write_type<T>(json);
    }
    json.end_object();
  }
}

// The schema of a whole file.
template <class T>
std::string file_schema(std::string_view title) {
  JsonWriter json;
  json.begin_object()
      .field("$schema", "https://json-schema.org/draft/2020-12/schema")
      .field("title", title);
  detail::write_struct_schema<T>(json);
  json.end_object();
  return json.take();
}

}  // namespace moru
