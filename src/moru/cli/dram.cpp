// moru dram: what a memory sustains under a pattern or a trace.
#include "moru/base/file.h"
#include "moru/base/json_writer.h"
#include "moru/base/registry.h"
#include "moru/base/table.h"
#include "moru/base/text.h"
#include "moru/cli/dram_bench.h"
#include "moru/cli/dram_curves.h"
#include "moru/cli/options.h"
#include "moru/dram/memory.h"

#include <fmt/format.h>

namespace moru {
namespace {

template <class E>
std::vector<std::string> texts_of() {
  std::vector<std::string> texts;
  for (const std::string_view name : enum_names<E>()) {
    texts.emplace_back(name);
  }
  return texts;
}

class Dram final : public Command {
 public:
  void declare(Options& options) override {
    options.text("--dram", question_.part, "part: hbm3e-9.2, gddr7-32, …, or a YAML file");
    options.number("--data-rate", question_.data_rate,
                   "million transfers a second and pin; 0: the part's");
    options.count("--stacks", stacks_, "stacks or devices");
    options.text("--pattern", pattern_,
                 "stream, mixed, random, randmix, strided, local, hot, burst, wrheavy, kv-decode, "
                 "drained, or a trace file");
    options.number("--load", load_, "per cent of the peak request rate");
    options.count("--page", question_.page_bytes,
                  "kv-decode: bytes of one KV page over all channels");
    options.count("--interleave", question_.interleave, "consecutive bytes in one channel");
    options.choice("--mapping", mapping_, texts_of<AddressScheme>(), "address mapping of a trace");
    options.choice("--mode", mode_, {"strict", "ramulator2"},
                   "all constraints, or the reference's");
    options.choice("--refresh", refresh_, {"part", "all_bank", "per_bank", "same_bank", "none"},
                   "refresh mode");
    options.choice("--row-policy", row_policy_, {"default", "open", "closed", "timeout"},
                   "when rows close");
    options.choice("--scheduler", scheduler_, texts_of<DramScheduler>(),
                   "which request goes first");
    options.count("--queue", queue_, "entries of each queue (0: 48 strict, 32 reference)");
    options.flag("--separate-queues", question_.separate_queues,
                 "queues and command bus for each pseudo-channel, as GPUs' controllers have them");
    options.count("--postpone", postpone_, "refreshes that may be postponed (0 to 8)");
    options.number("--power-down-after", power_down_ns_, "idle ns before power-down; 0: never");
    options.number("--self-refresh-after", self_refresh_ns_,
                   "idle ns before self-refresh; 0: never");
    options.number("--time", time_us_, "simulated microseconds");
    options.text("--bytes", bytes_,
                 "stream, mixed: so much in all instead of a time ('70 GB'), repetitions skipped");
    options.flag("--fast-forward,!--no-fast-forward", question_.may_jump,
                 "with --bytes: skip repetitions (exact)");
    options.count("--seed", seed_, "of the random patterns");
    options.count("--threads", threads_, "0: as many as the machine has");
    options.text("--commands", commands_path_, "write the command trace (CSV) there");
    options.text("--bench", bench_,
                 "folder with golden cases: speed against the reference's cpu_cost.csv");
    options.text("--curves", curves_,
                 "write there what each part of the catalogue's chips sustains (data/dram/curve)");
    options.flag("--json", json_, "moru/dram/1 on stdout");
    options.text("-o,--output", output_, "write there instead of stdout");
    options.example("moru dram --dram hbm3e-9.2 --stacks 8 --pattern kv-decode --page 131072");
  }

  int run(const Options&) override {
    if (!bench_.empty()) {
      write_file(output_, dram_bench(bench_, json_));
      return kExitAnswered;
    }
    if (!curves_.empty()) {
      write_curves(curves_);
      return kExitAnswered;
    }
    fill_question();
    const DramAnswer answer = simulate_dram(question_);
    if (!commands_path_.empty()) {
      write_commands(answer);
    }
    write_file(output_, json_ ? as_json(answer) : as_text(answer));
    return kExitAnswered;
  }

