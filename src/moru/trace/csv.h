// The rows of a CSV text, read in place: fields are views into the buffer, nothing is allocated per
// row. Other columns than the wanted ones may stand anywhere and are passed over.
#pragma once

#include "moru/base/error.h"
#include "moru/base/units.h"
#include "moru/trace/format.h"

#include <array>
#include <span>
#include <string_view>

namespace moru {

class CsvRows {
 public:
  static constexpr std::size_t kMostColumns = 8;

  // Reads the header. Throws Error if one of `wanted` (at most kMostColumns) is not in it.
  CsvRows(const TraceText& source, std::string_view format,
          std::span<const std::string_view> wanted);

  // Goes to the next row that is not blank; false at the end. Throws Error if the row ends before
  // the last wanted column.
  bool next();

  // Fields by their place in `wanted`.
  std::string_view field(std::size_t i) const { return fields_[i]; }
  // A length in tokens. Throws Error unless it is a whole number from 0 to kLongestLength ("374.0"
  // is one: pandas writes it).
  std::int32_t tokens(std::size_t i) const;
  SimTime seconds(std::size_t i) const;
  // Nanoseconds since 1970.
  SimTime timestamp(std::size_t i) const;

  [[noreturn]] void fail_at(std::size_t i, const std::string& message) const;
  // How many rows remain, from the length of the first: for reserve().
  std::size_t estimated_rows() const;

 private:
  [[noreturn]] void fail_short(std::size_t fields) const;
  void split_row(std::string_view row);

  std::string name_;
  std::span<const std::string_view> wanted_;
  std::array<int, kMostColumns> position_{};  // of each wanted column in the header
  std::array<int, 64> slot_{};                // wanted column at each position, or -1
  std::array<std::string_view, kMostColumns> fields_{};
  std::size_t last_position_ = 0;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const char* line_begin_ = nullptr;
  int line_ = 0;
};

}  // namespace moru
