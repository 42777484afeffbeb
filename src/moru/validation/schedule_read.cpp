// Readers of the step logs. Foreign files: extra keys and columns are ignored.
#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/base/text.h"
#include "moru/validation/schedule.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

namespace moru {
namespace fs = std::filesystem;
namespace {

using simdjson::dom::element;

// The file, or the same with .zst, or nothing.
std::optional<std::string> read_either(const std::string& path) {
  for (const std::string& candidate : {path, path + ".zst"}) {
    if (file_exists(candidate)) {
      return read_file(candidate);
    }
  }
  return std::nullopt;
}

std::int64_t integer(element object, std::string_view key, std::int64_t fallback) {
  std::int64_t value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : fallback;
}
bool boolean(element object, std::string_view key, bool fallback) {
  bool value = false;
  return object[key].get(value) == simdjson::SUCCESS ? value : fallback;
}
std::string_view string(element object, std::string_view key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? value : "";
}

std::vector<std::int64_t> integers(element object, std::string_view key) {
  std::vector<std::int64_t> values;
  simdjson::dom::array array;
  if (object[key].get(array) == simdjson::SUCCESS) {
    for (const element item : array) {
      values.push_back(std::int64_t(item));
    }
  }
  return values;
}

EngineConfig read_config(element scheduler) {
  EngineConfig config;
  config.block_size = integer(scheduler, "block_size", 16);
  config.blocks = integer(scheduler, "usable_blocks", 1);
  config.max_num_seqs = integer(scheduler, "max_num_seqs", 256);
  config.max_num_batched_tokens = integer(scheduler, "max_num_batched_tokens", 2048);
  config.long_prefill_token_threshold = integer(scheduler, "long_prefill_token_threshold", 0);
  config.enable_chunked_prefill = boolean(scheduler, "enable_chunked_prefill", true);
  config.reserve_full_isl = boolean(scheduler, "reserve_full_isl", true);
  config.enable_prefix_caching = boolean(scheduler, "enable_prefix_caching", true);
  config.async_scheduling = boolean(scheduler, "async_scheduling", false);
  config.knows_output_length = string(scheduler, "stop") != "eos";
  config.parallelism.data = static_cast<int>(integer(scheduler, "dp_ranks", 1));
  const std::string_view routing = string(scheduler, "routing");
  config.rank_routing = routing == "rr"          ? RankRouting::round_robin
                        : routing == "port_load" ? RankRouting::rotating
                                                 : RankRouting::least_loaded;
  return config;
}

// "5000000 + 20000*t + 500*c".
StepFormula read_formula(std::string_view text) {
  StepFormula formula;
  for (const std::string_view part : split(text, '+')) {
    const std::vector<std::string_view> factors = split(part, '*');
    const std::int64_t value = parse_int64(factors.front()).value_or(0);
    const std::string_view variable = factors.size() > 1 ? trim(factors[1]) : "";
    (variable == "t"   ? formula.per_token
     : variable == "c" ? formula.per_context
                       : formula.base) = value;
  }
  return formula;
}

// One request as both the CSV and the fuzz file state it.
struct RequestRow {
  std::int64_t arrival = 0;
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t session = -1;
  std::int64_t turn = 0;
  std::int64_t think = 0;
  std::vector<PromptSegment> segments;
  std::int64_t output_stream = 0;
  std::int64_t output_offset = 0;
};

void add_request(ScheduleCase& target, RequestRow row,
                 std::map<std::int64_t, std::int64_t>& last_of_session) {
  const auto id = static_cast<std::int64_t>(target.trace.requests.size());
  if (row.segments.empty()) {
    row.segments.push_back({id, static_cast<std::int32_t>(row.input)});
    row.output_stream = id;
    row.output_offset = row.input;
  }
  Request request;
  request.arrival = row.arrival;
  request.prompt_tokens = static_cast<std::int32_t>(row.input);
  request.output_tokens = static_cast<std::int32_t>(row.output);
  request.first_segment = static_cast<std::int32_t>(target.trace.segments.size());
  request.num_segments = static_cast<std::int32_t>(row.segments.size());
  target.trace.segments.insert(target.trace.segments.end(), row.segments.begin(),
                               row.segments.end());
  target.trace.requests.push_back(request);
  target.outputs.emplace_back(row.output_stream, row.output_offset);
  target.follow_ups.emplace_back();
  if (row.session >= 0) {
    if (const auto before = last_of_session.find(row.session);
        row.turn > 0 && before != last_of_session.end()) {
      target.follow_ups[static_cast<std::size_t>(before->second)] = {id, row.think};
    }
    last_of_session[row.session] = id;
  }
}

// "7:384 10000:83".
std::vector<PromptSegment> read_segments(std::string_view text) {
  std::vector<PromptSegment> segments;
  for (const std::string_view part : split(trim(text), ' ')) {
    const std::vector<std::string_view> halves = split(part, ':');
    if (halves.size() == 2) {
      segments.push_back({parse_int64(halves[0]).value_or(0),
                          static_cast<std::int32_t>(parse_int64(halves[1]).value_or(0))});
    }
  }
  return segments;
}

void read_requests(ScheduleCase& target, const std::string& text, const std::string& path) {
  std::map<std::int64_t, std::int64_t> last_of_session;
  bool is_header = true;
  for (const std::string_view line : split(text, '\n')) {
    if (std::exchange(is_header, false) || trim(line).empty()) {
      continue;
    }
    const std::vector<std::string_view> cells = split(trim(line), ',');
    constexpr std::size_t kColumns = 10;
    if (cells.size() < kColumns) {
      fail("a request row needs 10 columns", {path, 0, 0});
    }
    const auto number = [&](std::size_t column, std::int64_t fallback) {
      return parse_int64(cells[column]).value_or(fallback);
    };
    add_request(target,
                {number(1, 0), number(2, 1), number(3, 1), number(4, -1), number(5, 0),
                 number(6, 0), read_segments(cells[7]), number(8, 0), number(9, 0)},
                last_of_session);
  }
}

// Expands the short form of scheduled requests: a bare id repeats with one token.
class StepReader {
 public:
  explicit StepReader(std::size_t ranks) : ranks_(ranks) {}

