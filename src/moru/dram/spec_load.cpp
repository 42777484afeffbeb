// Reads a part and its standard and evaluates them to ticks.
#include "moru/base/fields_parse.h"
#include "moru/base/node.h"
#include "moru/dram/formula.h"
#include "moru/dram/spec.h"
#include "moru/dram/spec_files.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

namespace moru {

void ConstraintRow::validate(const FieldCheck& check) const {
  check.require(!from.empty() && !to.empty(), "from", "a row needs commands on both sides");
  check.require(window >= 1 && window <= 8, "window", "the window must be 1 to 8 commands");
  check.require(!siblings || (level != DramLevel::channel && window == 1), "siblings",
                "siblings need a level below the channel and a window of 1");
}

void StandardFile::validate(const FieldCheck& check) const {
  check.require(transfers_per_clock >= 1, "transfers_per_clock", "must be at least 1");
  check.require(ticks_per_clock == 1 || ticks_per_clock == 2, "ticks_per_clock", "must be 1 or 2");
  check.require((controller == ControllerKind::two_bus_edges) == (ticks_per_clock == 2),
                "ticks_per_clock", "two_bus_edges, and only it, counts half clocks");
  for (const ConstraintRow& row : constraints) {
    check.require(row.source.empty() || sources.contains(row.source), "constraints",
                  fmt::format("'{}' is not a name in `sources`", row.source));
  }
}

void Organisation::validate(const FieldCheck& check) const {
  const auto within = [&](std::string_view field, std::int64_t value, std::int64_t largest) {
    check.require(value >= 1 && value <= largest, field, fmt::format("must be 1 to {}", largest));
  };
  within("channels", channels, 1024);
  within("pseudo_channels", pseudo_channels, 4);
  within("sids", sids, 8);
  within("bank_groups", bank_groups, 16);
  within("banks", banks, 32);
  within("rows", rows, 1 << 24);
  within("columns", columns, 1 << 16);
  within("burst_length", burst_length, 64);
  within("width", width, 1024);
  check.require(pseudo_channels * sids <= 16 && pseudo_channels * sids * bank_groups * banks <= 256,
                "banks", "at most 16 ranks and 256 banks in a channel");
  check.require(burst_length >= 1 && columns % burst_length == 0, "columns",
                "must be a multiple of the burst length");
}

void PartFile::validate(const FieldCheck& check) const {
  check.require(data_rate >= 100 && data_rate <= 100'000, "data_rate",
                "million transfers a second and pin: 100 to 100000");
  for (const auto& [timing_name, entry] : timing) {
    check.require(sources.contains(entry.source), "timing",
                  fmt::format("{}: '{}' is not a name in `sources`", timing_name, entry.source));
  }
}

namespace {

// JEDEC gives these as the most that may pass; everything else is the least.
bool is_maximum(std::string_view timing_name) {
  return timing_name == "nREFI" || timing_name == "nREFIpb" || timing_name == "nAAD";
}

// "45 ns" or "2 nCK" in clocks; ns_per_clock is exact to a few parts in 1e16, so a value that is a
// whole number of clocks lands within 1e-6 of it.
std::int64_t clocks_of(const std::string& written, bool maximum, double ns_per_clock,
                       const std::string& what) {
  double number = 0;
  const std::size_t used = parse_number_prefix(written, number);
  const std::string_view unit = trim(std::string_view(written).substr(used));
  if (used == 0 || !std::isfinite(number) || number < 0 || number > 1e9 ||
      (unit != "ns" && unit != "nCK")) {
    fail(fmt::format("{}: '{}' is not a timing; write '45 ns' or '2 nCK'", what, written));
  }
  if (unit == "nCK") {
    if (number != std::floor(number)) {
      fail(fmt::format("{}: '{}' is not a whole number of clocks", what, written));
    }
    return static_cast<std::int64_t>(number);
  }
  constexpr double kRounding = 1e-6;
  const double clocks = number / ns_per_clock;
  return static_cast<std::int64_t>(maximum ? std::floor(clocks + kRounding)
                                           : std::ceil(clocks - kRounding));
}

std::string hash_of(const DramSpec& spec) {
  std::string text = fmt::format("{} {} {} {} {} {} {} {}", static_cast<int>(spec.mode),
                                 static_cast<int>(spec.controller), static_cast<int>(spec.refresh),
                                 static_cast<int>(spec.refresh_scope), spec.channels,
                                 spec.data_rate, spec.read_latency, spec.burst);
  const DramGeometry& g = spec.geometry;
  text += fmt::format(" {} {} {} {} {} {} {} {}", g.pseudo_channels, g.sids, g.bank_groups, g.banks,
                      g.rows, g.columns, g.burst_length, g.width);
  for (const auto& [name, value] : spec.timing) {
    text += fmt::format(" {}={}", name, value.ticks);
  }
  for (const DramConstraint& row : spec.constraints) {
    text +=
        fmt::format(" {}:{}:{}:{}", static_cast<int>(row.level), row.min, row.window, row.siblings);
    for (const DramCommand c : row.from) {
      text += fmt::format("f{}", index_of(c));
    }
    for (const DramCommand c : row.to) {
      text += fmt::format("t{}", index_of(c));
    }
  }
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, 64 bit
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return fmt::format("{:016x}", hash);
}

class Compiler {
 public:
  Compiler(const PartFile& part, const StandardFile& standard, const DramSpecOptions& options)
      : part_(part), standard_(standard), options_(options) {}

