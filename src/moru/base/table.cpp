#include "moru/base/table.h"

#include "moru/base/text.h"

#include <algorithm>

namespace moru {

Table::Table(std::vector<std::string> header, std::vector<Align> align)
    : header_(std::move(header)), align_(std::move(align)) {
  while (align_.size() < header_.size()) {
    align_.push_back(align_.empty() ? Align::left : Align::right);
  }
}

void Table::row(std::vector<std::string> cells) {
  cells.resize(header_.size());
  rows_.push_back(std::move(cells));
}

void Table::rule() { rows_.emplace_back(); }

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const std::string& cell : header_) {
    widths.push_back(display_width(cell));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  std::string text;
  const auto append_row = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string& cell = cells[i];
      const std::string padding(widths[i] - display_width(cell), ' ');
      line += i == 0 ? "" : "  ";
      line += align_[i] == Align::left ? cell + padding : padding + cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  std::size_t total = 0;
  for (const std::size_t width : widths) {
    total += width + 2;
  }
  total -= std::min<std::size_t>(total, 2);
  append_row(header_);
  text += std::string(total, '-') + "\n";
  for (const auto& row : rows_) {
    if (row.empty()) {
      text += std::string(total, '-') + "\n";
    } else {
      append_row(row);
    }
  }
  return text;
}

}  // namespace moru
