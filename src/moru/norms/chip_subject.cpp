#include "moru/norms/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace moru {
namespace {

// 26 x 33 mm, the field of an EUV (0.33 NA) or DUV scanner: no single die is larger.
constexpr double kReticleArea = 858e-6;

constexpr double kTera = 1e12;

// Bit length of the inputs to the multiplication (3A090 Technical Notes); TF32's is open.
double bit_length(DType dtype, double tf32_bits) {
  switch (dtype) {
    case DType::fp64:
      return 64;
    case DType::fp32:
      return 32;
    case DType::tf32:
      return tf32_bits;
    case DType::bf16:
    case DType::fp16:
      return 16;
    case DType::fp8:
    case DType::int8:
      return 8;
    case DType::fp6:
      return 6;
    case DType::mxfp4:
    case DType::nvfp4:
    case DType::int4:
      return 4;
  }
  return 0;
}

// The end of the range that a rule counts: it asks for the highest value that the maker claims.
template <class T>
double highest(const Sourced<T>& value) {
  return value.high.value_or(value.value).value;
}
// An estimate may be too high; a maker's claim is a claim.
template <class T>
double lowest(const Sourced<T>& value) {
  return value.trust == "E" ? value.low.value_or(value.value).value : value.value.value;
}

struct Rate {
  DType dtype = DType::bf16;
  double low = 0;  // operations per second
  double high = 0;
  std::string source;
  std::string trust;
};

std::vector<Rate> rates_of(const Chip& chip) {
  std::vector<Rate> rates;
  const auto add = [&rates](DType dtype, const Sourced<FlopsPerSecond>& rate) {
    rates.push_back({dtype, lowest(rate), highest(rate), rate.source, rate.trust});
  };
  for (const auto& [name, dtype] : EnumNames<DType>::values) {
    if (const auto found = chip.peak.find(dtype); found != chip.peak.end()) {
      add(dtype, found->second);
    } else if (chip.cores && chip.cores->matrix &&
               chip.cores->matrix->flops_per_clock.contains(dtype)) {
      if (const auto rate = chip.matrix_rate(dtype)) {
        const auto& stated = chip.cores->matrix->flops_per_clock.at(dtype);
        rates.push_back({dtype, rate->value, rate->value, stated.source, stated.trust});
      }
    }
  }
  for (const auto& [dtype, rate] : chip.vector_peak) {
    add(dtype, rate);
  }
  return rates;
}

class ChipReader {
 public:
  ChipReader(const Chip& chip, const Rulebook& rules) : chip_(chip), rules_(rules) {
    packages_ = chip.packages ? chip.packages->value : 1;
    per_package_ = packages_ > 1 ? fmt::format(" / {} packages", packages_) : "";
  }

  Subject read() {
    subject_.name = chip_.id;
    subject_.kind = SubjectKind::chip;
    state_word("chip", chip_.id);
    state_word("vendor", chip_.vendor);
    if (chip_.marketed_for_datacentre) {
      state("dc", Value::flag(*chip_.marketed_for_datacentre ? Truth::yes : Truth::no),
            "marketed_for_datacentre");
    }
    read_performance();
    read_area();
    read_links();
    read_memory();
    read_transistors();
    return std::move(subject_);
  }

 private:
  void state(const std::string& name, Value value, std::string how, std::string source = "",
             std::string trust = "") {
    subject_.values[name] = {std::move(value), std::move(how),
                             source.empty() ? chip_.source : std::move(source),
                             trust.empty() ? chip_.trust : std::move(trust)};
  }
  void state_word(const std::string& name, const std::string& word) {
    if (!word.empty()) {
      state(name, Value::word(word), name);
    }
  }

  void read_performance() {
    const QuantityDefinition* tf32 = rules_.definition("tf32_bits");
    const Value bits =
        tf32 != nullptr && tf32->assumed_value ? *tf32->assumed_value : Value::number(19, 32);
    double low = 0;
    double high = 0;
    double tops = 0;
    const Rate* from = nullptr;
    const std::vector<Rate> rates = rates_of(chip_);
    for (const Rate& rate : rates) {
      const double at_least = rate.low * bit_length(rate.dtype, bits.low);
      if (from == nullptr || at_least > low) {
        from = &rate;
      }
      low = std::max(low, at_least);
      high = std::max(high, rate.high * bit_length(rate.dtype, bits.high));
      tops = std::max(tops, rate.high);
    }
    if (from == nullptr) {
      return;
    }
    const double scale = 1 / kTera / packages_;
    state("TPP", Value::number(low * scale, high * scale),
          fmt::format("{} T(FL)OPS x {:g} bit ({}){}", round_rate(from->low / kTera),
                      bit_length(from->dtype, bits.low), enum_name(from->dtype), per_package_),
          from->source, from->trust);
    state("TOPS", Value::number(tops * scale, tops * scale),
          "the highest rate of any format" + per_package_, from->source, from->trust);
  }

