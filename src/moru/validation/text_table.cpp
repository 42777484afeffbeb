#include "moru/validation/text_table.h"

#include "moru/base/error.h"
#include "moru/base/text.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace moru {
namespace {

// One record from `at` on (RFC 4180: quoted cells may hold commas, line ends and doubled quotes).
std::vector<std::string> next_record(std::string_view text, std::size_t& at, int& line,
                                     bool& is_quoted) {
  std::vector<std::string> cells(1);
  is_quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    line += c == '\n' ? 1 : 0;
    if (is_quoted) {
      if (c != '"') {
        cells.back() += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        cells.back() += '"';
        ++at;
      } else {
        is_quoted = false;
      }
    } else if (c == '"') {
      is_quoted = true;
    } else if (c == ',') {
      cells.emplace_back();
    } else if (c == '\n') {
      ++at;
      break;
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

bool is_blank(const std::vector<std::string>& cells) {
  return cells.size() == 1 && cells.front().empty();
}

}  // namespace

TextTable::TextTable(std::string name, std::string text) : name_(std::move(name)) {
  std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  int line = 1;
  bool is_open = false;
  const std::vector<std::string> header = next_record(text, at, line, is_open);
  if (is_blank(header)) {
    fail("the file is empty; expected a CSV header", {name_, 1, 0});
  }
  for (std::size_t i = 0; i < header.size(); ++i) {
    columns_.emplace(trim(header[i]), i);
  }
  while (at < text.size()) {
    const int start = line;
    std::vector<std::string> cells = next_record(text, at, line, is_open);
    if (is_open) {
      fail("a quoted cell is not closed; close it with '\"'", {name_, start, 0});
    }
    if (!is_blank(cells)) {
      rows_.push_back(std::move(cells));
      lines_.push_back(start);
    }
  }
}

bool TextTable::has_all(std::initializer_list<std::string_view> columns) const {
  return std::all_of(columns.begin(), columns.end(),
                     [this](std::string_view column) { return has(column); });
}

std::string_view TextTable::text(std::size_t row, std::string_view column) const {
  const auto found = columns_.find(column);
  if (found == columns_.end() || found->second >= rows_[row].size()) {
    return {};
  }
  return rows_[row][found->second];
}

std::optional<double> TextTable::number(std::size_t row, std::string_view column) const {
  const std::string cell(text(row, column));
  char* end = nullptr;
  const double value = std::strtod(cell.c_str(), &end);
  if (cell.empty() || *end != '\0' || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> TextTable::count(std::size_t row, std::string_view column) const {
  const auto value = number(row, column);
  return value && *value >= 1 && *value <= kMostCounted && *value == std::floor(*value)
             ? std::optional(static_cast<std::int64_t>(*value))
             : std::nullopt;
}

}  // namespace moru
