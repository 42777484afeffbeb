// The event loop and the command slots of the four kinds of controller.
//
// Selection rules are those of the reference (FR-FCFS: the oldest request whose current command is
// ready, no preference for row hits), stated once over bit masks: candidates of a class, minus
// ranks that cannot issue, oldest first, a bank at a time.
#pragma once

#include "moru/dram/channel_core.h"
#include "moru/dram/refresh.h"

namespace moru {

template <ControllerKind kKind, class Refresh>
class ChannelEngine final : public ChannelCore {
 public:
  ChannelEngine(const DramSpec& spec, const ControllerOptions& options)
      : ChannelCore(spec, options),
        refresh_(spec, options),
        hits_served_(static_cast<std::size_t>(tables_->banks()), 0),
        last_use_(static_cast<std::size_t>(tables_->banks()), 0),
        activates_(static_cast<std::size_t>(tables_->banks()), 0) {
    if constexpr (kSplit) {
      act2_within_ = spec.ticks("nAAD");
      clock_after_read_ = spec.ticks("nRL") + spec.burst + spec.ticks("nWCKPST");
      clock_after_write_ = spec.ticks("nWL") + spec.burst + spec.ticks("nWCKPST");
    }
  }

  void advance_until(Tick end) override;
  void drain(Tick limit) override;
  void append_state(std::vector<Tick>& state, std::uint32_t row_origin) const override;
  void jump(const Jump& jump) override;
  Tick next_refresh() const override { return refresh_.next(); }

 private:
  static constexpr bool kEdges = kKind == ControllerKind::two_bus_edges;
  static constexpr bool kTwoBuses = kKind == ControllerKind::two_bus || kEdges;
  static constexpr bool kSplit = kKind == ControllerKind::split_activate;
  static constexpr bool kStrict = Refresh::kIsStrict;
  static constexpr int kNone = -1;

  struct Classes {
    SlotMask hit = 0;
    SlotMask closed = 0;
    SlotMask conflict = 0;
  };

  template <bool kUntilIdle>
  void run(Tick end);
  [[gnu::always_inline]] void step(Tick t);
  void strict_refresh_work(Tick t);
  void tick_two_buses(Tick t);
  void tick_single_bus(Tick t);
  void tick_split(Tick t);
  [[gnu::always_inline]] Tick wake_after(Tick t);
  bool settle_write_mode(Tick t);
  // Column commands need a rising edge: odd ticks.
  static Tick rising(Tick t) { return kEdges ? t | 1 : t; }
  static bool is_rising(Tick t) { return !kEdges || (t & 1) != 0; }
  // Requests whose bank no refresh is about to take (the reference holds none back).
  static SlotMask free_of(const RequestQueue& queue, SlotMask mask) {
    return kStrict ? mask & ~queue.held : mask;
  }
  void raise_bounds(DramCommand command);
  bool blocks_queues() const { return !kStrict && !priority_.empty(); }

  int pick_active(Tick t);
  // kHits, kRows: which classes may be non-empty.
  template <bool kHits, bool kRows>
  int pick(RequestQueue& queue, int kind, Classes classes, Tick t);
  template <bool kHits, bool kRows>
  [[gnu::noinline]] int pick_only(RequestQueue& queue, DramCommand column, Classes classes, Tick t);
  void update_write_mode() { write_mode_ = next_write_mode(); }

  bool column_slot(Tick t);
  bool row_slot(Tick t);
  void issue_from_queue(int kind, int p, Tick t);
  void issue_active(int i, Tick t);
  void issue_column(int kind, int p, Tick t);
  void issue_activate(int kind, int p, Tick t);
  void issue_precharge(RequestQueue& queue, int kind, int p, Tick t);
  DramCommand with_autoprecharge(DramCommand column, int bank);
  void after_column(DramCommand column, int bank, Tick t);
  bool try_priority(Tick t);
  bool try_refresh(std::size_t i, Tick t);
  void issue_refresh(std::size_t i, DramCommand command, Tick t);
  void issue_scope_precharge(const RefreshRequest& request, Tick t);
  void remember_row_command(DramCommand command, const CommandScope& scope, Tick t);
  bool may_precharge(const CommandScope& scope, Tick t) const;
  SlotMask barred_precharges(const RequestQueue& queue, Tick t) const;
  // Split activate.
  void finish_activation(Tick t);
  bool start_clock(DramCommand column, Tick t);
  void continue_cas(Tick t);
  void extend_clock(DramCommand column, Tick t);
  // Strict mode.
  bool strict_idle_work(Tick t);
  void apply_row_hit_cap(int kind, int bank);
  void hold(const RefreshRequest& request, bool is_starting);
  void count_activate(int bank, Tick t);
  bool close_idle_rows(Tick t);
  bool sleep_work(Tick t);
  Tick strict_wake(Tick t) const;
  CommandScope whole_channel() const { return {0, tables_->ranks(), -1, -1}; }

  Refresh refresh_;
  // The pairing rule of falling-edge precharges: the last row command of a rising edge.
  struct Paired {
    Tick edge = 0;
    int pseudo_channel = kNone;
    int bank = kNone;  // kNone: it covered all banks
  } paired_;
  struct PendingActivation {
    ActiveRequest request;
    Tick deadline = 0;
    bool exists = false;
  } pending_;
  struct Cas {
    bool exists = false;
    int active = kNone;  // index in active_, or
    int kind = kNone;    // the queue whose `watched` request it is
  } cas_;
  Tick clock_expiry_ = 0;  // of the data clock (WCK)
  Tick clock_after_read_ = 0;
  Tick clock_after_write_ = 0;
  Tick act2_within_ = 0;
  std::vector<std::uint32_t> hits_served_;
  std::vector<Tick> last_use_;
  std::vector<int> activates_;  // since the bank's last refresh management
  Tick row_timeout_bound_ = 0;
  enum class Sleep : std::uint8_t { awake, power_down, self_refresh } sleep_ = Sleep::awake;
  Tick idle_since_ = 0;
  Tick asleep_since_ = 0;
};

}  // namespace moru
