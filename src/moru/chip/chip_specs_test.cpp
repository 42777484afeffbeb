// The shipped chips against the specification files that come with the measured data.
#include "moru/base/catalogue.h"
#include "moru/base/node.h"
#include "moru/base/text.h"
#include "moru/chip/chip.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace moru {
namespace {

struct Spec {
  Document document;

  // The number under section.key, if it is there and one.
  std::optional<double> number(std::string_view section, std::string_view key) const {
    const Node* at = document.root.find(section);
    at = at == nullptr ? nullptr : at->find(key);
    at = at == nullptr ? nullptr : at->find("value");
    return at == nullptr ? std::nullopt : parse_double(at->text);
  }
};

std::optional<double> rate(const Chip& chip, DType dtype) {
  // A spec may state the rate at which a format without a unit of its own is emulated.
  const auto found = chip.matrix_rate(chip.compute_dtype(dtype, dtype));
  return found ? std::optional(found->value) : std::nullopt;
}

template <class T>
std::optional<double> plain(const std::optional<Sourced<T>>& value) {
  if (!value) {
    return std::nullopt;
  }
  if constexpr (is_quantity<T>) {
    return value->value.value;
  } else {
    return static_cast<double>(value->value);
  }
}

std::optional<double> cache_capacity(const Chip& chip, std::string_view name) {
  for (const Cache& cache : chip.caches) {
    if (cache.name == name) {
      return cache.capacity.value.value;
    }
  }
  return std::nullopt;
}

template <class Get>
std::optional<double> sum_over_dies(const Chip& chip, Get get) {
  double sum = 0;
  for (const Die& die : chip.dies) {
    sum += plain(get(die)).value_or(0) * die.count.value;
  }
  return sum > 0 ? std::optional(sum) : std::nullopt;
}

struct Comparison {
  const char* section;
  std::string key;
  double scale;
  std::optional<double> shipped;
};

std::vector<Comparison> compute_comparisons(const Chip& chip) {
  const auto vector_rate = chip.vector_rate();
  std::vector<Comparison> all = {
      {"compute", "peak_tflops_fp32_vector", 1e12,
       vector_rate ? std::optional(vector_rate->value) : std::nullopt},
      {"compute", "peak_tflops_fp32_matrix", 1e12, rate(chip, DType::fp32)},
      {"compute", "boost_clock_mhz", 1e6, plain(chip.clock.boost)},
      {"compute", "clock_mhz", 1e6, plain(chip.clock.boost)},
      {"compute", "max_sm_clock_mhz", 1e6, plain(chip.clock.max)}};
  for (const char* key : {"sm_count", "compute_units", "xe_cores", "cores", "tensorcores"}) {
    all.push_back(
        {"compute", key, 1, chip.cores ? std::optional(chip.cores->count.value) : std::nullopt});
  }
  constexpr std::pair<const char*, DType> kPeaks[] = {
      {"fp64_tensor", DType::fp64}, {"tf32", DType::tf32},         {"bf16", DType::bf16},
      {"fp16", DType::fp16},        {"fp16_fp32acc", DType::fp16}, {"fp8", DType::fp8},
      {"fp8_fp32acc", DType::fp8},  {"int8", DType::int8},         {"int4", DType::int4},
      {"nvfp4", DType::nvfp4}};
  for (const auto& [suffix, dtype] : kPeaks) {
    for (const char* prefix : {"peak_dense_tflops_", "peak_dense_tops_"}) {
      all.push_back({"compute", std::string(prefix) + suffix, 1e12, rate(chip, dtype)});
    }
  }
  return all;
}

std::vector<Comparison> other_comparisons(const Chip& chip) {
  const MemoryLevel memory = chip.main_memory() != nullptr ? *chip.main_memory() : MemoryLevel{};
  const Core core = chip.cores.value_or(Core{});
  return {
      {"memory", "l2_mib", 0x1p20, cache_capacity(chip, "l2")},
      {"memory", "dram_capacity_gb", 1e9, plain(memory.capacity)},
      {"memory", "dram_bandwidth_gbs", 1e9, plain(memory.bandwidth)},
      {"memory", "smem_per_sm_kib", 1024, plain(core.shared_memory)},
      {"memory", "lds_per_cu_kib", 1024, plain(core.shared_memory)},
      {"memory", "l1_smem_combined_per_sm_kib", 1024, plain(core.sram)},
      {"memory", "register_file_per_sm_kib", 1024, plain(core.registers)},
      {"memory", "vmem_mib", 0x1p20, plain(core.sram)},
      {"memory", "vmem_mib_per_core", 0x1p20, plain(core.sram)},
      {"physical", "tdp_w", 1, plain(chip.power.tdp)},
      {"physical", "die_area_mm2", 1e-6, sum_over_dies(chip, [](const Die& d) { return d.area; })},
      {"physical", "transistors_billion", 1e9,
       sum_over_dies(chip, [](const Die& d) { return d.transistors; })}};
}

int compare(const Spec& spec, const Chip& chip, const std::vector<Comparison>& comparisons) {
  int compared = 0;
  for (const Comparison& c : comparisons) {
    if (const auto stated = spec.number(c.section, c.key)) {
      EXPECT_TRUE(c.shipped) << chip.id << " lacks " << c.key;
      EXPECT_NEAR(c.shipped.value_or(0) / (*stated * c.scale), 1, 1e-6) << chip.id << " " << c.key;
      ++compared;
    }
  }
  return compared;
}

TEST(ChipSpecs, ShippedChipsEqualTheirSpecFiles) {
  const std::string folder = measured_data_root() + "/specs";
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    const char* ci = std::getenv("CI");
    ASSERT_FALSE(ci != nullptr && std::string_view(ci) == "true") << folder << " is missing";
    GTEST_SKIP() << "SKIP no chip specs in " << folder;
  }
  int files = 0;
  int compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") {
      continue;
    }
    const Found found = find_in_catalogue(kChips, entry.path().stem().string());
    if (found.path.empty()) {
      continue;
    }
    const Spec spec{read_document(entry.path().string())};
    const Chip chip = load_chip(found.path);
    compared += compare(spec, chip, compute_comparisons(chip));
    compared += compare(spec, chip, other_comparisons(chip));
    ++files;
  }
  fmt::print("{} values of {} spec files compared\n", compared, files);
  EXPECT_GE(files, 1);
  EXPECT_GE(compared, 10 * files);
}

}  // namespace
}  // namespace moru
