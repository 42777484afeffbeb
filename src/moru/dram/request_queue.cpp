#include "moru/dram/request_queue.h"

namespace moru {

void RequestQueue::compact() {
  const auto order = [&] {
    std::array<int, kQueueSlots> positions{};
    int n = 0;
    for (SlotMask rest = live; rest != 0;) {
      const int p = oldest(rest);
      positions[static_cast<std::size_t>(n++)] = p;
      rest &= ~(SlotMask{1} << p);
    }
    return positions;
  }();
  const RequestQueue old = *this;
  live = hit = closed = conflict = held = 0;
  in_bank.fill(0);
  const auto moved = [](SlotMask mask, int from, int to) { return (mask >> from & 1) << to; };
  for (int to = 0; to < size_; ++to) {
    const int from = order[static_cast<std::size_t>(to)];
    live |= SlotMask{1} << to;
    hit |= moved(old.hit, from, to);
    closed |= moved(old.closed, from, to);
    conflict |= moved(old.conflict, from, to);
    held |= moved(old.held, from, to);
    in_bank[old.bank[from]] |= SlotMask{1} << to;
    bank[to] = old.bank[from];
    row[to] = old.row[from];
    burst[to] = old.burst[from];
    arrived[to] = old.arrived[from];
    id[to] = old.id[from];
    watched = old.watched == from ? to : watched;
  }
  for (std::size_t r = 0; r < in_rank.size(); ++r) {
    in_rank[r] = 0;
    for (int to = 0; to < size_; ++to) {
      in_rank[r] |= moved(old.in_rank[r], order[static_cast<std::size_t>(to)], to);
    }
  }
  base_ = 0;
  tail_ = size_;
}

}  // namespace moru
