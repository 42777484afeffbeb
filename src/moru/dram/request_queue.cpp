#include "moru/dram/request_queue.h"

namespace moru {

void RequestQueue::compact() {
  struct Waiting {
    Tick arrived;
    std::uint32_t row;
    std::uint32_t id;
    std::uint16_t burst;
    std::uint8_t bank;
    std::uint8_t rank;
    std::uint8_t classes;
  };
  std::array<Waiting, kQueueSlots> waiting;  // filled below
  int watched_to = -1;
  int count = 0;
  for (SlotMask rest = live; rest != 0; ++count) {
    const int p = oldest(rest);
    rest &= ~(SlotMask{1} << p);
    const auto has = [p](SlotMask mask) { return static_cast<int>(mask >> p & 1); };
    waiting[count] = {arrived[p],
                      row[p],
                      id[p],
                      burst[p],
                      bank[p],
                      rank[p],
                      static_cast<std::uint8_t>(has(hit) | has(closed) << 1 | has(conflict) << 2 |
                                                has(held) << 3)};
    watched_to = p == watched ? count : watched_to;
    in_bank[bank[p]] = 0;
    in_rank[rank[p]] = 0;
  }
  hit = closed = conflict = held = 0;
  live = count == kQueueSlots ? ~SlotMask{0} : (SlotMask{1} << count) - 1;
  for (int p = 0; p < count; ++p) {
    const Waiting& w = waiting[p];
    const auto bit = [p](int flag) { return static_cast<SlotMask>(flag & 1) << p; };
    arrived[p] = w.arrived;
    row[p] = w.row;
    id[p] = w.id;
    burst[p] = w.burst;
    bank[p] = w.bank;
    rank[p] = w.rank;
    hit |= bit(w.classes);
    closed |= bit(w.classes >> 1);
    conflict |= bit(w.classes >> 2);
    held |= bit(w.classes >> 3);
    in_bank[w.bank] |= bit(1);
    in_rank[w.rank] |= bit(1);
  }
  watched = watched_to;
  base_ = 0;
  tail_ = count;
}

}  // namespace moru
