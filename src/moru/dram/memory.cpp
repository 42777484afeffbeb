#include "moru/dram/memory.h"

#include "moru/base/error.h"
#include "moru/dram/fast_forward.h"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

namespace moru {
namespace {

struct ChannelResult {
  ChannelCounters counters;
  Tick ticks = 0;
  std::vector<CommandRecord> commands;
};

void check(const DramQuestion& q) {
  if (q.stacks < 1 || q.stacks > 64) {
    fail("stacks must be 1 to 64");
  }
  if (!(q.load > 0.0009 && q.load <= 1.0)) {
    fail("the load must be 0.1% to 100% of the peak request rate");
  }
  if (!(q.seconds > 0 && q.seconds <= 1.0)) {
    fail("the simulated time must be above zero and at most one second");
  }
  if (q.page_bytes < 0 || q.interleave < 1) {
    fail("page and interleave must be sizes in bytes");
  }
  const bool is_sequential = q.pattern == DramPattern::stream || q.pattern == DramPattern::mixed;
  if (!(q.bytes >= 0 && q.bytes <= 1e15)) {
    fail("the bytes to stream must be at most 1 PB");
  }
  if (q.bytes > 0 && (!is_sequential || q.load < 1 || q.keep_commands || !q.trace.empty())) {
    fail("bytes are streamed with the pattern stream or mixed at full load, without --commands");
  }
  if (q.separate_queues && q.keep_commands) {
    fail("commands are those of a shared bus; leave out --separate-queues");
  }
}

// Accesses of one page that fall into one pseudo-channel: its share of the page, but at least one
// interleave unit, or the whole page where that is less.
std::uint64_t accesses_per_page(const DramQuestion& q, const DramSpec& spec, int channels) {
  const std::int64_t access = spec.geometry.access_bytes();
  const std::int64_t page = q.page_bytes > 0 ? q.page_bytes : q.interleave;
  const std::int64_t places = std::int64_t{channels} * spec.geometry.pseudo_channels;
  const std::int64_t run = std::max({page / places, std::min(page, q.interleave), access});
  return static_cast<std::uint64_t>(run / access);
}

// A trace runs to its end: one that lasts longer than any simulation should is a mistake of units.
void check_trace_span(const DramQuestion& q, const DramSpec& spec) {
  constexpr double kLongest = 0.1;
  for (const TraceAccess& access : q.trace) {
    if (static_cast<double>(access.cycle) * spec.tick_seconds > kLongest) {
      fail(
          fmt::format("the trace has an access in cycle {}, later than {:.3g} s; cut it or start "
                      "its cycles at 0",
                      access.cycle, kLongest));
    }
  }
}

ChannelResult run_channel(const DramSpec& spec, const ControllerOptions& options,
                          RequestSource& source, Tick end, bool is_trace, bool keep) {
  ChannelResult result;
  const std::unique_ptr<DramChannel> channel = DramChannel::make(spec, options);
  channel->set_source(&source);
  if (keep) {
    channel->record_commands(&result.commands);
  }
  if (is_trace) {
    channel->drain(kNever - 1);
  } else {
    channel->advance_until(end);
  }
  result.counters = channel->counters();
  result.ticks = channel->now();
  return result;
}

template <class F>
void on_threads(int threads, int count, F work) {
  std::atomic<int> next = 0;
  std::exception_ptr failure;
  std::mutex lock;
  const auto loop = [&] {
    try {
      for (int i = next++; i < count; i = next++) {
        work(i);
      }
    } catch (...) {
      const std::lock_guard<std::mutex> guard(lock);
      failure = std::current_exception();
    }
  };
  const int wanted = threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency());
  std::vector<std::thread> pool;
  for (int t = 1; t < std::min(std::max(wanted, 1), count); ++t) {
    pool.emplace_back(loop);
  }
  loop();
  for (std::thread& thread : pool) {
    thread.join();
  }
  if (failure != nullptr) {
    std::rethrow_exception(failure);
  }
}

// Every channel under the pattern for a time, or with its part of the trace to the end.
void run_channels(const DramQuestion& question, int all_channels, DramAnswer& answer) {
  const DramSpec& spec = answer.spec;
  const bool is_trace = !question.trace.empty();
  const Tick end =
      std::max<Tick>(static_cast<Tick>(std::ceil(question.seconds / spec.tick_seconds)), 1);
  std::vector<std::vector<DramRequest>> split_up;
  if (is_trace) {
    const AddressMap map(spec, answer.channels, question.interleave, question.scheme);
    split_up = split_by_channel(question.trace, map, answer.channels);
  }
  std::vector<ChannelResult> results(static_cast<std::size_t>(answer.channels));
  on_threads(question.threads, answer.channels, [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    PatternSource::Settings settings;
    settings.pattern = question.pattern;
    settings.load_permille = static_cast<std::int64_t>(std::lround(question.load * 1000));
    settings.seed = question.seed + static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15;
    settings.run_length = accesses_per_page(question, spec, all_channels);
    std::unique_ptr<RequestSource> source;
    if (is_trace) {
      source = std::make_unique<MemorySource>(split_up[at]);
    } else {
      source = std::make_unique<PatternSource>(spec, settings);
    }
    results[at] = run_channel(spec, answer.options, *source, end, is_trace,
                              question.keep_commands || (i == 0 && question.explain));
  });
  for (const ChannelResult& result : results) {
    answer.counters.merge(result.counters);
    answer.ticks = std::max(answer.ticks, result.ticks);
  }
  if (question.explain) {
    answer.bound = explain_bound(spec, results[0].commands);
  }
  if (question.keep_commands) {
    for (ChannelResult& result : results) {
      answer.commands.push_back(std::move(result.commands));
    }
  }
}

// So many bytes in sequence over all channels, which all do the same.
void run_bytes(const DramQuestion& question, DramAnswer& answer) {
  const DramSpec& spec = answer.spec;
  const double share = question.bytes / answer.channels / spec.geometry.access_bytes();
  const StreamRun run =
      run_stream(spec, answer.options, static_cast<std::uint64_t>(std::ceil(share)),
                 question.pattern == DramPattern::mixed, question.may_jump);
  for (int i = 0; i < answer.channels; ++i) {
    answer.counters.merge(run.counters);
  }
  answer.ticks = run.ticks;
  answer.simulated = run.simulated;
}

}  // namespace

