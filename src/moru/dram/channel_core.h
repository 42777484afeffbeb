// What every kind of controller shares: queues, bank states, injection, bookkeeping of a command.
#pragma once

#include "moru/dram/channel.h"
#include "moru/dram/device.h"

#include <memory>
#include <vector>

namespace moru {

// A request whose activate has been issued and whose column command has not; one a bank at most.
struct ActiveRequest {
  Tick arrived = 0;
  std::uint32_t row = 0;
  std::uint32_t id = 0;
  std::uint16_t burst = 0;
  std::uint8_t bank = 0;
  bool is_write = false;
};

// A refresh on its way: its precharges first, then itself.
struct RefreshRequest {
  DramCommand command = DramCommand::ref_all;
  CommandScope scope;
  int unit = -1;  // of the strict schedule
};

class ChannelCore : public DramChannel {
 public:
  ChannelCore(const DramSpec& spec, const ControllerOptions& options);

  void set_source(RequestSource* source) final;
  void record_commands(std::vector<CommandRecord>* commands) final { recorded_ = commands; }
  void record_times(RequestTimes* times) final { times_ = times; }
  Tick now() const final { return now_; }
  bool is_idle() const final { return !has_work() && cursor_ == end_; }
  const ChannelCounters& counters() const final { return counters_; }

 protected:
  static constexpr std::int64_t kClosed = -1;
  static constexpr std::int64_t kActivating = -2;  // between the halves of a split activate

  bool has_work() const {
    return active_count_ > 0 || queues_[0].live != 0 || queues_[1].live != 0;
  }
  // --- injection -------------------------------------------------------------------------------
  // Offers the head request in tick `t`; its arrival stamp is t - 1.
  void inject(Tick t) {
    const DramRequest& request = *cursor_;
    RequestQueue& writes = queues_[1];
    if (writes.in_bank[request.bank] != 0 && writes.holds(request)) {
      answer_from_write_queue(request, t);
      return;
    }
    const int kind = request.is_write ? 1 : 0;
    RequestQueue& queue = queues_[kind];
    if (queue.is_full()) {
      blocked_ = kind;
      arrival_tick_ = kNever;
      return;
    }
    const int bank = request.bank;
    const int p = queue.append(request, device_.rank_of(bank), t - 1, next_id(t - 1));
    classify(queue, kind, p, bank, request.row);
    advance_source(t);
  }
  void answer_from_write_queue(const DramRequest& request, Tick t);
  // A place in the queue came free: the refused head is offered again in the next tick.
  void freed(int kind, Tick t) {
    if (blocked_ == kind) {
      blocked_ = -1;
      arrival_tick_ = std::max(t + 1, cursor_->available + 1);
    }
  }
  void advance_source(Tick t) {
    ++cursor_;
    ++counters_.accepted;
    if (cursor_ == end_) [[unlikely]] {
      refill();
    }
    if (cursor_ == end_) [[unlikely]] {
      arrival_tick_ = kNever;
      return;
    }
    arrival_tick_ = std::max(t + 1, cursor_->available + 1);
    // A head that would be refused need not be offered; one that a waiting write answers must be.
    const int kind = cursor_->is_write ? 1 : 0;
    if (queues_[kind].is_full() && queues_[1].in_bank[cursor_->bank] == 0) {
      blocked_ = kind;
      arrival_tick_ = kNever;
    }
  }
  void refill();
  std::uint32_t next_id(Tick accept_stamp) {
    if (times_ != nullptr) [[unlikely]] {
      times_->accept.push_back(accept_stamp);
      times_->done.push_back(-1);
    }
    return static_cast<std::uint32_t>(counters_.accepted);
  }

  // --- classes of waiting requests -------------------------------------------------------------
  static DramCommand column_of(int kind) { return kind == 0 ? DramCommand::rd : DramCommand::wr; }
  static void lower(Tick& bound, Tick tick) { bound = std::min(bound, tick); }
  // A bound that has already come will be searched anyway.
  void lower_to_ready(Tick& bound, DramCommand command, int bank) const {
    if (bound > now_) {
      bound = std::min(bound, device_.ready(command, bank));
    }
  }
  // Sets the class masks of a request that has just arrived.
  void classify(RequestQueue& queue, int kind, int p, int bank, std::uint32_t row) {
    const SlotMask bit = SlotMask{1} << p;
    const std::int64_t open = open_row_[static_cast<std::size_t>(bank)];
    if (open == kClosed) {
      queue.closed |= bit;
      lower_to_ready(queue.bound_closed, DramCommand::act, bank);
    } else if (open == static_cast<std::int64_t>(row)) {
      queue.hit |= bit;
      lower_to_ready(queue.bound_hit, column_of(kind), bank);
    } else if (open >= 0 && !guarded_[static_cast<std::size_t>(bank)]) {
      queue.conflict |= bit;
      lower_to_ready(queue.bound_conflict, DramCommand::pre, bank);
    }
    if (is_held_[static_cast<std::size_t>(bank)]) {
      queue.held |= bit;
    }
  }
  // The bank has opened `row` for an active request: its other requests hit or wait for that one.
  void opened(int bank, std::uint32_t row) {
    open_row_[static_cast<std::size_t>(bank)] = row;
    guarded_[static_cast<std::size_t>(bank)] = true;
    for (int kind = 0; kind < 2; ++kind) {
      RequestQueue& queue = queues_[kind];
      const SlotMask in_bank = queue.in_bank[static_cast<std::size_t>(bank)];
      if (in_bank != 0) {
        queue.closed &= ~in_bank;
        const SlotMask hits = queue.matching(bank, row);
        queue.hit |= hits;
        if (hits != 0) {
          lower_to_ready(queue.bound_hit, column_of(kind), bank);
        }
      }
    }
  }
  void closed(int bank) {
    open_row_[static_cast<std::size_t>(bank)] = kClosed;
    for (RequestQueue& queue : queues_) {
      const SlotMask in_bank = queue.in_bank[static_cast<std::size_t>(bank)];
      if (in_bank != 0) {
        queue.hit &= ~in_bank;
        queue.conflict &= ~in_bank;
        queue.closed |= in_bank;
        lower_to_ready(queue.bound_closed, DramCommand::act, bank);
      }
    }
  }
  // The bank's active request is served: requests for other rows may close it now.
  void unguarded(int bank) {
    guarded_[static_cast<std::size_t>(bank)] = false;
    for (int kind = 0; kind < 2; ++kind) {
      RequestQueue& queue = queues_[kind];
      const SlotMask others = queue.in_bank[static_cast<std::size_t>(bank)] & ~queue.hit;
      if (others != 0) {
        const SlotMask conflicts = others & ~capped_hits(kind, bank);
        queue.conflict |= conflicts;
        lower_to_ready(queue.bound_conflict, DramCommand::pre, bank);
      }
    }
  }
  // Requests for the open row that the row-hit cap keeps from hitting (strict mode).
  SlotMask capped_hits(int kind, int bank) const {
    return capped_[static_cast<std::size_t>(kind * tables_->banks() + bank)]
               ? queues_[kind].matching(
                     bank, static_cast<std::uint32_t>(open_row_[static_cast<std::size_t>(bank)]))
               : 0;
  }