  static std::string round_rate(double tera) { return fmt::format("{:.6g}", tera); }

  void read_area() {
    if (chip_.dies.empty()) {
      return;
    }
    double low = 0;
    double high = 0;
    std::string how;
    std::string source;
    std::string trust;
    bool is_any_counted = false;
    for (const Die& die : chip_.dies) {
      if (die.is_planar) {
        continue;
      }
      is_any_counted = true;
      const int count = die.count.value;
      how += (how.empty() ? "" : " + ");
      if (die.area) {
        const bool is_estimate = die.area->trust == "E";
        low += count * lowest(*die.area);
        high += count * (is_estimate ? highest(*die.area) : die.area->value.value);
        how += fmt::format("{} x {}", count, to_string(die.area->value));
        source = die.area->source;
        trust = die.area->trust;
      } else {
        high += count * kReticleArea;
        how += fmt::format("{} x (not published; the reticle's 858 mm2 at most)", count);
        trust = "D";
      }
    }
    is_planar_ = !is_any_counted;
    state("is_advanced_logic", Value::flag(is_planar_ ? Truth::no : Truth::yes), "dies.is_planar");
    if (is_planar_) {
      // No die counts, so there is no density to exceed a line.
      state("PD", Value::number(0, 0), "all dies are planar: none counts");
      return;
    }
    state("applicable_die_area", Value::number(low / packages_, high / packages_, Area::dimension),
          how + per_package_, source, trust);
  }

  void read_links() {
    if (chip_.links.empty()) {
      return;
    }
    // The same port may serve two scopes (cards that talk over the host link): it counts once.
    std::set<std::string> seen;
    double low = 0;
    double high = 0;
    std::string how;
    for (const Link& link : chip_.links) {
      if (!seen.insert(link.name).second) {
        continue;
      }
      low += 2 * lowest(link.bandwidth);
      high += 2 * highest(link.bandwidth);
      how += fmt::format("{}2 x {} {}", how.empty() ? "" : " + ",
                         to_string(BytesPerSecond{highest(link.bandwidth)}), link.name);
    }
    state("link_GBps", Value::number(low / packages_, high / packages_, BytesPerSecond::dimension),
          how + per_package_, chip_.links.front().bandwidth.source,
          chip_.links.front().bandwidth.trust);
  }

  void read_memory() {
    double sum = 0;
    bool is_known = !chip_.memory.empty();
    bool has_hbm = false;
    std::string how;
    const MemoryLevel* first = nullptr;
    for (const MemoryLevel& level : chip_.memory) {
      has_hbm = has_hbm || level.kind.find("HBM") != std::string::npos;
      if (level.kind.find("SRAM") != std::string::npos) {
        continue;
      }
      if (!level.bandwidth) {
        is_known = false;
        continue;
      }
      first = first == nullptr ? &level : first;
      sum += highest(*level.bandwidth);
      how += fmt::format("{}{} {}", how.empty() ? "" : " + ",
                         to_string(BytesPerSecond{highest(*level.bandwidth)}), level.kind);
    }
    if (!chip_.memory.empty()) {
      state("has_hbm", Value::flag(has_hbm ? Truth::yes : Truth::no), "memory.kind");
    }
    if (is_known) {
      state("dram_GBps", Value::number(sum / packages_, sum / packages_, BytesPerSecond::dimension),
            (how.empty() ? "no DRAM" : how) + per_package_,
            first == nullptr ? "" : first->bandwidth->source,
            first == nullptr ? "" : first->bandwidth->trust);
    }
  }

  void read_transistors() {
    double low = 0;
    double high = 0;
    std::string source;
    std::string trust;
    for (const Die& die : chip_.dies) {
      if (!die.transistors) {
        return;
      }
      const Sourced<double>& count = *die.transistors;
      low += die.count.value * count.low.value_or(count.value);
      high += die.count.value * count.high.value_or(count.value);
      source = count.source;
      trust = count.trust;
    }
    if (chip_.dies.empty()) {
      return;
    }
    constexpr double kBillion = 1e9;
    state("transistors_B", Value::number(low / kBillion / packages_, high / kBillion / packages_),
          "dies.transistors" + per_package_, source, trust);
  }

  const Chip& chip_;
  const Rulebook& rules_;
  Subject subject_;
  int packages_ = 1;
  std::string per_package_;
  bool is_planar_ = false;
};

}  // namespace

Subject chip_subject(const Chip& chip, const Rulebook& rules) {
  return ChipReader(chip, rules).read();
}

}  // namespace moru
