#include "moru/chip/chip.h"

#include "moru/base/fields_parse.h"

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

// A quantity that both the chip and its cores state must agree; 2% covers datasheet rounding.
constexpr double kStatedTwiceTolerance = 0.02;

std::optional<double> core_rate(const Chip& chip, const std::map<DType, Sourced<double>>& per_clock,
                                DType dtype) {
  const auto found = per_clock.find(dtype);
  if (found == per_clock.end() || !chip.clock.boost) {
    return std::nullopt;
  }
  return found->second.value * chip.cores->count.value * chip.clock.boost->value.value;
}

void check_stated_twice(const FieldCheck& check, std::string_view field, const Chip& chip,
                        const std::map<DType, Sourced<FlopsPerSecond>>& rates,
                        const std::map<DType, Sourced<double>>& per_clock) {
  for (const auto& [dtype, rate] : rates) {
    const std::optional<double> from_cores = core_rate(chip, per_clock, dtype);
    if (from_cores && std::abs(*from_cores / rate.value.value - 1) > kStatedTwiceTolerance) {
      check.error(field, fmt::format("{} is {} here but cores x clock gives {}; mend one of them",
                                     enum_name(dtype), to_string(rate.value),
                                     to_string(FlopsPerSecond{*from_cores})));
    }
  }
}

// What a format can represent apart from a common scale: significant bits, the implicit one
// included, and exponent bits (0 for integers).
struct Precision {
  int significand = 0;
  int exponent = 0;
};

// fp8 is E4M3; fp6 stands for the better half of both E2M3 and E3M2. bf16 and fp16 count as what
// they share, because engines cast one to the other; fp32 counts as tf32, in which engines multiply
// it.
Precision precision_needed(DType operand) {
  switch (operand) {
    case DType::int4:
      return {3, 0};
    case DType::int8:
      return {7, 0};
    case DType::mxfp4:
    case DType::nvfp4:
      return {2, 2};
    case DType::fp6:
      return {4, 3};
    case DType::fp8:
      return {4, 4};
    case DType::bf16:
    case DType::fp16:
      return {8, 5};
    case DType::tf32:
    case DType::fp32:
      return {11, 8};
    case DType::fp64:
      return {53, 11};
  }
  return {};
}

bool can_hold(DType format, DType operand) {
  const Precision has = precision_needed(format);
  const Precision needs = precision_needed(operand);
  const bool is_fitting_kind = has.exponent > 0 || needs.exponent == 0;
  return is_fitting_kind && has.significand >= needs.significand && has.exponent >= needs.exponent;
}

}  // namespace

void Core::validate(const FieldCheck& check) const {
  check.require(count.value >= 1, "count", "a chip has at least one core");
}

void Die::validate(const FieldCheck& check) const {
  check.require(count.value >= 1, "count", "a die that is listed is there at least once");
}

void Chip::validate(const FieldCheck& check) const {
  check.require(trust.empty() || is_trust_flag(trust), "trust",
                fmt::format("'{}' is not a trust flag: S, V, T, M, E or D", trust));
  check.require(!packages || packages->value >= 1, "packages", "a chip is at least one package");
  if (cores && cores->matrix) {
    check_stated_twice(check, "peak", *this, peak, cores->matrix->flops_per_clock);
  }
  if (cores) {
    check_stated_twice(check, "vector_peak", *this, vector_peak, cores->vector_flops_per_clock);
  }
}

std::optional<FlopsPerSecond> Chip::matrix_rate(DType dtype) const {
  const auto stated = [this](DType wanted) -> std::optional<FlopsPerSecond> {
    if (const auto found = peak.find(wanted); found != peak.end()) {
      return found->second.value;
    }
    if (cores && cores->matrix) {
      if (const auto rate = core_rate(*this, cores->matrix->flops_per_clock, wanted)) {
        return FlopsPerSecond{*rate};
      }
    }
    return std::nullopt;
  };
  if (const auto rate = stated(dtype)) {
    return rate;
  }
  switch (dtype) {
    case DType::bf16:
      return stated(DType::fp16);
    case DType::fp16:
      return stated(DType::bf16);
    case DType::mxfp4:
      return stated(DType::nvfp4);
    case DType::nvfp4:
      return stated(DType::mxfp4);
    default:
      return std::nullopt;
  }
}

std::optional<FlopsPerSecond> Chip::vector_rate() const {
  for (const DType dtype : {DType::fp32, DType::bf16, DType::fp16}) {
    if (const auto found = vector_peak.find(dtype); found != vector_peak.end()) {
      return found->second.value;
    }
    if (cores) {
      if (const auto rate = core_rate(*this, cores->vector_flops_per_clock, dtype)) {
        return FlopsPerSecond{*rate};
      }
    }
  }
  return std::nullopt;
}

DType Chip::compute_dtype(DType weight, DType activation) const {
  const bool is_activation_wider = bytes_per_element(activation) > bytes_per_element(weight);
  const DType wider = is_activation_wider ? activation : weight;
  const DType narrower = is_activation_wider ? weight : activation;
  // fp32 is multiplied in tf32 where the chip has it: the default of every engine.
  if (wider != DType::fp32 && can_hold(wider, narrower) && matrix_rate(wider)) {
    return wider;
  }
  for (const DType format :
       {DType::int4, DType::nvfp4, DType::mxfp4, DType::fp6, DType::int8, DType::fp8, DType::bf16,
        DType::fp16, DType::tf32, DType::fp32, DType::fp64}) {
    if (can_hold(format, weight) && can_hold(format, activation) && matrix_rate(format)) {
      return format;
    }
  }
  return DType::bf16;
}

const Link* Chip::link(LinkScope scope) const {
  const Link* best = nullptr;
  for (const Link& candidate : links) {
    if (candidate.scope == scope &&
        (best == nullptr || best->bandwidth.value < candidate.bandwidth.value)) {
      best = &candidate;
    }
  }
  return best;
}

Bytes Chip::cache_capacity() const {
  Bytes largest;
  for (const Cache& cache : caches) {
    largest = std::max(largest, cache.capacity.value);
  }
  return largest;
}

std::vector<std::string> Chip::missing_for_simulation() const {
  std::vector<std::string> missing;
  if (!matrix_rate(DType::bf16) && !matrix_rate(DType::fp8) && !matrix_rate(DType::int8)) {
    missing.emplace_back("peak (bf16, fp8 or int8)");
  }
  if (main_memory() == nullptr || !main_memory()->capacity) {
    missing.emplace_back("memory capacity");
  }
  if (main_memory() == nullptr || !main_memory()->bandwidth) {
    missing.emplace_back("memory bandwidth");
  }
  return missing;
}

}  // namespace moru
