// The cheapest change that moves a chip to another class of rules: die area, clock, units, memory
// bandwidth, links, each as far as it must go, with what it costs in tokens per second and in
// dollars.
#pragma once

#include "moru/norms/verdict.h"
#include "moru/planning/die_price.h"
#include "moru/scenario/scenario.h"

#include <optional>
#include <string>
#include <vector>

namespace moru {

enum class NormsLever { die_area, clock, units, memory_bandwidth, link_bandwidth };
template <>
struct EnumNames<NormsLever> {
  static constexpr std::array<std::pair<std::string_view, NormsLever>, 5> values = {
      {{"die_area", NormsLever::die_area},
       {"clock", NormsLever::clock},
       {"units", NormsLever::units},
       {"memory_bandwidth", NormsLever::memory_bandwidth},
       {"link_bandwidth", NormsLever::link_bandwidth}}};
};

// The verdicts that make a chip's class. Each is a status: "not 3A090, letter" is a class, too.
struct NormClass {
  std::vector<VerdictStatus> statuses;  // in the order of class_rules()
  friend bool operator==(const NormClass&, const NormClass&) = default;
  std::string name() const;  // "3A090.a, case-by-case, tariff"
};
const std::vector<std::string>& class_rules();
NormClass class_of(const Rulebook& rules, const Subject& subject, int date);
// Whether no rule asks more of `a` than of `b`, and some rule less; leaving 3A090.a for 3A090.b is
// less.
bool is_freer(const NormClass& a, const NormClass& b);

struct NormsMove {
  NormsLever lever = NormsLever::die_area;
  double factor = 1;  // that the quantity is multiplied by
  std::string from;   // "653 mm2"
  std::string to;
  NormClass target;
  std::string crossed;  // the lines that it crosses
  bool is_buildable = true;
  std::string obstacle;                     // why not
  std::optional<DiePriceRange> added_cost;  // per chip
  std::optional<double> tokens_per_second;  // of the changed chip
};

// What throughput means here: one chip that serves requests of these lengths, `batch` at a time,
// each prompt in a step of its own. The lengths are the means of the Azure conversation trace of
// 2023.
struct FrontierQuestion {
  std::string model = "meta-llama/Llama-3.1-8B";
  std::int64_t batch = 32;
  std::int64_t prompt_tokens = 1155;
  std::int64_t output_tokens = 211;
  // Empty: tiled where the chip's cores are stated, else roofline, because cores made up from a
  // peak rate come in whole numbers and would hide a small change of it.
  std::string mapper;
  // What throughput is worth, to set a lost share of it against dollars; the chip's own price if 0.
  double chip_price = 0;
};

struct NormsFrontier {
  std::string chip;
  int date = 0;
  NormClass now;
  std::optional<double> tokens_per_second;  // of the chip as it is
  std::string no_tokens_because;
  std::string mapper;
  double chip_price = 0;
  std::string price_source;
  std::string die_price_source;
  std::vector<NormsMove> moves;  // buildable ones first, the cheapest of them first
};

// `destination` and other inputs beyond the chip are taken from `stated`.
NormsFrontier frontier_of(const Rulebook& rules, const Chip& chip, const Subject& stated, int date,
                          const FrontierQuestion& question);

}  // namespace moru
