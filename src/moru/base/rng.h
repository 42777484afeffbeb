// Random numbers that are the same on every machine and compiler.
//
// PCG-XSH-RR 64/32 (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
// Algorithms for Random Number Generation", section 6.3) seeded through SplitMix64; distributions
// are ours because the standard library's differ between implementations.
#pragma once

#include <cstdint>
#include <span>

namespace moru {

class Rng {
 public:
  // Different streams of one seed are independent.
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0);

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  // In [0, 1), 53 random bits.
  double uniform();
  // In [0, bound); bound > 0. Unbiased (Lemire 2019).
  std::uint32_t below(std::uint32_t bound);
  double exponential(double mean);
  double normal();
  // Shape k, scale theta (Marsaglia and Tsang 2000).
  double gamma(double shape, double scale);

 private:
  std::uint64_t state_;
  std::uint64_t increment_;
};

}  // namespace moru
