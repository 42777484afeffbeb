#include "moru/validation/ops_rows.h"

#include "moru/base/error.h"
#include "moru/base/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace moru {
namespace {
namespace fs = std::filesystem;

constexpr std::array<std::string_view, kOpFields> kNumbers = {"m",
                                                              "n",
                                                              "k",
                                                              "batch",
                                                              "seq_q",
                                                              "seq_kv",
                                                              "seq",
                                                              "heads",
                                                              "heads_q",
                                                              "heads_kv",
                                                              "head_dim",
                                                              "v_head_dim",
                                                              "window",
                                                              "prefill_chunk",
                                                              "prefill_kv_prev",
                                                              "decode_batch",
                                                              "decode_kv",
                                                              "tp",
                                                              "tokens",
                                                              "hidden",
                                                              "inter",
                                                              "topk",
                                                              "experts",
                                                              "gated",
                                                              "ep",
                                                              "ranks",
                                                              "bytes",
                                                              "nodes",
                                                              "sms",
                                                              "width",
                                                              "latency_us"};

using Text = std::string_view MeasuredOp::*;
constexpr std::pair<std::string_view, Text> kTexts[] = {
    {"dtype", &MeasuredOp::dtype},           {"kv_dtype", &MeasuredOp::kv_dtype},
    {"gemm_dtype", &MeasuredOp::gemm_dtype}, {"op", &MeasuredOp::name},
    {"phase", &MeasuredOp::phase},           {"detail", &MeasuredOp::detail},
    {"topology", &MeasuredOp::topology},     {"distribution", &MeasuredOp::distribution},
    {"source", &MeasuredOp::source}};

struct Column {
  int number = -1;
  Text text = nullptr;
};

Column column_named(std::string_view name) {
  Column column;
  const auto found = std::find(kNumbers.begin(), kNumbers.end(), name);
  if (found != kNumbers.end()) {
    column.number = static_cast<int>(found - kNumbers.begin());
  }
  for (const auto& [known, text] : kTexts) {
    if (known == name) {
      column.text = text;
    }
  }
  return column;
}

// The next cell of `line`, which loses it. Cells may be quoted; quotes inside are not used by these
// files.
std::string_view next_cell(std::string_view& line) {
  if (!line.empty() && line.front() == '"') {
    const std::size_t end = line.find('"', 1);
    const std::string_view cell = line.substr(1, end == line.npos ? line.npos : end - 1);
    const std::size_t comma = end == line.npos ? line.npos : line.find(',', end);
    line = comma == line.npos ? std::string_view() : line.substr(comma + 1);
    return cell;
  }
  const std::size_t comma = line.find(',');
  const std::string_view cell = line.substr(0, comma);
  line = comma == line.npos ? std::string_view() : line.substr(comma + 1);
  return cell;
}

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text = end == text.npos ? std::string_view() : text.substr(end + 1);
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  return line;
}

std::vector<std::string> sorted_names(const fs::path& folder, bool want_folders) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (want_folders && entry.is_directory()) {
      names.push_back(entry.path().filename().string());
    } else if (!want_folders && entry.path().extension() == ".csv") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string_view MeasuredOp::backend() const {
  std::string_view rest = source;
  const std::size_t first = rest.find(':');
  const std::string_view origin = rest.substr(0, first);
  if (origin != "aic" || first == rest.npos) {
    return origin;
  }
  rest.remove_prefix(first + 1);
  return rest.substr(0, rest.find(':'));
}

void read_measured_ops(const std::string& path,
                       const std::function<void(const MeasuredOp&)>& take) {
  const std::string content = read_file(path);
  std::string_view text = content;
  std::string_view header = next_line(text);
  std::vector<Column> columns;
  while (!header.empty()) {
    columns.push_back(column_named(next_cell(header)));
  }
  int line_number = 1;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    ++line_number;
    if (line.empty()) {
      continue;
    }
    MeasuredOp row;
    row.line = line;
    for (const Column& column : columns) {
      const std::string_view cell = next_cell(line);
      if (column.text != nullptr) {
        row.*column.text = cell;
      }
      if (column.number < 0 || cell.empty()) {
        continue;
      }
      double& value = row.number[static_cast<std::size_t>(column.number)];
      const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      if (error != std::errc() || end != cell.data() + cell.size()) {
        fail(fmt::format("{}:{}: '{}' is not a number", path, line_number, cell));
      }
    }
    take(row);
  }
}

std::vector<std::string> measured_chips(const std::string& folder) {
  return sorted_names(folder, true);
}

std::vector<std::string> measured_operators(const std::string& folder, const std::string& chip) {
  return sorted_names(fs::path(folder) / chip, false);
}

}  // namespace moru
