// Request traces in the formats in which they are published, read into one Trace.
//
// Each format is one self-registering file under format/. A file is recognised by its header line
// or its JSON keys, so that a path is all a person has to give.
#pragma once

#include "moru/trace/request.h"

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

// The longest prompt or answer that is believed; beyond it a column was mistaken for a length.
inline constexpr std::int64_t kLongestLength = 10'000'000;

// A whole trace in memory, without byte order mark; at least 64 readable bytes follow the text
// (simdjson reads that far past the end).
struct TraceText {
  std::string name;  // as errors print it
  std::string_view text;
};

// What a format may look at to recognise its files.
struct Sniff {
  std::string_view head;                  // the first 64 KiB
  std::vector<std::string_view> columns;  // of the first line; empty if the text is JSON

  bool has_columns(std::span<const std::string_view> names) const;
  bool has_column(std::string_view name) const;
  // `"name"` stands in the head of a JSON text.
  bool has_key(std::string_view name) const;
};
Sniff sniff(std::string_view text);

class TraceFormat {
 public:
  virtual ~TraceFormat() = default;
  // The columns or keys without which a file is not of this format.
  virtual std::span<const std::string_view> columns() const = 0;
  virtual bool recognises(const Sniff& sniff) const = 0;
  // Requests in file order with absolute arrivals; read_trace() sorts and shifts them. Throws Error
  // with file and line.
  virtual Trace read(const TraceText& source) const = 0;

  // Formats that other tools take; write() appends the whole file to `out`.
  virtual bool can_write() const { return false; }
  virtual void write(const Trace& trace, std::string& out) const;
};

// Reads a file ("-" is standard input, .zst is decompressed) in the named format, or in the one
// that recognises it. Arrivals come out sorted and from the first; zero lengths are raised to one
// and counted. Throws Error (file:line:column and the way out).
Trace read_trace(const std::string& path, std::string_view format = "");
// The same from text under a given name.
Trace parse_trace(std::string text, const std::string& name, std::string_view format = "");

// Writes to a file ("-" is standard output; a name that ends in .zst is compressed). Throws Error
// if the format cannot be written or needs arrivals that the trace does not have.
void write_trace(const Trace& trace, const std::string& path, std::string_view format);
std::vector<std::string> writable_formats();

// "azure needs column 'TIMESTAMP' …": which columns are missing and which header names are near.
std::string missing_columns(std::string_view format, std::span<const std::string_view> wanted,
                            std::span<const std::string_view> header);

}  // namespace moru