ControllerOptions sustained_options(const DramSpec& spec) {
  ControllerOptions options;
  options.refresh = spec.refresh;
  if (spec.mode == SpecMode::strict) {
    options.read_queue = 48;
    options.write_queue = 48;
    options.row_policy = RowPolicy::closed;
  } else if (spec.controller != ControllerKind::two_bus_edges) {
    options.refresh = RefreshMode::all_bank;
  }
  return options;
}

DramAnswer simulate_dram(const DramQuestion& question) {
  check(question);
  return simulate_dram(question,
                       load_dram_spec(question.part, {question.mode, question.data_rate}));
}

DramAnswer simulate_dram(const DramQuestion& question, const DramSpec& loaded) {
  check(question);
  DramAnswer answer;
  answer.spec = loaded;
  const int parts_of_a_channel = question.separate_queues ? loaded.geometry.pseudo_channels : 1;
  answer.spec.channels *= parts_of_a_channel;
  answer.spec.geometry.pseudo_channels /= parts_of_a_channel;
  const DramSpec& spec = answer.spec;
  answer.options = question.options.value_or(sustained_options(spec));
  const int all_channels = spec.channels * question.stacks;
  answer.channels = question.sample_channels > 0 && question.trace.empty()
                        ? std::min(question.sample_channels * parts_of_a_channel, all_channels)
                        : all_channels;
  check_trace_span(question, spec);
  if (question.bytes > 0) {
    run_bytes(question, answer);
  } else {
    run_channels(question, all_channels, answer);
  }
  const auto columns = [&](DramCommand a, DramCommand b) {
    return answer.counters.commands[static_cast<std::size_t>(index_of(a))] +
           answer.counters.commands[static_cast<std::size_t>(index_of(b))];
  };
  const double bytes = static_cast<double>(columns(DramCommand::rd, DramCommand::rda) +
                                           columns(DramCommand::wr, DramCommand::wra)) *
                       spec.geometry.access_bytes();
  answer.peak_bytes_per_second = spec.peak_bytes_per_second() * answer.channels;
  answer.bytes_per_second = bytes / (static_cast<double>(answer.ticks) * spec.tick_seconds);
  answer.energy =
      energy_of(spec, load_energy_table(spec.generation), answer.counters,
                static_cast<std::uint64_t>(answer.channels / parts_of_a_channel), answer.ticks);
  return answer;
}

}  // namespace moru
