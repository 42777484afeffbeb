// Context cost of decode steps as a table over batch size and mean context length.
//
// The decode operators of one context rule see only how many sequences there are and how many keys
// they attend in all. For each number of sequences their cost is kept at knots of the mean number
// of keys, 32 per octave, and interpolated linearly in between; knots are computed when first met.
// A roofline is piecewise linear in the keys, so the table is exact except next to a kink.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace moru {

class DecodeTable {
 public:
  struct Knot {
    double seconds = -1;  // below zero: not computed yet
    double uses = 0;      // steps that rested on it, as interpolation weights
  };
  // Where a mean context lies: between knot `index` and the next, `fraction` of the way.
  struct Position {
    std::int64_t sequences;
    std::size_t index;
    double fraction;
  };

  static Position position(std::int64_t sequences, double keys) {
    const double mean = keys / static_cast<double>(sequences);
    const auto bits = std::bit_cast<std::uint64_t>(mean < 1 ? 1.0 : mean);
    const std::uint64_t step = bits >> kShift;
    return {sequences, static_cast<std::size_t>(step - kFirst),
            static_cast<double>(bits & ((std::uint64_t{1} << kShift) - 1)) * kFractionUnit};
  }
  // Mean number of keys at a knot.
  static double keys_at(std::size_t index) {
    return std::bit_cast<double>((index + kFirst) << kShift);
  }

  // The two knots around a position; the caller computes those it finds unknown.
  Knot* knots(const Position& position) {
    const auto row = static_cast<std::size_t>(position.sequences);
    if (row >= rows_.size()) {
      rows_.resize(row + 1);
    }
    std::vector<Knot>& knots = rows_[row];
    if (position.index + 2 > knots.size()) {
      knots.resize(position.index + 2);
    }
    return &knots[position.index];
  }

  const std::vector<std::vector<Knot>>& rows() const { return rows_; }
  void forget_uses();

 private:
  // The top five mantissa bits tell the 32 knots of an octave apart.
  static constexpr int kShift = 52 - 5;
  static constexpr std::uint64_t kFirst = std::bit_cast<std::uint64_t>(1.0) >> kShift;
  static constexpr double kFractionUnit = 1.0 / static_cast<double>(std::uint64_t{1} << kShift);

  std::vector<std::vector<Knot>> rows_;  // by number of sequences
};

inline void DecodeTable::forget_uses() {
  for (std::vector<Knot>& row : rows_) {
    for (Knot& knot : row) {
      knot.uses = 0;
    }
  }
}

}  // namespace moru
