#include "moru/cli/dram_bench.h"

#include "moru/base/file.h"
#include "moru/base/json_writer.h"
#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/dram/fast_forward.h"
#include "moru/validation/dram.h"

#include <fmt/format.h>

#include <cstring>
#include <ctime>
#include <linux/perf_event.h>
#include <map>
#include <optional>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace moru {
namespace {

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Counts the user instructions of this thread; most containers forbid it.
class InstructionCounter {
 public:
  InstructionCounter() {
    perf_event_attr attributes;
    std::memset(&attributes, 0, sizeof attributes);
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.size = sizeof attributes;
    attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    descriptor_ = static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
  }
  InstructionCounter(const InstructionCounter&) = delete;
  InstructionCounter& operator=(const InstructionCounter&) = delete;
  ~InstructionCounter() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  std::optional<std::uint64_t> read() const {
    std::uint64_t value = 0;
    if (descriptor_ < 0 || ::read(descriptor_, &value, sizeof value) != sizeof value) {
      return std::nullopt;
    }
    return value;
  }

 private:
  int descriptor_ = -1;
};

struct Reference {
  double ns_per_tick = 0;
  double instructions_per_tick = 0;
  Tick instruction_ticks = 0;
};

std::map<std::string, Reference> read_costs(const std::string& path) {
  std::map<std::string, Reference> costs;
  if (!file_exists(path)) {
    return costs;
  }
  const std::string text = read_file(path);
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> cells = split(line, ',');
    if (cells.size() >= 9 && cells[0] != "case") {
      costs[std::string(cells[0])] = {parse_double(cells[4]).value_or(0),
                                      parse_double(cells[8]).value_or(0),
                                      parse_int64(cells[6]).value_or(0)};
    }
  }
  return costs;
}

struct Row {
  std::string name;
  double ns_per_tick = 0;
  double requests_per_second = 0;
  double speed_up = 0;  // CPU time
  std::optional<double> instructions_per_tick;
  std::optional<double> fewer_instructions;
};

// The loop alone, as the reference was measured: the channel is made and its requests are in memory
// before the clock starts.
struct Timed {
  double seconds = 0;
  std::uint64_t requests = 0;
  std::optional<double> instructions;
};

Timed run_once(const DramCase& one, const DramSpec& spec, const std::vector<DramRequest>& requests,
               Tick ticks) {
  const std::unique_ptr<DramChannel> channel = DramChannel::make(spec, one.options);
  MemorySource source(requests);
  channel->set_source(&source);
  const InstructionCounter counter;
  const std::optional<std::uint64_t> before = counter.read();
  const double start = cpu_seconds();
  channel->advance_until(ticks);
  Timed timed{cpu_seconds() - start, channel->counters().accepted, std::nullopt};
  if (before) {
    timed.instructions = static_cast<double>(counter.read().value_or(*before) - *before);
  }
  return timed;
}

Row measure(const DramCase& one, const Reference& reference) {
  const DramSpec spec = reference_spec(one.standard);
  const std::vector<DramRequest> requests = requests_of(one, spec);
  Row row;
  row.name = one.name;
  Timed best{1e9, 0, std::nullopt};
  constexpr int kRuns = 5;
  for (int run = 0; run < kRuns; ++run) {
    const Timed timed = run_once(one, spec, requests, one.ticks);
    best = timed.seconds < best.seconds ? timed : best;
  }
  row.requests_per_second = static_cast<double>(best.requests) / best.seconds;
  row.ns_per_tick = best.seconds * 1e9 / static_cast<double>(one.ticks);
  row.speed_up = reference.ns_per_tick / row.ns_per_tick;
  if (reference.instruction_ticks > 0) {
    const Timed counted = run_once(one, spec, requests, reference.instruction_ticks);
    if (counted.instructions) {
      row.instructions_per_tick =
          *counted.instructions / static_cast<double>(reference.instruction_ticks);
      row.fewer_instructions = reference.instructions_per_tick / *row.instructions_per_tick;
    }
  }
  return row;
}

// A whole 16-channel HBM3 stack on one core, in million ticks of the stack a CPU second.
double stack_ticks_per_second() {
  const DramSpec spec = reference_spec("HBM3");
  constexpr Tick kTicks = 100'000;
  const double start = cpu_seconds();
  for (int channel = 0; channel < spec.channels; ++channel) {
    const std::unique_ptr<DramChannel> made = DramChannel::make(spec, {});
    PatternSource source(spec, {});
    made->set_source(&source);
    made->advance_until(kTicks);
  }
  return static_cast<double>(kTicks) / (cpu_seconds() - start) * 1e-6;
}

}  // namespace

std::string dram_bench(const std::string& folder, bool as_json) {
  const std::map<std::string, Reference> costs = read_costs(folder + "/cpu_cost.csv");
  std::vector<Row> rows;
  for (const DramCase& one : read_dram_cases(folder, "")) {
    const auto found = costs.find(one.name);
    rows.push_back(measure(one, found == costs.end() ? Reference{} : found->second));
  }
  const double stack = stack_ticks_per_second();
  constexpr double kReferenceStack = 0.0345;  // the reference's, million ticks a CPU second
  if (as_json) {
    JsonWriter json;
    json.begin_object().field("schema", "moru/dram-bench/1").key("cases").begin_array();
    for (const Row& row : rows) {
      json.begin_object().field("name", row.name).field("ns_per_tick", row.ns_per_tick);
      json.field("requests_per_second", row.requests_per_second).field("cpu_ratio", row.speed_up);
      json.key("instructions_per_tick");
      row.instructions_per_tick ? json.value(*row.instructions_per_tick) : json.null();
      json.key("instruction_ratio");
      row.fewer_instructions ? json.value(*row.fewer_instructions) : json.null();
      json.end_object();
    }
    json.end_array()
        .field("hbm3_stack_mticks_per_second", stack)
        .field("hbm3_stack_ratio", stack / kReferenceStack);
    return json.end_object().take();
  }
  Table table({"case", "ns/tick", "M requests/s", "CPU x", "instr/tick", "instr x"});
  for (const Row& row : rows) {
    const auto optional = [](const std::optional<double>& value) {
      return value ? fmt::format("{:.1f}", *value) : std::string("-");
    };
    table.row({row.name, fmt::format("{:.1f}", row.ns_per_tick),
               fmt::format("{:.2f}", row.requests_per_second * 1e-6),
               fmt::format("{:.0f}", row.speed_up), optional(row.instructions_per_tick),
               optional(row.fewer_instructions)});
  }
  return table.text() + fmt::format(
                            "HBM3 stack of 16 channels, stream, one core: {:.2f} M ticks/s, {:.0f} "
                            "times the reference\n"
                            "(instructions need perf events; scripts/dram_instructions counts them "
                            "under callgrind)\n",
                            stack, stack / kReferenceStack);
}

}  // namespace moru
