#include "moru/chip/chip.h"

#include "moru/base/fields_schema.h"
#include "moru/base/node.h"
#include "moru/base/testing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moru {
namespace {

using testing::error_of;

// 10 cores x 1000 operations x 1 GHz = 10 TFLOPS.
constexpr const char* kSmall = R"(name: Small
source: sheet
trust: M
sources: {sheet: a data sheet, paper: a paper}
clock: {boost: 1 GHz}
cores:
  count: 10
  matrix: {kind: systolic, flops_per_clock: {bf16: 1000}}
  vector_flops_per_clock: {fp32: 100}
peak:
  fp8: {value: 20 TFLOPS, source: paper, trust: S}
caches:
  - {name: l2, capacity: 4 MiB}
  - {name: sram, capacity: 64 MiB}
memory:
  - {name: hbm, kind: HBM3, capacity: 24 GB, bandwidth: 800 GB/s}
links:
  - {name: A, scope: scale_up, bandwidth: 50 GB/s}
  - {name: B, scope: scale_up, bandwidth: 100 GB/s}
  - {name: C, scope: host, bandwidth: 64 GB/s}
)";

Chip small() { return parse_chip(kSmall, "small.yaml"); }
Chip with_peaks(const std::string& peaks) {
  return parse_chip("name: x\npeak: {" + peaks + "}\n", "x.yaml");
}
std::string chip_error(const std::string& yaml) {
  return error_of([&] { parse_chip(yaml, "x.yaml"); });
}

TEST(Chip, RatesOfTheCoresStandForAMissingPeak) {
  EXPECT_DOUBLE_EQ(small().matrix_rate(DType::bf16)->value, 10e12);
  EXPECT_DOUBLE_EQ(small().matrix_rate(DType::fp8)->value, 20e12);
  EXPECT_DOUBLE_EQ(small().vector_rate()->value, 1e12);
}

TEST(Chip, Bf16AndFp16StandForEachOtherButNothingStandsForInt8) {
  EXPECT_DOUBLE_EQ(small().matrix_rate(DType::fp16)->value, 10e12);
  EXPECT_DOUBLE_EQ(with_peaks("fp16: 125 TFLOPS").matrix_rate(DType::bf16)->value, 125e12);
  EXPECT_DOUBLE_EQ(with_peaks("mxfp4: 10 PFLOPS").matrix_rate(DType::nvfp4)->value, 10e15);
  EXPECT_DOUBLE_EQ(with_peaks("nvfp4: 9 PFLOPS").matrix_rate(DType::mxfp4)->value, 9e15);
  EXPECT_FALSE(small().matrix_rate(DType::int8));
  EXPECT_FALSE(small().matrix_rate(DType::fp32));
  EXPECT_FALSE(parse_chip("name: x\n", "x.yaml").vector_rate());
}

TEST(Chip, StatedPeakWinsOverTheCoresWithinTwoPercent) {
  const std::string yaml = kSmall;
  const std::string close = yaml + "vector_peak: {fp32: 1.01 TFLOPS}\n";
  EXPECT_DOUBLE_EQ(parse_chip(close, "x.yaml").vector_rate()->value, 1.01e12);
  EXPECT_NE(chip_error(yaml + "vector_peak: {fp32: 1.05 TFLOPS}\n").find("mend one of them"),
            std::string::npos);
  const std::size_t at = yaml.find("  fp8: {value");
  EXPECT_EQ(
      chip_error(yaml.substr(0, at) + "  bf16: 11 TFLOPS\n" + yaml.substr(at)),
      "x.yaml:11:3: error: bf16 is 11 TFLOPS here but cores x clock gives 10 TFLOPS; mend one "
      "of them");
}

TEST(Chip, FastestLinkOfAScopeIsTaken) {
  EXPECT_EQ(small().link(LinkScope::scale_up)->name, "B");
  EXPECT_EQ(small().link(LinkScope::host)->name, "C");
  const Chip chip = small();
  EXPECT_EQ(chip.link(LinkScope::scale_out), nullptr);
}

TEST(Chip, CacheCapacityIsThatOfTheLargestLevel) {
  EXPECT_DOUBLE_EQ(small().cache_capacity().value, 67108864.0);
  EXPECT_DOUBLE_EQ(parse_chip("name: x\n", "x.yaml").cache_capacity().value, 0);
}

TEST(Chip, ValuesInheritTheSourceOfTheFile) {
  const Chip chip = small();
  EXPECT_EQ(chip.memory[0].capacity->source, "a data sheet");
  EXPECT_EQ(chip.memory[0].capacity->trust, "M");
  EXPECT_EQ(chip.peak.at(DType::fp8).source, "a paper");
  EXPECT_EQ(chip.peak.at(DType::fp8).trust, "S");
  EXPECT_EQ(chip.cores->count.source, "a data sheet");
}

