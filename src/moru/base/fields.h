// One declaration per field.
//
// A struct that appears in files states its fields once:
//
//   struct Link {
//     static constexpr std::string_view kTypeName = "link";
//     std::string name;
//     Sourced<BytesPerSecond> bandwidth;
//     template <class V> static void fields(V& v, auto& x) {
//       v.required("name", x.name, "what the vendor calls it");
//       v.required("bandwidth", x.bandwidth, "bytes per second in one direction");
//     }
//     void validate(const FieldCheck& check) const;   // optional: what no single field can say
//   };
//
// The parser with its unknown-key error and unit check (fields_parse.h), the JSON Schema
// (fields_schema.h), the printed explanation and the JSON echo (fields_print.h) all come from it.
#pragma once

#include "moru/base/units.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace moru {

// A value that says where it comes from. In a file either the bare value or a map:
//   bandwidth: 3.35 TB/s
//   bandwidth: {value: 3.35 TB/s, low: 3.2 TB/s, high: 3.35 TB/s, source: datasheet, trust: S}
// `source` may name an entry of the file's `sources:`. `trust`: S read in a primary page or a
// parsed file, V rule wording seen quoted, T secondary text, M recalled and not re-read, E
// third-party estimate, D derived.
template <class T>
struct Sourced {
  using Value = T;
  T value{};
  std::optional<T> low;
  std::optional<T> high;
  std::string source;
  std::string trust;

  Sourced() = default;
  Sourced(T v) : value(v) {}                   // NOLINT: a plain value is a value without a source
  operator const T&() const { return value; }  // NOLINT
  const T& operator*() const { return value; }
};

// Whether the text is one of the flags above.
constexpr bool is_trust_flag(std::string_view text) {
  return text.size() == 1 && std::string_view("SVTMED").find(text) != std::string_view::npos;
}

// Specialise for every enum that appears in files: `values`, an array of {text, value}.
template <class E>
struct EnumNames;

template <class E>
std::string_view enum_name(E value) {
  for (const auto& [name, candidate] : EnumNames<E>::values) {
    if (candidate == value) {
      return name;
    }
  }
  return "?";
}

template <class E>
std::optional<E> enum_value(std::string_view text) {
  for (const auto& [name, candidate] : EnumNames<E>::values) {
    if (name == text) {
      return candidate;
    }
  }
  return std::nullopt;
}

template <class E>
std::vector<std::string_view> enum_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, ignored] : EnumNames<E>::values) {
    names.push_back(name);
  }
  return names;
}

namespace detail {
template <class T>
inline constexpr bool is_sourced = false;
template <class T>
inline constexpr bool is_sourced<Sourced<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
// Maps from a name or an enum to a value.
template <class T>
inline constexpr bool is_map = false;
template <class K, class T>
inline constexpr bool is_map<std::map<K, T>> = true;
template <class T>
concept HasFields = requires { T::kTypeName; };
}  // namespace detail

}  // namespace moru
