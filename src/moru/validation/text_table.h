// A CSV file of somebody else's making, read leniently: columns by name in any order, extra ones
// passed over, cells that are empty or no number are simply absent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

class TextTable {
 public:
  // The text must outlive the table. `name` is for messages.
  TextTable(std::string name, std::string text);

  const std::string& name() const { return name_; }
  std::size_t rows() const { return rows_.size(); }
  bool has(std::string_view column) const { return columns_.contains(column); }
  bool has_all(std::initializer_list<std::string_view> columns) const;

  // Empty where the column does not exist or the row is short.
  std::string_view text(std::size_t row, std::string_view column) const;
  // Finite numbers only.
  std::optional<double> number(std::size_t row, std::string_view column) const;
  // Whole numbers from 1 to kMostCounted; nothing for others, which are no sizes or degrees.
  static constexpr double kMostCounted = 1e7;
  std::optional<std::int64_t> count(std::size_t row, std::string_view column) const;
  // A line number for messages; the header is line 1.
  int line(std::size_t row) const { return lines_[row]; }

 private:
  std::string name_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<int> lines_;
};

}  // namespace moru