TEST(Chip, WhatSimulationMissesIsNamed) {
  EXPECT_TRUE(small().missing_for_simulation().empty());
  EXPECT_EQ(parse_chip("name: x\nmemory: [{name: hbm, kind: HBM3, capacity: 1 GB}]\n", "x")
                .missing_for_simulation(),
            (std::vector<std::string>{"peak (bf16, fp8 or int8)", "memory bandwidth"}));
  EXPECT_EQ(with_peaks("int8: 1 TOPS").missing_for_simulation(),
            (std::vector<std::string>{"memory capacity", "memory bandwidth"}));
}

struct Product {
  const char* peaks;
  DType weight;
  DType activation;
  DType format;
};

TEST(Chip, ProductsAreMultipliedInTheNarrowestFormatThatHoldsBothOperands) {
  constexpr const char* kAmpere =
      "bf16: 312 TFLOPS, fp16: 312 TFLOPS, tf32: 156 TFLOPS, int8: 624 TOPS";
  constexpr const char* kHopper =
      "bf16: 989 TFLOPS, fp16: 989 TFLOPS, tf32: 494 TFLOPS, fp8: 1979 TFLOPS, int8: 1979 TOPS";
  constexpr const char* kBlackwell = "bf16: 2 PFLOPS, fp8: 4 PFLOPS, nvfp4: 9 PFLOPS";
  constexpr const char* kFp16Only = "fp16: 125 TFLOPS";
  constexpr const char* kIntOnly = "int8: 64 TOPS";
  const Product products[] = {
      {kAmpere, DType::bf16, DType::bf16, DType::bf16},
      {kAmpere, DType::fp16, DType::fp16, DType::fp16},
      {kAmpere, DType::fp8, DType::bf16, DType::bf16},  // weights only
      {kAmpere, DType::fp8, DType::fp8, DType::bf16},   // no fp8 unit; int8 would lose the exponent
      {kAmpere, DType::int8, DType::int8, DType::int8},
      {kAmpere, DType::int4, DType::int8, DType::int8},
      {kAmpere, DType::int4, DType::fp16, DType::fp16},  // AWQ, GPTQ
      {kAmpere, DType::fp32, DType::fp32, DType::tf32},
      {kHopper, DType::fp8, DType::fp8, DType::fp8},
      {kHopper, DType::nvfp4, DType::nvfp4, DType::fp8},
      {kHopper, DType::mxfp4, DType::bf16, DType::bf16},
      {kHopper, DType::int8, DType::fp8, DType::bf16},  // seven bits do not fit fp8's four
      {kBlackwell, DType::nvfp4, DType::nvfp4, DType::nvfp4},
      {kBlackwell, DType::mxfp4, DType::mxfp4, DType::mxfp4},
      {kBlackwell, DType::nvfp4, DType::fp8, DType::fp8},
      {kBlackwell, DType::int8, DType::int8, DType::bf16},
      {kBlackwell, DType::fp6, DType::fp6, DType::fp8},
      {kFp16Only, DType::bf16, DType::bf16, DType::bf16},
      {kFp16Only, DType::int8, DType::int8, DType::bf16},
      {"fp32: 90 TFLOPS, bf16: 362 TFLOPS", DType::fp32, DType::fp32, DType::fp32},
      {kIntOnly, DType::int4, DType::int4, DType::int8},
      {kIntOnly, DType::bf16, DType::bf16, DType::bf16},  // not possible: no rate, see below
  };
  for (const Product& product : products) {
    const Chip chip = with_peaks(product.peaks);
    EXPECT_EQ(chip.compute_dtype(product.weight, product.activation), product.format)
        << enum_name(product.weight) << " x " << enum_name(product.activation) << " on "
        << product.peaks;
    EXPECT_EQ(chip.compute_dtype(product.activation, product.weight), product.format);
  }
  EXPECT_FALSE(with_peaks(kIntOnly).matrix_rate(DType::bf16));
}

