#include "moru/trace/format.h"

#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/base/registry.h"
#include "moru/base/text.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <limits>

namespace moru {
namespace {

using Formats = Registry<TraceFormat>;

constexpr std::size_t kHead = std::size_t{64} << 10;
constexpr std::size_t kPadding = 64;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

void refuse_binary(std::string_view text, const std::string& name) {
  constexpr std::string_view kGzip = "\x1F\x8B";
  constexpr std::string_view kXz = "\xFD\x37\x7A\x58\x5A";
  if (text.starts_with(kGzip)) {
    fail(fmt::format("is compressed with gzip; give `gunzip -c {} | moru … -`", name),
         {name, 0, 0});
  }
  if (text.starts_with(kXz)) {
    fail(fmt::format("is compressed with xz; give `xz -dc {} | moru … -`", name), {name, 0, 0});
  }
  const std::string_view head = text.substr(0, kHead);
  if (head.find('\0') != std::string_view::npos) {
    fail("is a binary file (or UTF-16 text), not a trace; traces are UTF-8 CSV or JSON",
         {name, 0, 0});
  }
}

// The format whose columns the header has most of, for the message.
std::string nearest_format(const Sniff& seen) {
  std::string best;
  std::size_t best_score = 0;
  for (const auto& [name, entry] : Formats::entries()) {
    const auto format = entry.make();
    std::size_t score = 0;
    for (const std::string_view column : format->columns()) {
      const bool is_there = seen.has_column(column);
      const bool is_near =
          !is_there &&
          !did_you_mean(column, std::span<const std::string_view>(seen.columns)).empty();
      score += is_there ? 2 : is_near ? 1 : 0;
    }
    if (score > best_score) {
      best_score = score;
      best = name;
    }
  }
  return best;
}

[[noreturn]] void fail_unknown(const Sniff& seen, const std::string& name) {
  constexpr std::string_view kWayOut = "; --trace-format names the format of a file";
  if (const std::string near = nearest_format(seen); !near.empty()) {
    const auto format = Formats::make(near, "trace format");
    fail(fmt::format("{}{}", missing_columns(near, format->columns(), seen.columns), kWayOut),
         {name, 1, 1});
  }
  const std::vector<std::string> names = Formats::names();
  const std::string_view what = seen.columns.empty() ? "JSON keys" : "columns";
  constexpr std::size_t kShown = 60;
  const std::string_view line = trim(first_line(seen.head));
  fail(fmt::format("no trace format has these {}: '{}{}'; known: {}{}", what,
                   line.substr(0, kShown), line.size() > kShown ? "…" : "",
                   join(std::span<const std::string>(names), ", "), kWayOut),
       {name, 1, 1});
}

std::string recognise(std::string_view text, const std::string& name) {
  const Sniff seen = sniff(text);
  for (const auto& [format_name, entry] : Formats::entries()) {
    if (entry.make()->recognises(seen)) {
      return format_name;
    }
  }
  fail_unknown(seen, name);
}

void raise_zero_lengths(Trace& trace) {
  for (Request& request : trace.requests) {
    if (request.prompt_tokens < 1 || request.output_tokens < 1) {
      request.prompt_tokens = std::max(request.prompt_tokens, 1);
      request.output_tokens = std::max(request.output_tokens, 1);
      ++trace.raised;
    }
  }
  if (trace.raised > 0) {
    note(fmt::format("{}: zero lengths of {} requests count as one token", trace.name,
                     with_thousands(trace.raised)));
  }
}

void order_arrivals(Trace& trace) {
  const auto is_earlier = [](const Request& a, const Request& b) { return a.arrival < b.arrival; };
  if (!std::is_sorted(trace.requests.begin(), trace.requests.end(), is_earlier)) {
    std::stable_sort(trace.requests.begin(), trace.requests.end(), is_earlier);
    note(fmt::format("{}: rows were not in order of arrival and have been sorted", trace.name));
  }
  const SimTime first = trace.requests.front().arrival;
  for (Request& request : trace.requests) {
    request.arrival -= first;
  }
}

void finish(Trace& trace) {
  const SourcePlace place = {trace.name, 0, 0};
  if (trace.requests.empty() && trace.skipped > 0) {
    fail(fmt::format("has no requests: all {} rows were left out ({})", trace.skipped,
                     trace.skipped_reason),
         place);
  }
  if (trace.requests.empty()) {
    fail("has no requests; a trace needs at least one", place);
  }
  if (trace.segments.size() > std::numeric_limits<std::int32_t>::max()) {
    fail("has more than 2^31 prompt segments; cut it with `moru trace slice`", place);
  }
  raise_zero_lengths(trace);
  order_arrivals(trace);
}

std::string compress(const std::string& text) {
  constexpr int kLevel = 3;  // zstd's own default
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), kLevel);
  if (ZSTD_isError(size) != 0) {
    fail(fmt::format("cannot compress: {}", ZSTD_getErrorName(size)));
  }
  packed.resize(size);
  return packed;
}

}  // namespace

