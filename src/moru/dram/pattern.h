// Synthetic request streams of one channel.
//
// The generator is the one that made the golden command traces (a splitmix64 per stream, draws in a
// fixed order), so that a validation run and a bandwidth question use the same requests.
#pragma once

#include "moru/dram/channel.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace moru {

enum class DramPattern : std::uint8_t {
  stream,   // consecutive accesses, interleaved over pseudo-channels and bank groups, reads
  mixed,    // the same, every third a write
  random,   // anywhere, reads
  randmix,  // anywhere, every third a write
  burst,    // randmix in bursts of up to 64 that arrive together
  wrheavy,  // anywhere, two thirds writes
  stride,   // every 37th access, every third a write
  hot,      // few rows of few banks, half writes
  local,    // eight streams, one jump in sixteen, 30% writes
  paged,    // runs from random places, one in each pseudo-channel, reads (KV cache pages)
  drained,  // consecutive, long runs of reads and half as many writes in turn (a cache that drains)
};
template <>
struct EnumNames<DramPattern> {
  static constexpr std::array<std::pair<std::string_view, DramPattern>, 13> values = {
      {{"stream", DramPattern::stream},
       {"mixed", DramPattern::mixed},
       {"random", DramPattern::random},
       {"randmix", DramPattern::randmix},
       {"burst", DramPattern::burst},
       {"wrheavy", DramPattern::wrheavy},
       {"stride", DramPattern::stride},
       {"strided", DramPattern::stride},
       {"hot", DramPattern::hot},
       {"local", DramPattern::local},
       {"paged", DramPattern::paged},
       {"kv-decode", DramPattern::paged},
       {"drained", DramPattern::drained}}};
};

// Vigna's splitmix64.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

// The x-th access of a sequential stream: pseudo-channel fastest, then bank group, burst of the
// row, bank, stack id, row.
DramRequest sequential_access(const DramGeometry& geometry, std::uint64_t x);

// The x-th access of one pseudo-channel whose consecutive addresses stay in a row for a cache line
// before they change the bank group, so that a short run opens few rows: line, bank group, rest of
// the row, bank, stack id, row.
DramRequest local_access(const DramGeometry& geometry, int pseudo_channel, std::uint64_t x);

class PatternSource final : public RequestSource {
 public:
  struct Settings {
    DramPattern pattern = DramPattern::stream;
    std::int64_t load_permille = 1000;  // of the peak request rate; 1000: a request always waits
    std::uint64_t seed = 1;
    std::uint64_t count = UINT64_MAX;  // requests at most
    Tick last = kNever;                // no request becomes available after this tick
    std::uint64_t run_length = 1;      // accesses of one pseudo-channel in one page (paged)
  };
  PatternSource(const DramSpec& spec, const Settings& settings);
  std::span<const DramRequest> next() override;

 private:
  static constexpr std::size_t kMostPseudoChannels = 4;
  void draw_arrival();
  DramRequest draw();
  DramRequest draw_hot();
  DramRequest draw_local();
  DramRequest draw_paged();
  DramRequest draw_drained();

  DramGeometry geometry_;
  Settings settings_;
  SplitMix64 random_;
  std::int64_t ticks_per_request_;  // at peak
  Tick available_ = 0;
  std::uint64_t made_ = 0;
  std::uint64_t left_in_burst_ = 0;
  std::array<std::uint64_t, kMostPseudoChannels> page_at_{};  // accesses, by pseudo-channel
  bool ended_ = false;
  std::array<DramRequest, 8> streams_{};
  std::vector<DramRequest> piece_;
};

}  // namespace moru
