#include "moru/dram/trace_file.h"

#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/base/text.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <optional>

namespace moru {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(line, ' ')) {
    if (!trim(word).empty()) {
      words.push_back(trim(word));
    }
  }
  return words;
}

std::optional<std::uint64_t> parse_address(std::string_view word) {
  const bool is_hex = word.starts_with("0x") || word.starts_with("0X");
  const std::string_view digits = is_hex ? word.substr(2) : word;
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, is_hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<bool> parse_kind(std::string_view word) {
  const std::string lower = to_lower(word);
  if (lower == "ld" || lower == "r" || lower == "read") {
    return false;
  }
  if (lower == "st" || lower == "w" || lower == "write") {
    return true;
  }
  return std::nullopt;
}

std::optional<TraceAccess> parse_line(const std::vector<std::string_view>& words) {
  const bool is_ramulator = words.size() == 2;
  if (!is_ramulator && words.size() != 3) {
    return std::nullopt;
  }
  const std::optional<bool> kind = parse_kind(words[is_ramulator ? 0 : 1]);
  const std::optional<std::uint64_t> address = parse_address(words[is_ramulator ? 1 : 0]);
  const std::optional<std::int64_t> cycle =
      is_ramulator ? std::optional<std::int64_t>(0) : parse_int64(words[2]);
  if (!kind || !address || !cycle || *cycle < 0) {
    return std::nullopt;
  }
  return TraceAccess{*address, *cycle, *kind};
}

}  // namespace

std::vector<TraceAccess> parse_access_trace(const std::string& text, const std::string& name) {
  std::vector<TraceAccess> accesses;
  int number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#') {
      continue;
    }
    const std::optional<TraceAccess> access = parse_line(words_of(line));
    if (!access) {
      fail(fmt::format("'{}' is not an access: write 'LD 0x1000' (Ramulator) or '0x1000 READ 12' "
                       "(DRAMsim3)",
                       printable(line, 60)),
           {name, number, 1});
    }
    if (!accesses.empty() && access->cycle < accesses.back().cycle) {
      fail("cycles must not decrease", {name, number, 1});
    }
    accesses.push_back(*access);
  }
  if (accesses.empty()) {
    fail("the trace holds no accesses", {name, 0, 0});
  }
  return accesses;
}

std::vector<TraceAccess> read_access_trace(const std::string& path) {
  return parse_access_trace(read_file(path), path);
}

std::vector<std::vector<DramRequest>> split_by_channel(const std::vector<TraceAccess>& accesses,
                                                       const AddressMap& map, int channels) {
  std::vector<std::vector<DramRequest>> split_up(static_cast<std::size_t>(channels));
  for (const TraceAccess& access : accesses) {
    MappedAddress mapped = map.map(access.address);
    mapped.request.available = access.cycle;
    mapped.request.is_write = access.is_write;
    split_up[static_cast<std::size_t>(mapped.channel)].push_back(mapped.request);
  }
  return split_up;
}

std::string command_trace_header() { return "channel,tick,command,pc,sid,bg,bank,row,col,type\n"; }

std::string command_trace_lines(const DramSpec& spec, int channel,
                                const std::vector<CommandRecord>& commands) {
  std::string text;
  auto out = std::back_inserter(text);
  for (const CommandRecord& c : commands) {
    fmt::format_to(out, "{},{},{},{},{},{},{},{},{},{}\n", channel, c.tick,
                   command_name(spec, c.command), c.pseudo_channel, c.sid, c.bank_group, c.bank,
                   c.row, c.column, c.type);
  }
  return text;
}

}  // namespace moru
