#include "moru/validation/dram.h"

#include "moru/base/error.h"

#include <fmt/format.h>

#include <iterator>

namespace moru {
namespace {

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

struct LineDifferences {
  std::int64_t lines = 0;  // of the expected text, without its header
  std::int64_t differences = 0;
  std::string first;
};

LineDifferences compare_lines(std::string_view expected, std::string_view actual,
                              std::string_view what) {
  LineDifferences result;
  std::int64_t number = 0;
  while (!expected.empty() || !actual.empty()) {
    const bool has_expected = !expected.empty();
    const std::string_view wanted = next_line(expected);
    const std::string_view found = next_line(actual);
    ++number;
    result.lines += has_expected && number > 1 ? 1 : 0;
    if (wanted != found) {
      if (result.differences++ == 0) {
        result.first =
            fmt::format("{} line {}: expected '{}', got '{}'", what, number, wanted, found);
      }
    }
  }
  return result;
}

}  // namespace

std::string command_lines(const DramSpec& spec, const std::vector<CommandRecord>& commands) {
  std::string text = "tick,command,pc,sid,bg,bank,row,col,type\n";
  auto out = std::back_inserter(text);
  for (const CommandRecord& c : commands) {
    fmt::format_to(out, "{},{},{},{},{},{},{},{},{}\n", c.tick, command_name(spec, c.command),
                   c.pseudo_channel, c.sid, c.bank_group, c.bank, c.row, c.column, c.type);
  }
  return text;
}

std::string request_lines(const RequestTimes& times, Tick end) {
  std::string text = "index,accept,done\n";
  auto out = std::back_inserter(text);
  for (std::size_t i = 0; i < times.accept.size(); ++i) {
    const Tick done = times.done[i] > end ? -1 : times.done[i];
    fmt::format_to(out, "{},{},{}\n", i, times.accept[i], done);
  }
  return text;
}

std::vector<DramComparison> validate_dram(const std::string& folder, const std::string& only) {
  std::vector<DramComparison> comparisons;
  for (const DramCase& one : read_dram_cases(folder, only)) {
    const DramSpec spec = reference_spec(one.standard);
    const DramRun run = run_dram_case(one, spec, requests_of(one, spec));
    const std::string base = folder + "/data/" + one.name;
    const LineDifferences commands = compare_lines(read_xz(base + ".commands.csv.xz"),
                                                   command_lines(spec, run.commands), "commands");
    const LineDifferences requests = compare_lines(read_xz(base + ".requests.csv.xz"),
                                                   request_lines(run.times, one.ticks), "requests");
    comparisons.push_back({one.name, commands.lines, requests.lines,
                           commands.differences + requests.differences,
                           commands.first.empty() ? requests.first : commands.first});
  }
  return comparisons;
}

}  // namespace moru
