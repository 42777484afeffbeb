// The same service under rising load, and the largest load that still meets its objective.
#pragma once

#include "moru/scenario/evaluate.h"

#include <optional>
#include <string>
#include <vector>

namespace moru {

enum class SweptLoad { rate, concurrency };
template <>
struct EnumNames<SweptLoad> {
  static constexpr std::array<std::pair<std::string_view, SweptLoad>, 2> values = {
      {{"rate", SweptLoad::rate}, {"concurrency", SweptLoad::concurrency}}};
};

// "rate=1:20:1": requests per second from 1 to 20 in steps of 1; "concurrency=8:64:8".
struct SweepRange {
  SweptLoad load = SweptLoad::rate;
  double low = 0;
  double high = 0;
  double step = 0;
};
// Throws Error unless 0 < low <= high, 0 < step and there are at most 1,000 points.
SweepRange parse_sweep(const std::string& text);

struct SweepPoint {
  double load = 0;
  Report report;
};

struct SweepResult {
  SweepRange range;
  std::vector<SweepPoint> points;
  // The largest load that meets the objective, to 1% (concurrency: exactly), by bisection between
  // the last point that meets it and the first that does not; absent if no point meets it or no
  // objective is set, the range's end if all do.
  std::optional<double> knee;
  bool is_beyond = false;  // all points meet it
};

// Serves the scenario's requests at every load, arrivals rescheduled. Throws Error as evaluate().
SweepResult sweep(const Scenario& scenario, const SweepRange& range);

}  // namespace moru