 private:
  void fill_question() {
    question_.stacks = static_cast<int>(std::clamp<std::int64_t>(stacks_, 0, 1000));
    if (!(question_.data_rate >= 0)) {
      fail("--data-rate must be zero (the part's) or a rate");
    }
    question_.load = load_ / 100;
    if (!bytes_.empty()) {
      const ParsedQuantity parsed = parse_quantity(bytes_, Bytes::dimension);
      if (!parsed.reason.empty() || !(parsed.value > 0)) {
        fail(fmt::format("--bytes: {}",
                         parsed.reason.empty() ? "must be above zero" : parsed.reason));
      }
      question_.bytes = parsed.value;
    }
    question_.seconds = time_us_ * 1e-6;
    question_.seed = static_cast<std::uint64_t>(seed_);
    question_.threads = static_cast<int>(std::clamp<std::int64_t>(threads_, 0, 256));
    question_.scheme = *enum_value<AddressScheme>(mapping_);
    question_.mode = mode_ == "strict" ? SpecMode::strict : SpecMode::ramulator2;
    question_.keep_commands = !commands_path_.empty();
    if (const std::optional<DramPattern> pattern = enum_value<DramPattern>(pattern_)) {
      question_.pattern = *pattern;
    } else if (file_exists(pattern_)) {
      question_.trace = read_access_trace(pattern_);
    } else {
      const std::vector<std::string> names = texts_of<DramPattern>();
      fail(fmt::format("'{}' is neither a pattern nor a file{}; patterns: {}", pattern_,
                       did_you_mean(pattern_, std::span<const std::string>(names)),
                       join(std::span<const std::string>(names), ", ")));
    }
    const DramSpec spec = load_dram_spec(question_.part, {question_.mode, question_.data_rate});
    ControllerOptions options = sustained_options(spec);
    if (refresh_ != "part") {
      options.refresh = *enum_value<RefreshMode>(refresh_);
    }
    if (row_policy_ != "default") {
      options.row_policy = *enum_value<RowPolicy>(row_policy_);
    }
    options.scheduler = *enum_value<DramScheduler>(scheduler_);
    if (queue_ != 0) {
      options.read_queue = options.write_queue =
          static_cast<int>(std::clamp<std::int64_t>(queue_, -1, 1000));
    }
    options.refresh_postpone = static_cast<int>(std::clamp<std::int64_t>(postpone_, -1, 100));
    const auto ticks = [&](double ns) {
      if (!(ns >= 0 && ns < 1e9)) {
        fail("idle times must be 0 to a second");
      }
      return static_cast<Tick>(ns * 1e-9 / spec.tick_seconds);
    };
    options.power_down_after = ticks(power_down_ns_);
    options.self_refresh_after = ticks(self_refresh_ns_);
    const bool is_plain = options.scheduler == DramScheduler::fr_fcfs &&
                          options.row_policy == RowPolicy::open && options.refresh_postpone == 0 &&
                          options.power_down_after == 0 && options.self_refresh_after == 0;
    if (question_.mode == SpecMode::ramulator2 && !is_plain) {
      fail(
          "the reference has only fr_fcfs with open rows, no postponed refresh and no sleep; drop "
          "those options or --mode ramulator2");
    }
    question_.options = options;
  }

  void write_commands(const DramAnswer& answer) const {
    FileWriter writer(commands_path_);
    writer.append(command_trace_header());
    for (std::size_t i = 0; i < answer.commands.size(); ++i) {
      writer.append(command_trace_lines(answer.spec, static_cast<int>(i), answer.commands[i]));
    }
    writer.commit();
  }

  static std::uint64_t columns(const DramAnswer& a) {
    const auto& c = a.counters.commands;
    return c[index_of(DramCommand::rd)] + c[index_of(DramCommand::rda)] +
           c[index_of(DramCommand::wr)] + c[index_of(DramCommand::wra)];
  }
  static double mean_latency_ns(const DramAnswer& a) {
    return a.counters.reads == 0 ? 0
                                 : a.seconds(static_cast<double>(a.counters.read_latency_sum) /
                                             static_cast<double>(a.counters.reads)) *
                                       1e9;
  }
  static double percentile_ns(const DramAnswer& a, double share) {
    return a.seconds(static_cast<double>(a.counters.read_latency.percentile(share))) * 1e9;
  }
  static double row_hit_rate(const DramAnswer& a) {
    return static_cast<double>(a.counters.row_hits) /
           static_cast<double>(std::max<std::uint64_t>(columns(a), 1));
  }
  static double bits(const DramAnswer& a) {
    return std::max(1.0, static_cast<double>(columns(a)) * a.spec.geometry.access_bytes() * 8);
  }

  static std::string bound_text(const DramAnswer& a) {
    if (a.bound.empty()) {
      return fmt::format("{} requests of a channel simulated, the others repeat them\n",
                         with_thousands(static_cast<std::int64_t>(a.simulated)));
    }
    Table bound({"", "share"}, {Align::left, Align::right});
    for (std::size_t i = 0; i < std::min<std::size_t>(a.bound.size(), 6); ++i) {
      bound.row({a.bound[i].what, fmt::format("{:.1f}%", a.bound[i].share * 100)});
    }
    return "what took the time\n" + bound.text();
  }

