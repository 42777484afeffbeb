#include "moru/report/page.h"

#include "moru/base/json_writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

// Long texts that repeat (sources) are numbered and printed once.
class Footnotes {
 public:
  std::string mark(const std::string& text) {
    if (text.empty()) {
      return "";
    }
    auto found = std::find(texts_.begin(), texts_.end(), text);
    if (found == texts_.end()) {
      found = texts_.insert(found, text);
    }
    return fmt::format("[{}]", found - texts_.begin() + 1);
  }
  std::string text() const {
    std::string all;
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      all += fmt::format("[{}] {}\n", i + 1, texts_[i]);
    }
    return all;
  }

 private:
  std::vector<std::string> texts_;
};

std::string table_text(const Section& section, Footnotes& footnotes) {
  std::vector<std::string> headings;
  std::vector<Align> aligns;
  for (const Column& column : section.columns) {
    if (!column.heading.empty()) {
      headings.push_back(column.heading);
      aligns.push_back(column.align);
    }
  }
  Table table(headings, aligns);
  for (const std::vector<Cell>& row : section.rows) {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < section.columns.size(); ++i) {
      const Column& column = section.columns[i];
      if (!column.heading.empty()) {
        cells.push_back(column.is_footnote ? footnotes.mark(row[i].text) : row[i].text);
      }
    }
    table.row(std::move(cells));
  }
  return table.text();
}

void write_cell(JsonWriter& json, const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell.value)) {
    json.value(*text);
  } else if (const auto* number = std::get_if<double>(&cell.value)) {
    json.value(*number);
  } else if (const auto* flag = std::get_if<bool>(&cell.value)) {
    json.value(*flag);
  } else {
    json.null();
  }
}

}  // namespace

std::string page_text(const Page& page) {
  std::string text = page.title.empty() ? "" : page.title + "\n\n";
  Footnotes footnotes;
  bool is_first = true;
  for (const Section& section : page.sections) {
    const bool is_list = section.columns.size() == 1;
    if (section.rows.empty() || (is_list && section.heading.empty())) {
      continue;
    }
    text += is_first ? "" : "\n";
    is_first = false;
    if (is_list) {
      text += section.heading + "\n";
      for (const std::vector<Cell>& row : section.rows) {
        text += "- " + row.front().text + "\n";
      }
    } else {
      text += section.heading.empty() ? "" : section.heading + "\n";
      text += table_text(section, footnotes);
    }
  }
  const std::string sources = footnotes.text();
  return sources.empty() ? text : text + "\n" + sources;
}

std::string page_json(const Page& page) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/show/1").field("kind", page.kind);
  if (!page.id.empty()) {
    json.field("id", page.id);
  }
  for (const Section& section : page.sections) {
    json.key(section.key).begin_array();
    for (const std::vector<Cell>& row : section.rows) {
      if (section.columns.size() == 1) {
        write_cell(json, row.front());
        continue;
      }
      json.begin_object();
      for (std::size_t i = 0; i < section.columns.size(); ++i) {
        json.key(section.columns[i].key);
        write_cell(json, row[i]);
      }
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return json.take();
}

std::string count_text(double count) {
  const struct {
    double size;
    const char* suffix;
  } kSteps[] = {{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}};
  for (const auto& step : kSteps) {
    if (count >= step.size) {
      const double scaled = count / step.size;
      const int digits = scaled < 10 ? 2 : scaled < 100 ? 1 : 0;
      return fmt::format("{:.{}f}{}", scaled, digits, step.suffix);
    }
  }
  return fmt::format("{:.0f}", count);
}

Section field_section(const std::vector<FieldRow>& rows) {
  Section section{"fields",
                  "",
                  {{"field", "field"},
                   {"value", "value"},
                   {"range", "range"},
                   {"trust", "trust"},
                   {"source", "source", Align::left, true},
                   {"meaning", "meaning"}},
                  {}};
  for (const FieldRow& row : rows) {
    section.rows.push_back({row.path, row.value, row.range, row.trust, row.source, row.doc});
  }
  return section;
}

Section line_section(std::string key, std::string heading, const std::vector<std::string>& lines) {
  Section section{std::move(key), std::move(heading), {{"text", "text"}}, {}};
  for (const std::string& line : lines) {
    section.rows.push_back({line});
  }
  return section;
}

}  // namespace moru