  LoggedStep read(element line) {
    LoggedStep step;
    step.start = integer(line, "s", 0);
    step.end = integer(line, "e", 0);
    step.decided = integer(line, "n", -1);
    simdjson::dom::array per_rank;
    if (line["r"].get(per_rank) != simdjson::SUCCESS) {
      step.ranks.push_back(read_rank(line));
      return step;
    }
    for (const element entry : per_rank) {
      step.ranks.push_back(entry.is_null() ? LoggedRank{} : read_rank(entry));
    }
    step.ranks.resize(std::max(step.ranks.size(), ranks_));
    return step;
  }

 private:
  LoggedRank read_rank(element entry) {
    LoggedRank rank;
    rank.is_idle = false;
    rank.tokens = integer(entry, "t", 0);
    rank.context = integer(entry, "c", 0);
    rank.free_before = integer(entry, "f", 0);
    rank.free_after = integer(entry, "g", 0);
    rank.preempted = integers(entry, "p");
    rank.finished = integers(entry, "x");
    for (const std::int64_t id : rank.preempted) {
      next_.erase(id);
    }
    for (const element scheduled : simdjson::dom::array(entry["q"])) {
      LoggedRank::Entry item{};
      simdjson::dom::array full;
      if (scheduled.get(full) == simdjson::SUCCESS) {
        item = {std::int64_t(full.at(0)), std::int64_t(full.at(1)), std::int64_t(full.at(2))};
      } else {
        const auto id = std::int64_t(scheduled);
        item = {id, 1, next_[id]};
      }
      next_[item.id] = item.computed_before + item.tokens;
      rank.scheduled.push_back(item);
    }
    return rank;
  }