  DramSpec compile(const std::string& id) {
    spec_.id = id;
    spec_.name = part_.name;
    spec_.standard = standard_.name;
    spec_.generation = part_.generation;
    spec_.source = text_of(part_.sources, part_.source);
    spec_.mode = options_.mode;
    spec_.controller = standard_.controller;
    spec_.refresh = part_.organisation.refresh;
    spec_.refresh_scope = standard_.refresh_scope;
    copy_organisation();
    evaluate_timings();
    for (const auto& [command, ticks] : standard_.command_ticks) {
      spec_.command_ticks[index_of(command)] = ticks;
    }
    if (spec_.mode == SpecMode::strict) {
      for (const DramCommand c : {DramCommand::pd_enter, DramCommand::pd_exit,
                                  DramCommand::sr_enter, DramCommand::sr_exit}) {
        spec_.command_ticks[index_of(c)] = 1;
      }
    }
    spec_.read_latency = formula(standard_.read_latency);
    spec_.write_latency = formula(standard_.write_latency);
    spec_.burst = formula(standard_.burst);
    for (const ConstraintRow& row : standard_.constraints) {
      add_rows(row);
    }
    check();
    spec_.hash = hash_of(spec_);
    return std::move(spec_);
  }

 private:
  static std::string text_of(const std::map<std::string, std::string>& sources,
                             const std::string& name) {
    const auto found = sources.find(name);
    return found == sources.end() ? name : found->second;
  }

  void copy_organisation() {
    const Organisation& o = part_.organisation;
    spec_.geometry = {o.pseudo_channels, o.sids,         o.bank_groups, o.banks, o.rows,
                      o.columns,         o.burst_length, o.width};
    spec_.channels = o.channels;
    spec_.data_rate = options_.data_rate > 0 ? options_.data_rate : part_.data_rate;
    if (spec_.data_rate < 100 || spec_.data_rate > 100'000) {
      fail(fmt::format(
          "a data rate of {} million transfers a second is out of range (100 to 100000)",
          spec_.data_rate));
    }
    spec_.ticks_per_clock = standard_.ticks_per_clock;
    spec_.tick_seconds =
        standard_.transfers_per_clock / (spec_.data_rate * 1e6) / standard_.ticks_per_clock;
  }

  void evaluate_timings() {
    const double ns_per_clock = standard_.transfers_per_clock * 1e3 / spec_.data_rate;
    for (const auto& [name, entry] : part_.timing) {
      const std::int64_t clocks = clocks_of(entry.value, is_maximum(name), ns_per_clock,
                                            fmt::format("timing {} of {}", name, spec_.id));
      spec_.timing[name] = {clocks * standard_.ticks_per_clock, entry.value,
                            text_of(part_.sources, entry.source), entry.status};
    }
    if (spec_.has("nREFI") && spec_.ticks("nREFI") < 1) {
      fail(fmt::format("nREFI of {} is less than a clock", spec_.id));
    }
  }

