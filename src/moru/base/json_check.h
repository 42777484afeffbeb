// Where a JSON text stops being JSON, for the message: simdjson says what is wrong but not where.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace moru {

struct JsonFault {
  std::size_t offset = 0;
  std::string_view reason;
};

// The first fault of `text` by the grammar of RFC 8259, or nothing if it has none. A number that
// fits neither 64-bit integers nor doubles is a fault, too; encoding and lone surrogates are not
// checked.
std::optional<JsonFault> find_json_fault(std::string_view text);

}  // namespace moru
