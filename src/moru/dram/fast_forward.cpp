#include "moru/dram/fast_forward.h"

#include <numeric>
#include <utility>

namespace moru {
namespace {

// Sequential requests that know their place in the stream and can be moved to another.
class StreamSource final : public RequestSource {
 public:
  StreamSource(const DramGeometry& geometry, std::uint64_t count, bool with_writes)
      : geometry_(geometry), count_(count), with_writes_(with_writes) {}

  std::span<const DramRequest> next() override {
    // One at a time, so that the channel never holds requests from before a jump.
    if (at_ >= count_) {
      return {};
    }
    request_ = sequential_access(geometry_, at_);
    request_.is_write = with_writes_ && at_ % 3 == 2;
    ++at_;
    return {&request_, 1};
  }
  std::uint64_t at() const { return at_; }
  void skip(std::uint64_t requests) { at_ += requests; }
  DramRequest head() const {
    DramRequest request = sequential_access(geometry_, at_ - 1);
    request.is_write = with_writes_ && (at_ - 1) % 3 == 2;
    return request;
  }
  // The request the channel holds moves with the stream.
  void refresh_head() { request_ = head(); }

 private:
  DramGeometry geometry_;
  std::uint64_t count_;
  bool with_writes_;
  std::uint64_t at_ = 0;
  DramRequest request_;
};

// The state just before a round of refreshes begins: whole rounds apart the refresh schedule looks
// the same, and what remains is where the stream stands, one of few thousand places.
struct Visit {
  std::vector<Tick> state;
  std::uint64_t at = 0;
  Tick tick = 0;
  ChannelCounters counters;
};

// Refreshes that fall due in one round, each at its own tick.
int refreshes_a_round(const DramGeometry& g, RefreshMode mode) {
  switch (mode) {
    case RefreshMode::per_bank:
      return g.flat_banks();
    case RefreshMode::same_bank:
      return g.banks * g.ranks();
    default:
      return 1;
  }
}

// Advances to the next round; false if the stream ends before.
bool next_round(DramChannel& channel, int refreshes) {
  for (int i = 0; i < refreshes && !channel.is_idle(); ++i) {
    // Before an all-bank refresh the stream runs undisturbed and its state recurs soonest.
    const Tick before = refreshes == 1 ? 1 : 0;
    channel.drain(std::max(channel.next_refresh() - before, channel.now() + 1));
  }
  return !channel.is_idle();
}

Visit visit(const DramChannel& channel, const StreamSource& source, std::uint64_t phases) {
  Visit made;
  made.at = source.at();
  made.tick = channel.now();
  made.state.push_back(static_cast<Tick>(made.at % phases));
  channel.append_state(made.state, source.head().row);
  return made;
}

}  // namespace

StreamRun run_stream(const DramSpec& spec, const ControllerOptions& options, std::uint64_t count,
                     bool with_writes, bool may_jump) {
  const DramGeometry& g = spec.geometry;
  const std::uint64_t per_row =
      static_cast<std::uint64_t>(g.flat_banks()) * static_cast<std::uint64_t>(g.bursts());
  const std::uint64_t phases = with_writes ? std::lcm(per_row, std::uint64_t{3}) : per_row;
  const std::unique_ptr<DramChannel> channel = DramChannel::make(spec, options);
  StreamSource source(g, count, with_writes);
  channel->set_source(&source);
  StreamRun run;
  std::uint64_t skipped = 0;
  const int refreshes = refreshes_a_round(g, options.refresh);
  Visit kept;
  std::uint64_t steps = 0;
  std::uint64_t power = 1;
  while (may_jump && options.refresh != RefreshMode::none && skipped == 0 &&
         next_round(*channel, refreshes)) {
    Visit here = visit(*channel, source, phases);
    if (here.state != kept.state) {
      if (++steps == power) {
        power *= 2;
        steps = 0;
        here.counters = channel->counters();
        kept = std::move(here);
      }
      continue;
    }
    const std::uint64_t requests = here.at - kept.at;
    // Leave the last stretch to be simulated: its end is not a repetition.
    const std::uint64_t fits = (count - here.at) / requests;
    run.period = here.tick - kept.tick;
    run.repetitions = fits > 1 ? fits - 1 : 0;
    if (run.repetitions == 0) {
      break;
    }
    const auto rows = static_cast<std::uint64_t>(g.rows);
    channel->jump({run.repetitions, run.period,
                   static_cast<std::uint32_t>(requests / per_row % rows), &kept.counters});
    skipped = run.repetitions * requests;
    source.skip(skipped);
    source.refresh_head();
  }
  channel->drain(kNever - 1);
  run.counters = channel->counters();
  run.ticks = channel->now();
  run.simulated = count - skipped;
  return run;
}

}  // namespace moru
