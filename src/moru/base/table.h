// Text tables for a terminal: columns as wide as their widest cell, Hangul counted as two columns.
#pragma once

#include <string>
#include <vector>

namespace moru {

enum class Align { left, right };

class Table {
 public:
  explicit Table(std::vector<std::string> header, std::vector<Align> align = {});
  void row(std::vector<std::string> cells);
  // A line of dashes before the next row.
  void rule();
  std::string text() const;

 private:
  std::vector<std::string> header_;
  std::vector<Align> align_;                    // missing ones: first column left, others right
  std::vector<std::vector<std::string>> rows_;  // an empty row is a rule
};

}  // namespace moru
