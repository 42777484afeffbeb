// What `moru show` prints: tables whose cells are text for a person and values for a program.
#pragma once

#include "moru/base/fields_print.h"
#include "moru/base/table.h"

#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace moru {

struct Column {
  std::string key;      // in JSON
  std::string heading;  // in text; an empty one is left out of the text
  Align align = Align::left;
  bool is_footnote = false;  // text shows [1] and lists the distinct values below
};

struct Cell {
  std::string text;
  std::variant<std::monostate, std::string, double, bool> value;  // monostate: not known

  Cell() = default;
  Cell(std::string content)  // NOLINT: text is a cell
      : text(std::move(content)), value(text) {}
  Cell(std::string_view content) : Cell(std::string(content)) {}  // NOLINT
  Cell(const char* content) : Cell(std::string(content)) {}       // NOLINT
  Cell(std::string shown, bool flag) : text(std::move(shown)), value(flag) {}
  template <class T>
    requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
  Cell(std::string shown, T number) : text(std::move(shown)), value(static_cast<double>(number)) {}
};

// A table, or a list of lines if there is one column; a list without a heading is left out of the
// text.
struct Section {
  std::string key;
  std::string heading;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

struct Page {
  std::string kind;   // "chips", "chip", …
  std::string id;     // of a single thing
  std::string title;  // printed above; "" for lists
  std::vector<Section> sections;
};

std::string page_text(const Page& page);
// Schema moru/show/1: kind, id, and one array per section.
std::string page_json(const Page& page);

// "8.03B", "494M".
std::string count_text(double count);
// The fields of a struct as a table; notes, sources and other lists of words are left to the
// caller.
Section field_section(const std::vector<FieldRow>& rows);
Section line_section(std::string key, std::string heading, const std::vector<std::string>& lines);

}  // namespace moru
