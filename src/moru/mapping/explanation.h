// Why an operator takes its time: the kernel chosen, its time line, and what would make it faster.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace moru {

// A part of the time line, in order; the parts add up to the operator's time.
struct Phase {
  std::string_view name;  // launch, fill, steady, drain
  double seconds = 0;
};

// The smallest factor on a resource (1 to 8) that makes the operator 10% faster; 0: none does.
struct Lever {
  std::string_view resource;
  double factor = 0;
};

struct Explanation {
  std::string kernel;  // tile, split, waves
  std::vector<Phase> timeline;
  double waves = 0;        // of thread blocks or array tiles; the fraction is the tail
  double clock_share = 1;  // of the highest clock, as power allows
  std::string runner_up;   // the next best kernel of the menu; empty: there is no other
  double runner_up_seconds = 0;
  std::vector<Lever> levers;
};

// `seconds(factor)` of the operator with a resource scaled; the smallest factor at which it is at
// most 90% of seconds(1), found by bisection; 0 if it is not at 8 times the resource.
template <class Seconds>
double lever_of(Seconds&& seconds) {
  const double target = 0.9 * seconds(1.0);
  double high = 8;
  if (seconds(high) > target) {
    return 0;
  }
  double low = 1;
  for (int step = 0; step < 20; ++step) {
    const double middle = (low + high) / 2;
    (seconds(middle) > target ? low : high) = middle;
  }
  return high;
}

}  // namespace moru
