// A queue of requests as bit masks, in order of arrival.
//
// Up to 64 requests stand at positions of a ring; a mask has bit p for the request at position p,
// so "all requests of bank b that hit its open row" is one AND, and "the oldest of them" a rotate
// and a count of zeros. What a request needs next (column command, activate, precharge) depends
// only on its bank's state: the masks change when that does and are never derived again.
#pragma once

#include "moru/dram/device_tables.h"

#include <array>
#include <bit>
#include <cstdint>

namespace moru {

// A request as the engine takes it: arrives no earlier than `available`, goes to one access of a
// row.
struct DramRequest {
  Tick available = 0;
  std::uint32_t row = 0;
  std::uint16_t burst = 0;  // which access of the row
  std::uint8_t bank = 0;    // flat
  bool is_write = false;
};

using SlotMask = std::uint64_t;
inline constexpr int kQueueSlots = 64;

class RequestQueue {
 public:
  explicit RequestQueue(int capacity) : capacity_(capacity) {}

  int size() const { return size_; }
  bool is_full() const { return size_ >= capacity_; }
  int capacity() const { return capacity_; }

  // The earliest arrival among `mask`, which is not empty.
  int oldest(SlotMask mask) const {
    return (std::countr_zero(std::rotr(mask, base_)) + base_) & (kQueueSlots - 1);
  }

  // Adds at the tail; the caller sets the class masks. Returns the position.
  int append(const DramRequest& request, int request_rank, Tick arrival, std::uint32_t index) {
    if ((live >> tail_ & 1) != 0) [[unlikely]] {
      compact();
    }
    const int p = tail_;
    tail_ = (tail_ + 1) & (kQueueSlots - 1);
    const SlotMask bit = SlotMask{1} << p;
    if (size_++ == 0) {
      base_ = p;
    }
    live |= bit;
    in_bank[request.bank] |= bit;
    in_rank[static_cast<std::size_t>(request_rank)] |= bit;
    bank[p] = request.bank;
    rank[p] = static_cast<std::uint8_t>(request_rank);
    row[p] = request.row;
    burst[p] = request.burst;
    arrived[p] = arrival;
    id[p] = index;
    return p;
  }

  void remove(int p) {
    const SlotMask keep = ~(SlotMask{1} << p);
    live &= keep;
    hit &= keep;
    closed &= keep;
    conflict &= keep;
    held &= keep;
    in_bank[bank[p]] &= keep;
    in_rank[rank[p]] &= keep;
    --size_;
    if (p == base_ && size_ > 0) {
      base_ = oldest(live);
    }
  }

  // Requests of bank `b` for `wanted` row.
  SlotMask matching(int b, std::uint32_t wanted) const {
    SlotMask found = 0;
    for (SlotMask rest = in_bank[static_cast<std::size_t>(b)]; rest != 0; rest &= rest - 1) {
      const int p = std::countr_zero(rest);
      found |= row[p] == wanted ? rest & -rest : 0;
    }
    return found;
  }
  // Whether a request for exactly this place waits here.
  bool holds(const DramRequest& request) const {
    for (SlotMask rest = in_bank[request.bank]; rest != 0; rest &= rest - 1) {
      const int p = std::countr_zero(rest);
      if (row[p] == request.row && burst[p] == request.burst) {
        return true;
      }
    }
    return false;
  }

  // Where `compact` moved the request that stood at `watched` (for a CAS between its two ticks).
  int watched = -1;

 private:
  // Renumbers the waiting requests from position 0; needed only when one has waited for 64 others.
  void compact();

  int capacity_;
  int size_ = 0;
  int base_ = 0;  // position of the oldest
  int tail_ = 0;

 public:
  SlotMask live = 0;
  SlotMask hit = 0;       // the bank has the row open
  SlotMask closed = 0;    // the bank is closed
  SlotMask conflict = 0;  // another row is open and may be closed
  SlotMask held = 0;      // may not proceed: its bank is about to be refreshed (strict mode)
  // No candidate of the class can issue before this tick; exact after a search that found none.
  Tick bound_hit = 0;
  Tick bound_closed = 0;
  Tick bound_conflict = 0;
  std::array<SlotMask, kMaxBanks> in_bank{};
  std::array<SlotMask, kMaxRanks> in_rank{};
  std::array<std::uint8_t, kQueueSlots> bank{};
  std::array<std::uint8_t, kQueueSlots> rank{};
  std::array<std::uint32_t, kQueueSlots> row{};
  std::array<std::uint16_t, kQueueSlots> burst{};
  std::array<Tick, kQueueSlots> arrived{};
  std::array<std::uint32_t, kQueueSlots> id{};
};

}  // namespace moru
