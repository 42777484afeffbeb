// The shipped chips: every value sourced, names unambiguous, figures physically possible.
#include "moru/base/catalogue.h"
#include "moru/base/fields_parse.h"
#include "moru/base/file.h"
#include "moru/base/testing.h"
#include "moru/chip/chip.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

namespace moru {
namespace {

constexpr const char* kFolder = MORU_SOURCE_DIR "/data/chips";

const std::vector<std::pair<std::string, Chip>>& shipped() {
  static const auto chips = [] {
    std::vector<std::pair<std::string, Chip>> all;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
      all.emplace_back(entry.path().stem().string(), load_chip(entry.path().string()));
    }
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return all;
  }();
  return chips;
}

// Collects the sourced values that lack a source or a trust flag.
class UnsourcedFields {
 public:
  std::vector<std::string> found;
  int sourced = 0;

  template <class T>
  void required(std::string_view name, const T& member, std::string_view) {
    visit(name, member);
  }
  template <class T>
  void optional(std::string_view name, const T& member, std::string_view) {
    visit(name, member);
  }

 private:
  template <class T>
  void visit(std::string_view name, const T& member) {
    if constexpr (detail::is_sourced<T>) {
      ++sourced;
      // A short name that was left as it is has no space.
      if (member.source.find(' ') == std::string::npos || !is_trust_flag(member.trust)) {
        found.emplace_back(name);
      }
    } else if constexpr (detail::is_optional<T>) {
      if (member) {
        visit(name, *member);
      }
    } else if constexpr (detail::is_vector<T>) {
      for (const auto& item : member) {
        visit(name, item);
      }
    } else if constexpr (detail::is_map<T>) {
      for (const auto& [key, item] : member) {
        visit(name, item);
      }
    } else if constexpr (detail::HasFields<T>) {
      T::fields(*this, member);
    }
  }
};

TEST(ShippedChips, EveryValueHasASourceAndATrustFlag) {
  for (const auto& [id, chip] : shipped()) {
    UnsourcedFields unsourced;
    Chip::fields(unsourced, chip);
    EXPECT_TRUE(unsourced.found.empty())
        << id << ": " << join(std::span<const std::string>(unsourced.found), ", ");
    EXPECT_GE(unsourced.sourced, 2) << id;
  }
}

TEST(ShippedChips, EverySourceIsUsed) {
  for (const auto& [id, chip] : shipped()) {
    const std::string text = read_file(fmt::format("{}/{}.yaml", kFolder, id));
    for (const auto& [name, where] : chip.sources) {
      EXPECT_TRUE(std::regex_search(text, std::regex("source: " + name + "\\b")))
          << id << " " << name;
    }
  }
}

TEST(ShippedChips, IdsAreTheFileNames) {
  for (const auto& [id, chip] : shipped()) {
    EXPECT_EQ(chip.id, id);
    EXPECT_TRUE(std::regex_match(id, std::regex("[a-z][a-z0-9_]*"))) << id;
    EXPECT_TRUE(std::regex_match(chip.architecture, std::regex("[a-z][a-z0-9_]*"))) << id;
    EXPECT_TRUE(std::regex_match(chip.country, std::regex("[A-Z]{2}"))) << id;
    EXPECT_FALSE(chip.vendor.empty()) << id;
    EXPECT_TRUE(chip.marketed_for_datacentre) << id;
  }
}

TEST(ShippedChips, NamesAreUnambiguousAndResolve) {
  const testing::TemporaryFolder nothing;
  std::map<std::string, std::string> owner;
  for (const auto& [id, chip] : shipped()) {
    std::vector<std::string> names = chip.aliases;
    names.push_back(id);
    EXPECT_EQ(catalogue_aliases(kChips, id), chip.aliases) << id;
    std::set<std::string> own;
    for (const std::string& name : names) {
      std::string key = to_lower(name);
      std::erase_if(key, [](char c) { return c == '-' || c == '_' || c == ' '; });
      if (!own.insert(key).second) {
        continue;
      }
      const auto [at, is_new] = owner.emplace(key, id);
      EXPECT_TRUE(is_new) << name << " names " << at->second << " and " << id;
    }
  }
  for (const char* name :
       {"H100", "h100", "A100-SXM4", "RTX4090", "rtx_4090", "a100_sxm_80", "RNGD", "rebel100",
        "GB200", "MI300X", "dmatrix_corsair", "ascend910b", "Trillium"}) {
    EXPECT_NE(find_in_catalogue(kChips, name).path, "") << name;
  }
  EXPECT_EQ(load_chip("RTX 4090").id, "rtx4090");
  EXPECT_EQ(load_chip("h100").id, "h100_sxm");
}

TEST(ShippedChips, EveryChipWithMeasurementsIsThere) {
  for (const char* id : {"a100_pcie",
                         "a100_sxm",
                         "a40",
                         "a6000",
                         "agx_orin",
                         "agx_thor",
                         "b200_sxm",
                         "b300_sxm",
                         "b60",
                         "gb200",
                         "gb300",
                         "h100_pcie_nvl",
                         "h100_sxm",
                         "h200_sxm",
                         "l40s",
                         "mi210",
                         "rtx3090",
                         "rtx4090",
                         "rtx_pro_6000_server",
                         "tpu_v3",
                         "tpu_v6e",
                         "ascend_910b",
                         "blackhole_p150",
                         "corsair",
                         "furiosa_rngd",
                         "gaudi2",
                         "groq_lpu1",
                         "hyperaccel_lpu",
                         "inferentia2",
                         "mi250",
                         "mi300x",
                         "qualcomm_ai100_ultra",
                         "rebellions_atom",
                         "sapeon_x220",
                         "sn40l",
                         "tpu_v5e",
                         "trainium1",
                         "wormhole_n150"}) {
    EXPECT_EQ(find_in_catalogue(kChips, id).id, id);
  }
}

TEST(ShippedChips, FortyOrMoreCanBeSimulated) {
  int count = 0;
  std::string missing;
  for (const auto& [id, chip] : shipped()) {
    const bool is_complete = chip.missing_for_simulation().empty();
    count += is_complete ? 1 : 0;
    missing += is_complete ? "" : " " + id;
  }
  fmt::print("{} of {} shipped chips can be simulated; not:{}\n", count, shipped().size(), missing);
  EXPECT_GE(count, 40);
}

class FieldNames {
 public:
  std::set<std::string, std::less<>> all;
  template <class T>
  void required(std::string_view name, const T&, std::string_view) {
    all.emplace(name);
  }
  template <class T>
  void optional(std::string_view name, const T&, std::string_view) {
    all.emplace(name);
  }
};

TEST(ShippedChips, UnpublishedFieldsAreFieldsOfAChip) {
  FieldNames names;
  Chip chip;
  Chip::fields(names, chip);
  for (const auto& [id, described] : shipped()) {
    for (const std::string& path : described.not_published) {
      EXPECT_TRUE(names.all.contains(path.substr(0, path.find('.')))) << id << " " << path;
    }
  }
}

TEST(ShippedChips, OpenAisAnnouncedChipIsMarkedAsUnpublished) {
  const Chip chip = load_chip("openai_jalapeno");
  EXPECT_EQ(chip.status, ChipStatus::announced);
  EXPECT_TRUE(chip.peak.empty());
  EXPECT_FALSE(chip.missing_for_simulation().empty());
  EXPECT_NE(std::find(chip.not_published.begin(), chip.not_published.end(), "peak"),
            chip.not_published.end());
}

TEST(ShippedChips, WeightsOfMemoryCentricChipsLiveInSram) {
  int count = 0;
  for (const auto& [id, chip] : shipped()) {
    const bool is_sram = chip.main_memory() != nullptr && chip.main_memory()->kind == "SRAM";
    EXPECT_EQ(chip.kind == ChipKind::memory_centric, is_sram) << id;
    count += is_sram ? 1 : 0;
  }
  EXPECT_EQ(count, 3);  // Groq, Cerebras, d-Matrix
}

// Gbit/s per pin that parts of a kind run at: JEDEC JESD235D (HBM2, HBM2E), JESD238 (HBM3),
// vendors' HBM3E, JESD270-4 (HBM4), JESD250 (GDDR6), Micron GDDR6X, JESD239 (GDDR7), JESD209-4/5
// (LPDDR).
TEST(ShippedChips, PinsRunAtASpeedTheirMemoryKindReaches) {
  const std::map<std::string, std::pair<double, double>> speeds = {
      {"HBM2", {1.5, 2.5}},     {"HBM2E", {2.4, 3.7}},   {"HBM3", {5.0, 6.5}},
      {"HBM3E", {5.8, 9.8}},    {"HBM4", {6.3, 12.0}},   {"GDDR6", {10.0, 20.0}},
      {"GDDR6X", {19.0, 24.0}}, {"GDDR7", {24.0, 32.0}}, {"LPDDR4X", {3.2, 4.3}},
      {"LPDDR5", {5.5, 6.5}},   {"LPDDR5X", {7.5, 10.7}}};
  int checked = 0;
  for (const auto& [id, chip] : shipped()) {
    for (const MemoryLevel& level : chip.memory) {
      const auto speed = speeds.find(level.kind);
      if (speed == speeds.end() || !level.bus_bits || !level.bandwidth) {
        continue;
      }
      const double gbits = level.bandwidth->value.value * 8e-9 / level.bus_bits->value;
      EXPECT_GE(gbits, speed->second.first * (1 - 1e-9)) << id;
      EXPECT_LE(gbits, speed->second.second * (1 + 1e-9)) << id;
      ++checked;
    }
  }
  EXPECT_GE(checked, 40);
}

// 26 mm x 33 mm is the field of a scanner; a wafer-scale die is many fields.
TEST(ShippedChips, NoDieIsLargerThanTheReticle) {
  for (const auto& [id, chip] : shipped()) {
    for (const Die& die : chip.dies) {
      if (die.area && die.name != "wafer") {
        EXPECT_LE(die.area->value.value, 858e-6) << id;
        EXPECT_GE(die.area->value.value, 0.5e-6) << id;
      }
    }
  }
}

// A trap: a model that maps int8 to fp8 is wrong by a factor of thirty there.
TEST(ShippedChips, Int8IsSlowerThanBf16OnlyOnBlackwellUltra) {
  std::set<std::string> slower;
  for (const auto& [id, chip] : shipped()) {
    const auto int8 = chip.matrix_rate(DType::int8);
    const auto bf16 = chip.matrix_rate(DType::bf16);
    if (int8 && bf16 && *int8 < *bf16) {
      slower.insert(id);
    }
  }
  EXPECT_EQ(slower, (std::set<std::string>{"b300_sxm", "gb300"}));
}

TEST(ShippedChips, Fp8IsNeverSlowerThanBf16) {
  for (const auto& [id, chip] : shipped()) {
    const auto fp8 = chip.matrix_rate(DType::fp8);
    const auto bf16 = chip.matrix_rate(DType::bf16);
    EXPECT_TRUE(!fp8 || !bf16 || *fp8 >= *bf16) << id;
  }
}

TEST(ShippedChips, DocumentationListsEachAndItsExampleIsAChip) {
  const std::string text = read_file(MORU_SOURCE_DIR "/docs/chips.md");
  for (const auto& [id, chip] : shipped()) {
    EXPECT_NE(text.find(fmt::format("| `{}` | {} |", id, chip.name)), std::string::npos) << id;
  }
  const std::size_t begin = text.find("```yaml\n") + 8;
  const std::string example = text.substr(begin, text.find("```", begin) - begin);
  const Chip chip = parse_chip(example, "anvil.yaml");
  EXPECT_TRUE(chip.missing_for_simulation().empty());
  EXPECT_NEAR(chip.matrix_rate(DType::bf16)->value, 64 * 32768 * 1.5e9, 1e12);
}

double ridge_point(const char* name) {
  const Chip chip = load_chip(name);
  return chip.matrix_rate(DType::bf16)->value / chip.main_memory()->bandwidth->value.value;
}

TEST(ShippedChips, RidgePointOfH100IsHigherThanA100) {
  EXPECT_NEAR(ridge_point("h100_sxm"), 295.34, 0.01);  // 989.4 T / 3.35 T
  EXPECT_NEAR(ridge_point("a100_sxm"), 153.02, 0.01);  // 312 T / 2.039 T
  EXPECT_LT(ridge_point("h20_sxm"), 40);               // 148 T / 4.0 T = 37
}

}  // namespace
}  // namespace moru