bool Sniff::has_column(std::string_view name) const {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

bool Sniff::has_columns(std::span<const std::string_view> names) const {
  return std::all_of(names.begin(), names.end(),
                     [this](std::string_view name) { return has_column(name); });
}

bool Sniff::has_key(std::string_view name) const {
  return columns.empty() && head.find(fmt::format("\"{}\"", name)) != std::string_view::npos;
}

Sniff sniff(std::string_view text) {
  Sniff seen{text.substr(0, kHead), {}};
  const std::string_view line = trim(first_line(trim(seen.head)));
  if (!line.starts_with('{') && !line.starts_with('[')) {
    for (std::string_view column : split(line, ',')) {
      column = trim(column);
      if (column.size() >= 2 && column.front() == '"' && column.back() == '"') {
        column = column.substr(1, column.size() - 2);
      }
      seen.columns.push_back(column);
    }
  }
  return seen;
}

void TraceFormat::write(const Trace&, std::string&) const {
  fail("this trace format cannot be written");
}

Trace parse_trace(std::string text, const std::string& name, std::string_view format) {
  refuse_binary(text, name);
  text.reserve(text.size() + kPadding);
  std::string_view body = text;
  if (body.starts_with(kByteOrderMark)) {
    body.remove_prefix(kByteOrderMark.size());
  }
  if (trim(body.substr(0, kHead)).empty() && trim(body).empty()) {
    fail("is empty; a trace has a header line and at least one request", {name, 0, 0});
  }
  const std::string chosen = format.empty() ? recognise(body, name) : std::string(format);
  Trace trace = Formats::make(chosen, "trace format")->read({name, body});
  trace.name = name;
  trace.format = chosen;
  finish(trace);
  return trace;
}

Trace read_trace(const std::string& path, std::string_view format) {
  return parse_trace(read_file(path), path == "-" ? "standard input" : path, format);
}

void write_trace(const Trace& trace, const std::string& path, std::string_view format) {
  const auto writer = Formats::make(format, "trace format");
  if (!writer->can_write()) {
    const std::vector<std::string> names = writable_formats();
    fail(fmt::format("format {} can be read but not written; use one of {}", format,
                     join(std::span<const std::string>(names), ", ")));
  }
  std::string text;
  writer->write(trace, text);
  write_file(path, path.ends_with(".zst") ? compress(text) : text);
}

std::vector<std::string> writable_formats() {
  std::vector<std::string> names;
  for (const auto& [name, entry] : Formats::entries()) {
    if (entry.make()->can_write()) {
      names.push_back(name);
    }
  }
  return names;
}

std::string missing_columns(std::string_view format, std::span<const std::string_view> wanted,
                            std::span<const std::string_view> header) {
  const auto has = [](std::span<const std::string_view> names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::string missing;
  for (const std::string_view column : wanted) {
    if (!has(header, column)) {
      missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", column);
    }
  }
  std::string near;
  for (const std::string_view column : header) {
    if (!has(wanted, column) && near.empty()) {
      if (const std::string guess = did_you_mean(column, wanted); !guess.empty()) {
        near = fmt::format("; the header has '{}'{}", column, guess);
      }
    }
  }
  return fmt::format("a trace of format {} needs {}{}", format, missing, near);
}

}  // namespace moru