  static std::string as_text(const DramAnswer& a) {
    std::string text =
        fmt::format("{} ({}): {} channels, {} refresh, {} rows, {:.3g} us\n", a.spec.name,
                    a.spec.id, a.channels, enum_name(a.options.refresh),
                    enum_name(a.options.row_policy), a.seconds(static_cast<double>(a.ticks)) * 1e6);
    Table table({"", ""}, {Align::left, Align::left});
    table.row(
        {"bandwidth", fmt::format("{:.1f} GB/s of {:.1f} GB/s ({:.1f}%)", a.bytes_per_second * 1e-9,
                                  a.peak_bytes_per_second * 1e-9, a.share_of_peak() * 100)});
    table.row({"read latency",
               fmt::format("mean {:.0f}, p50 {:.0f}, p90 {:.0f}, p99 {:.0f} ns", mean_latency_ns(a),
                           percentile_ns(a, 0.5), percentile_ns(a, 0.9), percentile_ns(a, 0.99))});
    table.row({"row hits", fmt::format("{:.1f}%", row_hit_rate(a) * 100)});
    const auto per_bit = [&](const EnergySplit& e) { return e.total() / bits(a) * 1e12; };
    table.row(
        {"energy", fmt::format("{:.2f} pJ/b ({:.2f} to {:.2f}), {:.1f} W, refresh {:.1f}%",
                               per_bit(a.energy.mid), per_bit(a.energy.low), per_bit(a.energy.high),
                               a.energy.mid.total() / a.seconds(static_cast<double>(a.ticks)),
                               a.energy.mid.refresh / a.energy.mid.total() * 100)});
    text += table.text() + bound_text(a);
    if (!a.spec.extrapolated().empty()) {
      text += fmt::format("rests on {} extrapolated timings: {}\n", a.spec.extrapolated().size(),
                          a.spec.source);
    }
    return text;
  }

  static std::string as_json(const DramAnswer& a) {
    JsonWriter json;
    json.begin_object()
        .field("schema", "moru/dram/1")
        .field("part", a.spec.id)
        .field("name", a.spec.name)
        .field("channels", a.channels)
        .field("refresh", enum_name(a.options.refresh))
        .field("seconds", a.seconds(static_cast<double>(a.ticks)))
        .field("bandwidth", a.bytes_per_second)
        .field("peak_bandwidth", a.peak_bytes_per_second)
        .field("share_of_peak", a.share_of_peak())
        .field("row_hit_rate", row_hit_rate(a))
        .field("requests", columns(a))
        .field("extrapolated", !a.spec.extrapolated().empty());
    json.key("read_latency_ns").begin_object().field("mean", mean_latency_ns(a));
    for (const double share : {0.5, 0.9, 0.99, 0.999}) {
      json.field(fmt::format("p{:g}", share * 100), percentile_ns(a, share));
    }
    json.end_object().key("commands").begin_object();
    for (int c = 0; c < kDramCommands; ++c) {
      if (a.counters.commands[static_cast<std::size_t>(c)] > 0) {
        json.field(command_name(a.spec, static_cast<DramCommand>(c)),
                   a.counters.commands[static_cast<std::size_t>(c)]);
      }
    }
    json.end_object().key("energy").begin_object();
    for (const auto& [name, split] :
         {std::pair("low", &a.energy.low), std::pair("mid", &a.energy.mid),
          std::pair("high", &a.energy.high)}) {
      json.key(name).begin_object().field("joules", split->total());
      json.field("pj_per_bit", split->total() / bits(a) * 1e12)
          .field("pj_per_request",
                 split->total() / bits(a) * 8 * a.spec.geometry.access_bytes() * 1e12)
          .field("refresh_share", split->refresh / split->total())
          .end_object();
    }
    json.end_object().key("bound").begin_array();
    for (const BoundShare& share : a.bound) {
      json.begin_object().field("what", share.what).field("share", share.share).end_object();
    }
    json.end_array().end_object();
    return json.take();
  }

  DramQuestion question_;
  std::int64_t stacks_ = 1;
  std::string pattern_ = "stream";
  double load_ = 100;
  std::string mapping_ = "interleaved";
  std::string mode_ = "strict";
  std::string refresh_ = "part";
  std::string row_policy_ = "default";
  std::string scheduler_ = "fr_fcfs";
  std::int64_t queue_ = 0;
  std::int64_t postpone_ = 0;
  double power_down_ns_ = 0;
  double self_refresh_ns_ = 0;
  double time_us_ = 20;
  std::string bytes_;
  std::int64_t seed_ = 1;
  std::int64_t threads_ = 0;
  std::string commands_path_;
  std::string bench_;
  std::string curves_;
  bool json_ = false;
  std::string output_ = "-";
};

MORU_REGISTER(Command, Dram, "dram", "cycle-accurate bandwidth, latency and energy of a memory");

}  // namespace
}  // namespace moru