  std::size_t ranks_;
  std::map<std::int64_t, std::int64_t> next_;
};

ScheduleLog read_log(const std::string& steps, const std::string& results, std::size_t ranks) {
  ScheduleLog log;
  simdjson::dom::parser parser;
  StepReader reader(ranks);
  for (const std::string_view line : split(steps, '\n')) {
    if (!trim(line).empty()) {
      log.steps.push_back(reader.read(parser.parse(simdjson::padded_string(line))));
    }
  }
  bool is_header = true;
  for (const std::string_view line : split(results, '\n')) {
    if (std::exchange(is_header, false) || trim(line).empty()) {
      continue;
    }
    std::vector<std::int64_t> cells;
    for (const std::string_view cell : split(trim(line), ',')) {
      cells.push_back(parse_int64(cell).value_or(0));
    }
    constexpr std::size_t kColumns = 8;
    if (cells.size() >= kColumns) {
      log.results.push_back({cells[0], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]});
    }
  }
  return log;
}

ScheduleComparison validate_case(const std::string& folder) {
  ScheduleCase schedule_case;
  schedule_case.name = fs::path(folder).filename().string();
  simdjson::dom::parser parser;
  const std::string config_path = folder + "/config.json";
  element config;
  const simdjson::padded_string config_text(read_file(config_path));
  if (const auto error = parser.parse(config_text).get(config)) {
    fail(simdjson::error_message(error), {config_path, 0, 0});
  }
  schedule_case.config = read_config(config["scheduler"]);
  schedule_case.formula = read_formula(string(config, "step_time_ns"));
  const auto requests = read_either(folder + "/requests.csv");
  std::optional<std::string> steps = read_either(folder + "/steps_vllm.jsonl");
  std::optional<std::string> results = read_either(folder + "/result_vllm.csv");
  if (!steps) {
    steps = read_either(folder + "/steps.jsonl");
  }
  if (!results) {
    results = read_either(folder + "/result.csv");
  }
  if (!requests || !steps || !results) {
    fail("needs requests.csv, steps.jsonl and result.csv (each may end in .zst)", {folder, 0, 0});
  }
  read_requests(schedule_case, *requests, folder + "/requests.csv");
  const auto ranks = static_cast<std::size_t>(schedule_case.config.parallelism.data);
  return compare_schedules(schedule_case.name, read_log(*steps, *results, ranks),
                           run_schedule(schedule_case));
}

ScheduleLog read_fuzz_log(element log, std::size_t ranks) {
  ScheduleLog read;
  StepReader reader(ranks);
  for (const element step : simdjson::dom::array(log["steps"])) {
    read.steps.push_back(reader.read(step));
  }
  for (const element row : simdjson::dom::array(log["result"])) {
    std::vector<std::int64_t> cells;
    for (const element cell : simdjson::dom::array(row)) {
      cells.push_back(std::int64_t(cell));
    }
    read.results.push_back({cells.at(0), cells.at(1), cells.at(2), cells.at(3), cells.at(4),
                            cells.at(5), cells.at(6)});
  }
  return read;
}

void read_fuzz_requests(ScheduleCase& target, element requests) {
  std::map<std::int64_t, std::int64_t> last_of_session;
  for (const element request : simdjson::dom::array(requests)) {
    RequestRow row{integer(request, "arr", 0),
                   integer(request, "inp", 1),
                   integer(request, "out", 1),
                   integer(request, "sess", -1),
                   integer(request, "turn", 0),
                   integer(request, "think", 0),
                   {},
                   integer(request, "os", 0),
                   integer(request, "oo", 0)};
    for (const element segment : simdjson::dom::array(request["segs"])) {
      const simdjson::dom::array pair = segment;
      row.segments.push_back(
          {std::int64_t(pair.at(0)), static_cast<std::int32_t>(std::int64_t(pair.at(1)))});
    }
    add_request(target, row, last_of_session);
  }
}

// The seed's logs: synchronous, asynchronous with known and with unknown output lengths.
ScheduleComparison validate_seed(element line) {
  ScheduleCase schedule_case;
  schedule_case.name = fmt::format("fuzz_{}", integer(line, "seed", 0));
  schedule_case.config = read_config(line["scheduler"]);
  read_fuzz_requests(schedule_case, line["requests"]);
  const auto ranks = static_cast<std::size_t>(schedule_case.config.parallelism.data);
  ScheduleComparison sum{schedule_case.name, 0, 0, ""};
  struct Variant {
    std::string_view key;
    bool is_async;
    bool knows_length;
  };
  element log;
  const bool differs = line["vllm_sync"].get(log) == simdjson::SUCCESS && !log.is_null();
  for (const Variant& variant :
       {Variant{differs ? "vllm_sync" : "port_sync", false, true},
        Variant{"vllm_async", true, true}, Variant{"vllm_async_eos", true, false}}) {
    if (line[variant.key].get(log) != simdjson::SUCCESS || log.is_null()) {
      continue;
    }
    schedule_case.config.async_scheduling = variant.is_async;
    schedule_case.config.knows_output_length = variant.knows_length;
    const ScheduleComparison part = compare_schedules(schedule_case.name, read_fuzz_log(log, ranks),
                                                      run_schedule(schedule_case));
    sum.steps += part.steps;
    sum.differences += part.differences;
    if (sum.first_difference.empty() && part.differences > 0) {
      sum.first_difference = fmt::format("{}: {}", variant.key, part.first_difference);
    }
  }
  return sum;
}

void validate_fuzz(const std::string& path, const std::string& only,
                   std::vector<ScheduleComparison>& comparisons) {
  const std::string text = read_file(path);
  simdjson::dom::parser parser;
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) {
      continue;
    }
    const simdjson::padded_string padded(line);
    const element seed = parser.parse(padded);
    if (only.empty() || only == fmt::format("fuzz_{}", integer(seed, "seed", 0))) {
      comparisons.push_back(validate_seed(seed));
    }
  }
}

std::vector<std::string> sorted_entries(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::vector<ScheduleComparison> validate_schedules(const std::string& folder,
                                                   const std::string& only) {
  std::vector<ScheduleComparison> comparisons;
  try {
    if (file_exists(folder + "/config.json")) {
      comparisons.push_back(validate_case(folder));
      return comparisons;
    }
    for (const std::string& path : sorted_entries(folder + "/cases")) {
      if (only.empty() || fs::path(path).filename() == only) {
        comparisons.push_back(validate_case(path));
      }
    }
    for (const std::string& path : sorted_entries(folder + "/fuzz")) {
      validate_fuzz(path, only, comparisons);
    }
  } catch (const simdjson::simdjson_error& error) {
    fail(fmt::format("a log does not have the expected form: {}", error.what()), {folder, 0, 0});
  }
  if (comparisons.empty()) {
    fail(only.empty() ? "holds no cases (cases/*/config.json, fuzz/*.jsonl.zst)"
                      : fmt::format("holds no case '{}'", only),
         {folder, 0, 0});
  }
  return comparisons;
}

}  // namespace moru
