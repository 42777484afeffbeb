// One DRAM channel and its controller, simulated event by event.
//
//   DramChannel channel(spec, options);
//   channel.set_source(&requests);
//   channel.advance_until(tick);          // every command up to and including that tick
//
// Nothing runs between events: the engine looks at a tick only if a request arrives, a refresh is
// due, or the kept lower bounds say that a command could issue. In `ramulator2` mode the commands,
// their ticks and the requests' accept and done ticks are those of the reference simulator.
#pragma once

#include "moru/dram/device_tables.h"
#include "moru/dram/request_queue.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace moru {

enum class DramScheduler : std::uint8_t {
  fr_fcfs,      // the oldest request whose next command is ready
  fr_fcfs_cap,  // the same, but after `row_hit_cap` hits a row with an older conflict is closed
};
template <>
struct EnumNames<DramScheduler> {
  static constexpr std::array<std::pair<std::string_view, DramScheduler>, 2> values = {
      {{"fr_fcfs", DramScheduler::fr_fcfs}, {"fr_fcfs_cap", DramScheduler::fr_fcfs_cap}}};
};

enum class RowPolicy : std::uint8_t {
  open,     // a row stays open until another is wanted
  closed,   // the last waiting access of a row closes it (auto-precharge)
  timeout,  // a row that nobody wants is closed after `row_timeout` ticks
};
template <>
struct EnumNames<RowPolicy> {
  static constexpr std::array<std::pair<std::string_view, RowPolicy>, 3> values = {
      {{"open", RowPolicy::open}, {"closed", RowPolicy::closed}, {"timeout", RowPolicy::timeout}}};
};

struct ControllerOptions {
  int read_queue = 32;  // requests; 1 to 48
  int write_queue = 32;
  double write_high = 0.8;  // drain writes above this share of the queue …
  double write_low = 0.2;   // … until below this one and reads wait
  DramScheduler scheduler = DramScheduler::fr_fcfs;
  int row_hit_cap = 16;
  RowPolicy row_policy = RowPolicy::open;
  Tick row_timeout = 200;
  RefreshMode refresh = RefreshMode::all_bank;
  int refresh_postpone = 0;     // refreshes that may be owed while requests wait (0 to 8, strict)
  int rfm_every = 0;            // activates of a bank before refresh management (strict); 0: never
  bool rfm_all_banks = false;   // with RFMab instead of RFMpb
  Tick power_down_after = 0;    // idle ticks before power-down (strict); 0: never
  Tick self_refresh_after = 0;  // idle ticks before self-refresh (strict); 0: never
};

// Latencies in ticks, in steps of 1/8 of a power of two (exact below 16).
class LatencyHistogram {
 public:
  void add(Tick latency, std::uint64_t count = 1) { counts_[bucket(latency)] += count; }
  void merge(const LatencyHistogram& other, std::uint64_t times = 1);
  // Smallest bucket bound that `share` of the requests do not exceed; 0 if there are none.
  Tick percentile(double share) const;
  std::uint64_t count() const;
  friend bool operator==(const LatencyHistogram&, const LatencyHistogram&) = default;
  // *this + times * (to - from): what a repeated stretch adds.
  void extrapolate(const LatencyHistogram& from, const LatencyHistogram& to, std::uint64_t times);

 private:
  static constexpr int kBuckets = 512;
  static std::size_t bucket(Tick latency) {
    const auto value = static_cast<std::uint64_t>(latency);
    if (value < 16) {
      return static_cast<std::size_t>(value);
    }
    // The top four bits and where they stand; 64 bits cannot go past the last bucket.
    const int shift = std::bit_width(value) - 4;
    return static_cast<std::size_t>(shift * 8) + static_cast<std::size_t>(value >> shift);
  }
  std::array<std::uint64_t, kBuckets> counts_{};
};

struct ChannelCounters {
  std::array<std::uint64_t, kDramCommands> commands{};
  std::uint64_t reads = 0;      // whose data came back or will, forwarded ones included
  std::uint64_t writes = 0;     // put on the bus
  std::uint64_t row_hits = 0;   // column commands that needed no activate of their own
  std::uint64_t forwarded = 0;  // reads answered from the write queue
  std::uint64_t coalesced = 0;  // writes that overwrote a waiting one
  std::uint64_t accepted = 0;
  std::uint64_t read_latency_sum = 0;  // ticks from acceptance to the last data
  Tick read_latency_min = kNever;
  Tick read_latency_max = 0;
  Tick powered_down = 0;  // ticks
  Tick self_refresh = 0;  // ticks
  LatencyHistogram read_latency;
  friend bool operator==(const ChannelCounters&, const ChannelCounters&) = default;

  void merge(const ChannelCounters& other, std::uint64_t times = 1);
  // *this + times * (to - from).
  void extrapolate(const ChannelCounters& from, const ChannelCounters& to, std::uint64_t times);
};

// Where requests come from, in order. The engine reads ahead in pieces.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  // The next requests, at least one, or none at the end of the stream. They stay valid until the
  // next call. `available` must not decrease.
  virtual std::span<const DramRequest> next() = 0;
};

// Requests that are already in memory.
class MemorySource final : public RequestSource {
 public:
  explicit MemorySource(std::span<const DramRequest> requests) : requests_(requests) {}
  std::span<const DramRequest> next() override {
    return std::exchange(requests_, std::span<const DramRequest>{});
  }

 private:
  std::span<const DramRequest> requests_;
};

// Accept and done ticks of the requests in order; done is -1 until it is known.
struct RequestTimes {
  std::vector<Tick> accept;
  std::vector<Tick> done;
};

class DramChannel {
 public:
  // Throws Error if the options make no sense for the spec.
  static std::unique_ptr<DramChannel> make(const DramSpec& spec, const ControllerOptions& options);
  virtual ~DramChannel() = default;

  // All must outlive the channel; null switches recording off (the default).
  virtual void set_source(RequestSource* source) = 0;
  virtual void record_commands(std::vector<CommandRecord>* commands) = 0;
  virtual void record_times(RequestTimes* times) = 0;

  // Simulates every tick up to and including `end`.
  virtual void advance_until(Tick end) = 0;
  // Simulates until the source has ended and every request is on its way, at most to `limit`.
  virtual void drain(Tick limit) = 0;

  virtual Tick now() const = 0;
  // The source has ended and every accepted request has had its column command.
  virtual bool is_idle() const = 0;
  virtual const ChannelCounters& counters() const = 0;

  // For fast-forward: the state that decides the future, relative to now(); the caller adds the
  // phase of its source. Rows enter as their distance to `row_origin`.
  virtual void append_state(std::vector<Tick>& state, std::uint32_t row_origin) const = 0;
  // Jumps over `times` repetitions of a stretch that ended now: clocks move by `ticks` each, rows
  // by `rows`, counters by what the stretch added since `before`.
  struct Jump {
    std::uint64_t times = 0;
    Tick ticks = 0;
    std::uint32_t rows = 0;
    const ChannelCounters* before = nullptr;
  };
  virtual void jump(const Jump& jump) = 0;
  // The tick of the next scheduled refresh (a natural place to compare states).
  virtual Tick next_refresh() const = 0;
};

}  // namespace moru