  // --- write mode (hysteresis between the queues) ------------------------------------------------
  bool next_write_mode() const {
    const int writes = queues_[1].size();
    return write_mode_ ? !(writes <= write_leave_ && queues_[0].size() > 0)
                       : writes >= write_enter_ || queues_[0].size() == 0;
  }

  // --- bookkeeping -----------------------------------------------------------------------------
  void record(DramCommand command, Tick t, int bank, int type, std::int64_t row, int burst) {
    ++counters_.commands[index_of(command)];
    if (recorded_ != nullptr) [[unlikely]] {
      write_record(command, t, bank, type, row, burst);
    }
  }
  void record_scope(DramCommand command, Tick t, const CommandScope& scope);
  // A read whose data are complete in `depart`; completions leave in order.
  void complete_read(std::uint32_t id, Tick arrived, Tick depart) {
    last_done_ = std::max(last_done_, depart);
    const Tick latency = last_done_ - arrived;
    ++counters_.reads;
    counters_.read_latency_sum += static_cast<std::uint64_t>(latency);
    if (latency < counters_.read_latency_min) [[unlikely]] {
      counters_.read_latency_min = latency;
    }
    if (latency > counters_.read_latency_max) [[unlikely]] {
      counters_.read_latency_max = latency;
    }
    counters_.read_latency.add(latency);
    if (times_ != nullptr) [[unlikely]] {
      times_->done[id] = last_done_;
    }
  }
  void complete_write(std::uint32_t id, Tick t) {
    ++counters_.writes;
    if (times_ != nullptr) [[unlikely]] {
      times_->done[id] = t;
    }
  }
  void write_record(DramCommand command, Tick t, int bank, int type, std::int64_t row, int burst);

  CommandScope scope_of_bank(int bank) const {
    const int rank = device_.rank_of(bank);
    return {rank, rank + 1, bank, -1};
  }
  template <class F>
  void for_banks(const CommandScope& scope, F f) const {
    if (scope.bank >= 0) {
      f(scope.bank);
      return;
    }
    const DramGeometry& g = tables_->geometry();
    for (int bank = scope.first_rank * g.banks_per_rank();
         bank < scope.end_rank * g.banks_per_rank(); ++bank) {
      if (scope.same_bank < 0 || bank % g.banks == scope.same_bank) {
        f(bank);
      }
    }
  }

  DramSpec spec_;
  ControllerOptions options_;
  std::shared_ptr<const DeviceTables> tables_;
  Device device_;
  std::array<RequestQueue, 2> queues_;  // reads, writes
  std::array<ActiveRequest, kMaxBanks> active_{};
  int active_count_ = 0;
  Tick active_bound_ = 0;
  std::vector<RefreshRequest> priority_;  // refreshes waiting for the bus, first in first out
  Tick priority_bound_ = 0;
  std::array<std::int64_t, kMaxBanks> open_row_;
  std::array<std::uint8_t, kMaxBanks> guarded_{};     // the bank has an active request
  std::array<std::uint8_t, kMaxBanks> is_held_{};     // the bank waits for its refresh (strict)
  std::array<std::uint8_t, 2 * kMaxBanks> capped_{};  // by kind and bank: hits must wait (strict)
  bool write_mode_ = false;
  int write_enter_ = 0;
  int write_leave_ = 0;

  const DramRequest* cursor_ = nullptr;
  const DramRequest* end_ = nullptr;
  RequestSource* source_ = nullptr;
  Tick arrival_tick_ = kNever;
  int blocked_ = -1;  // the queue whose fullness refused the head
  Tick now_ = 0;
  Tick last_done_ = 0;
  ChannelCounters counters_;
  std::vector<CommandRecord>* recorded_ = nullptr;
  RequestTimes* times_ = nullptr;
};

}  // namespace moru
