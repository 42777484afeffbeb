// What an operator costs on a chip, and why.
#pragma once

#include "moru/base/fields.h"

#include <array>
#include <string>

namespace moru {

// What the time of an operator is spent on.
enum class Bound { compute, memory, cache, link, overhead };
inline constexpr std::size_t kBounds = 5;
template <>
struct EnumNames<Bound> {
  static constexpr std::array<std::pair<std::string_view, Bound>, kBounds> values = {
      {{"compute", Bound::compute},
       {"memory", Bound::memory},
       {"cache", Bound::cache},
       {"link", Bound::link},
       {"overhead", Bound::overhead}}};
};

// Of one launch on one chip; times in seconds, bytes as moved.
//   seconds = max(compute, memory, cache, link) + overhead
struct OpCost {
  double seconds = 0;
  double compute = 0;   // matrix or vector units busy
  double memory = 0;    // main memory busy
  double cache = 0;     // shared cache busy
  double link = 0;      // links busy, latency included
  double overhead = 0;  // launch
  double low = 0;       // the time if the constants stand at the favourable end of their ranges
  double high = 0;      // … at the other end
  Bound bound = Bound::compute;
  double memory_bytes = 0;
  double cache_bytes = 0;
  double link_bytes = 0;
  // Share of the peak of what binds that is really used: utilisation of the matrix units if compute
  // binds, of the memory bandwidth if memory binds.
  double utilisation = 0;
};

// What the busy part of a cost is spent on, launch overhead aside.
constexpr Bound busiest(const OpCost& cost) {
  Bound bound = Bound::compute;
  double most = cost.compute;
  for (const auto& [time, candidate] :
       {std::pair(cost.memory, Bound::memory), std::pair(cost.cache, Bound::cache),
        std::pair(cost.link, Bound::link)}) {
    if (time > most) {
      most = time;
      bound = candidate;
    }
  }
  return bound;
}

// The same, with overhead where it exceeds all of it.
constexpr Bound binding(const OpCost& cost) {
  return cost.overhead > cost.seconds - cost.overhead ? Bound::overhead : busiest(cost);
}

// Why an operator cannot run on a chip, and what would let it.
struct Infeasible {
  std::string reason;
};

}  // namespace moru
