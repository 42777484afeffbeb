#include "moru/chip/chip.h"

#include "moru/base/catalogue.h"
#include "moru/base/fields_parse.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

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

// Fills in the file's own source where a value names none, and spells out short names.
class SourceFields {
 public:
  SourceFields(const Chip& chip, Diagnostics& diagnostics, const Document& document)
      : chip_(chip), diagnostics_(diagnostics), document_(document) {}

  template <class T>
  void required(std::string_view name, T& member, std::string_view) {
    resolve(name, member);
  }
  template <class T>
  void optional(std::string_view name, T& member, std::string_view) {
    resolve(name, member);
  }

 private:
  template <class T>
  void resolve(std::string_view name, T& member) {
    if constexpr (detail::is_sourced<T>) {
      spell_out(name, member.source, member.trust);
    } else if constexpr (detail::is_optional<T>) {
      if (member) {
        resolve(name, *member);
      }
    } else if constexpr (detail::is_vector<T>) {
      for (auto& item : member) {
        resolve(name, item);
      }
    } else if constexpr (detail::is_map<T>) {
      for (auto& [key, item] : member) {
        resolve(name, item);
      }
    } else if constexpr (detail::HasFields<T>) {
      T::fields(*this, member);
    }
  }

  void spell_out(std::string_view name, std::string& source, std::string& trust) {
    if (source.empty()) {
      source = chip_.source;
    }
    if (trust.empty()) {
      trust = chip_.trust;
    }
    if (const auto found = chip_.sources.find(source); found != chip_.sources.end()) {
      source = found->second;
    } else if (!source.empty() && source.find(' ') == std::string::npos && !chip_.sources.empty()) {
      diagnostics_.error({document_.file, 0, 0},
                         fmt::format("'{}' names source '{}', which `sources:` does not have", name,
                                     source));
    }
  }

  const Chip& chip_;
  Diagnostics& diagnostics_;
  const Document& document_;
};

Chip chip_from(const Document& document) {
  Chip chip = parse_document<Chip>(document);
  if (chip.id.empty()) {
    chip.id = std::filesystem::path(document.file).stem().string();
  }
  const Chip unresolved = chip;
  Diagnostics diagnostics;
  SourceFields resolver(unresolved, diagnostics, document);
  Chip::fields(resolver, chip);
  diagnostics.throw_if_any();
  return chip;
}

}  // namespace

void Core::validate(const FieldCheck& check) const {
  check.require(count.value >= 1, "count", "a chip has at least one core");
}

void Chip::validate(const FieldCheck& check) const {
  for (const auto& [dtype, rate] : peak) {
    if (!cores || !cores->matrix) {
      continue;
    }
    const std::optional<double> from_cores =
        core_rate(*this, cores->matrix->flops_per_clock, dtype);
    if (from_cores &&
        std::abs(*from_cores / rate.value.value - 1) > kStatedTwiceTolerance) {
      check.error("peak", fmt::format("{} is {} here but cores x clock gives {}; mend one of them",
                                      enum_name(dtype), to_string(rate.value),
                                      to_string(FlopsPerSecond{*from_cores})));
    }
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
  // Wider of the two operands, then the nearest format the matrix units have.
  const bool is_activation_wider = bytes_per_element(activation) > bytes_per_element(weight);
  DType wanted = is_activation_wider ? activation : weight;
  if (wanted == DType::fp32) {
    wanted = DType::tf32;
  }
  if (matrix_rate(wanted)) {
    return wanted;
  }
  for (const DType wider : {DType::fp8, DType::bf16, DType::int8, DType::tf32, DType::fp32}) {
    if (bytes_per_element(wider) >= bytes_per_element(wanted) && matrix_rate(wider)) {
      return wider;
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

Chip parse_chip(const std::string& yaml_text, const std::string& file_name) {
  return chip_from(parse_yaml(yaml_text, file_name));
}

Chip load_chip(const std::string& name_or_path) {
  const bool is_path = name_or_path.ends_with(".yaml") || name_or_path.ends_with(".yml") ||
                       name_or_path.ends_with(".json");
  if (is_path) {
    return chip_from(read_document(name_or_path));
  }
  const Found found = require_in_catalogue(kChips, name_or_path);
  return chip_from(read_document(found.path));
}

}  // namespace moru