  std::int64_t formula(const std::string& text) {
    return evaluate_formula(text, [&](std::string_view name) { return spec_.ticks(name); });
  }

  // A minimum stands between first cycles; the engine logs last cycles, so commands of different
  // length split the row.
  void add_rows(const ConstraintRow& row) {
    const OnlyIn other = options_.mode == SpecMode::strict ? OnlyIn::reference : OnlyIn::strict;
    if (row.only == other) {
      return;
    }
    const std::int64_t min = formula(row.min);
    std::map<std::int64_t, std::size_t> by_shift;
    for (const DramCommand from : row.from) {
      for (const DramCommand to : row.to) {
        const std::int64_t shift = row.occupancy ? 0 : length(from) - length(to);
        const auto [at, is_new] = by_shift.try_emplace(shift, spec_.constraints.size());
        if (is_new) {
          spec_.constraints.push_back(
              {row.level, {}, {}, min + shift, row.window, row.siblings, row.min});
        }
        DramConstraint& made = spec_.constraints[at->second];
        append_once(made.from, from);
        append_once(made.to, to);
      }
    }
  }

  static void append_once(std::vector<DramCommand>& list, DramCommand command) {
    if (std::find(list.begin(), list.end(), command) == list.end()) {
      list.push_back(command);
    }
  }

  int length(DramCommand command) const {
    const int ticks = spec_.command_ticks[index_of(command)];
    if (ticks < 1) {
      fail(fmt::format("standard {} uses {} in a constraint but gives it no command_ticks",
                       standard_.name, enum_name(command)));
    }
    return ticks;
  }

  void check() const {
    const auto need = [&](DramCommand command, std::string_view reason) {
      if (!spec_.has_command(command)) {
        fail(fmt::format("standard {} lacks {}, needed for {}", standard_.name, enum_name(command),
                         reason));
      }
    };
    for (const DramCommand c : {DramCommand::act, DramCommand::pre, DramCommand::pre_all,
                                DramCommand::rd, DramCommand::wr, DramCommand::ref_all}) {
      need(c, "every controller");
    }
    if (std::find(standard_.generations.begin(), standard_.generations.end(), part_.generation) ==
        standard_.generations.end()) {
      fail(fmt::format("part {}: generation {} is not one of standard {}", spec_.id,
                       part_.generation, standard_.name));
    }
    if (spec_.read_latency < 1 || spec_.burst < 1 || spec_.ticks("nREFI") <= spec_.ticks("nRFC")) {
      fail(fmt::format("part {}: latency and burst must be at least a tick and nREFI above nRFC",
                       spec_.id));
    }
  }

  const PartFile& part_;
  const StandardFile& standard_;
  const DramSpecOptions& options_;
  DramSpec spec_;
};

}  // namespace

DramSpec load_dram_spec(const std::string& part, const DramSpecOptions& options) {
  const bool is_path = part.ends_with(".yaml") || part.ends_with(".yml");
  const std::string path = is_path ? part : require_in_catalogue(kDramParts, part).path;
  const PartFile file = parse_document<PartFile>(read_document(path));
  const Found standard = require_in_catalogue(kDramStandards, file.standard);
  const StandardFile standard_file = parse_document<StandardFile>(read_document(standard.path));
  return Compiler(file, standard_file, options)
      .compile(std::filesystem::path(path).stem().string());
}

DramSpec parse_dram_spec(const std::string& part_yaml, const std::string& standard_yaml,
                         const DramSpecOptions& options) {
  const PartFile part = parse_document<PartFile>(parse_yaml(part_yaml, "part"));
  const StandardFile standard = parse_document<StandardFile>(parse_yaml(standard_yaml, "standard"));
  return Compiler(part, standard, options).compile("part");
}

}  // namespace moru