TEST(Chip, EachMistakeIsOneLineWithItsPlace) {
  struct Mistake {
    const char* yaml;
    const char* error;
  };
  const Mistake mistakes[] = {
      {"name: x\nmemory:\n  - {name: hbm, kind: HBM3, bandwith: 1 TB/s}\n",
       "x.yaml:3:29: error: 'bandwith' is not a field of memory level (did you mean 'bandwidth'?)"},
      {"name: x\nmemory: [{name: hbm, kind: HBM3, capacity: 80}]\n",
       "x.yaml:2:44: error: '80' needs a unit: one of B, KB, kB, MB"},
      {"name: x\npower: {tdp: 700 GB}\n",
       "x.yaml:2:14: error: 'GB' measures something else; use one of mW"},
      {"name: x\npower: {tdp: -700 W}\n", "x.yaml:2:14: error: '-700 W' must be above zero"},
      {"name: x\npower: {tdp: nan W}\n", "x.yaml:2:14: error: 'nan W' is not a finite number"},
      {"name: x\npower: {tdp: .inf}\n", "x.yaml:2:14: error: '.inf' is not a number with a unit"},
      {"name: x\nname: y\n", "x.yaml:2:1: error: 'name' is given twice"},
      {"name: x\npower: &p {tdp: 1 W}\n", "x.yaml:2:8: error: YAML anchors are not supported"},
      {"name: x\npower: *p\n", "x.yaml:2:8: error: "},
      {"name: x\nkind: cpu\n", "x.yaml:2:7: error: 'cpu' is not one of gpu, npu, memory_centric"},
      {"name: x\ncores: {count: 0}\n", "x.yaml:2:16: error: a chip has at least one core"},
      {"name: x\ndies: [{count: 0}]\n", "x.yaml:2:16: error: a die that is listed"},
      {"name: x\ntrust: Q\n", "x.yaml:2:8: error: 'Q' is not a trust flag"},
      {"name: x\nsources: {sheet: a b}\nprice: {value: 1 USD, source: shet}\n",
       "x.yaml:3:31: error: 'shet' is not a name in `sources:` (did you mean 'sheet'?)"},
      {"name: x\nsource: shet\nsources: {sheet: a b}\n", "x.yaml:2:9: error: 'shet' is not a name"},
      {"", "x.yaml:1:1: error: the file is empty; a chip was expected"},
      {"vendor: v\n", "x.yaml:1:1: error: chip needs 'name' (what the vendor calls it)"},
      {"name: [x\n", "x.yaml:2:1: error: not valid YAML"},
      {"\x7f"
       "ELF\x02\x01\x01",
       "x.yaml:1:5: error: byte 0x02 is not text; save the file as UTF-8"},
      {"just text", "x.yaml:1:1: error: expected chip with its fields, found 'just text'"},
      {"이름: x\nname: y\n", "x.yaml:1:1: error: '이름' is not a field of chip"},
  };
  for (const Mistake& mistake : mistakes) {
    const std::string error = chip_error(mistake.yaml);
    EXPECT_TRUE(error.starts_with(mistake.error)) << mistake.yaml << "gave " << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
}

TEST(Chip, DeepNestingIsRefusedBeforeItCostsMemory) {
  const std::string open(100, '[');
  const std::string close(100, ']');
  EXPECT_EQ(chip_error("name: x\nnotes: " + open + close),
            "x.yaml:2:71: error: more than 64 levels of nesting");
  EXPECT_NE(chip_error("name: x\nnotes: " + std::string(10'000, '[')), "");
}

TEST(Chip, FileFromAnotherSystemIsReadAsItIs) {
  const testing::TemporaryFolder folder;
  const std::string path =
      folder.write("한글 폴더/나의 칩.yaml",
                   "\xEF\xBB\xBFname: 나의 칩\r\nvendor: 모루 반도체\r\npower: {tdp: 350 W}\r\n");
  const Chip chip = load_chip(path);
  EXPECT_EQ(chip.id, "나의 칩");
  EXPECT_EQ(chip.name, "나의 칩");
  EXPECT_EQ(chip.vendor, "모루 반도체");
  EXPECT_DOUBLE_EQ(chip.power.tdp->value.value, 350);
  EXPECT_EQ(error_of([&] { load_chip(folder.path("없음.yaml")); }),
            folder.path("없음.yaml") + ": error: cannot open: No such file or directory");
  const std::string broken = folder.write("고장.yaml", "name: 칩\npower: {tdp: 350}\n");
  EXPECT_TRUE(error_of([&] { load_chip(broken); }).starts_with(broken + ":2:14: error: "));
}

TEST(Chip, JsonIsAsGoodAsYaml) {
  const testing::TemporaryFolder folder;
  const Chip chip = load_chip(folder.write(
      "a.json", R"({"name": "x", "peak": {"bf16": {"value": "2 PFLOPS", "trust": "E"}}})"));
  EXPECT_DOUBLE_EQ(chip.matrix_rate(DType::bf16)->value, 2e15);
  EXPECT_EQ(chip.peak.at(DType::bf16).trust, "E");
}

TEST(Chip, SchemaNamesEveryField) {
  const Document schema = parse_json(file_schema<Chip>("chip"), "schema.json");
  const Node* properties = schema.root.find("properties");
  ASSERT_NE(properties, nullptr);
  for (const char* name :
       {"name", "aliases", "peak", "memory", "dies", "links", "trust", "sources"}) {
    EXPECT_NE(properties->find(name), nullptr) << name;
  }
  EXPECT_EQ(schema.root.find("required")->items.size(), 1U);
  EXPECT_EQ(schema.root.find("required")->items[0].text, "name");
}

// Damage one byte of a good file: a chip or one clean error, never a crash.
RC_GTEST_PROP(Chip, DamagedFilesGiveAChipOrAnError, (std::uint8_t byte)) {
  std::string yaml = kSmall;
  yaml[*rc::gen::inRange<std::size_t>(0, yaml.size())] = static_cast<char>(byte);
  const std::string error = chip_error(yaml);
  RC_ASSERT(error.empty() || error.starts_with("x.yaml:"));
}

}  // namespace
}  // namespace moru
