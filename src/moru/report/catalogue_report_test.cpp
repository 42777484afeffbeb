#include "moru/report/catalogue_report.h"

#include "moru/base/catalogue.h"
#include "moru/base/node.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace moru {
namespace {

const Section& section_of(const Page& page, std::string_view key) {
  static const Section none;
  const auto found = std::find_if(page.sections.begin(), page.sections.end(),
                                  [&](const Section& section) { return section.key == key; });
  return found == page.sections.end() ? none : *found;
}

// The cell of the row whose first cell is `row`.
Cell cell_of(const Section& section, std::string_view row, std::string_view column) {
  for (std::size_t i = 0; i < section.columns.size(); ++i) {
    for (const std::vector<Cell>& cells : section.rows) {
      if (section.columns[i].key == column && cells.front().text == row) {
        return cells[i];
      }
    }
  }
  return {};
}

double number_of(const Cell& cell) {
  const double* number = std::get_if<double>(&cell.value);
  return number == nullptr ? -1 : *number;
}

TEST(ChipPage, RidgePointIsPeakOverBandwidth) {
  const Page page = chip_page("h100_sxm");
  // 989.4 TFLOPS / 3.35 TB/s.
  EXPECT_NEAR(number_of(cell_of(section_of(page, "figures"), "ridge point bf16", "value")), 295.3,
              0.1);
}

TEST(ChipPage, ProductsAreMultipliedInWhatTheChipHas) {
  const auto multiplied_in = [](const char* chip, const char* weights) {
    return cell_of(section_of(chip_page(chip), "compute_dtypes"), weights, "multiplied_in").text;
  };
  EXPECT_EQ(multiplied_in("h100_sxm", "fp8"), "fp8");
  EXPECT_EQ(multiplied_in("a100_sxm", "fp8"), "bf16");
  EXPECT_EQ(multiplied_in("h100_sxm", "int4"), "bf16");  // W4A16
}

TEST(ChipPage, ValuesCarrySourceAndTrust) {
  const Page page = chip_page("H100");
  EXPECT_EQ(page.id, "h100_sxm");
  const Section& fields = section_of(page, "fields");
  EXPECT_EQ(cell_of(fields, "memory[0].bandwidth", "value").text, "3.35 TB/s");
  EXPECT_EQ(cell_of(fields, "memory[0].bandwidth", "trust").text, "S");
  EXPECT_NE(cell_of(fields, "memory[0].bandwidth", "source").text.find("aiconfigurator"),
            std::string::npos);
}

TEST(ChipList, SaysWhyAChipCannotBeSimulated) {
  const Page page = chip_list();
  const Section& items = section_of(page, "items");
  EXPECT_EQ(items.rows.size(), catalogue_ids(kChips).size());
  EXPECT_EQ(cell_of(items, "h100_sxm", "simulated").text, "yes");
  EXPECT_EQ(cell_of(items, "sohu", "simulated").text,
            "no: without peak (bf16, fp8 or int8), memory bandwidth");
}

TEST(ModelList, FiguresOfLlamaAndDeepSeekAreThoseOfTheirPapers) {
  const Page page = model_list();
  const Section& items = section_of(page, "items");
  EXPECT_EQ(items.rows.size(), catalogue_ids(kModels).size());
  // 2 x 32 layers x 8 heads x 128 x 2 bytes.
  const std::string llama = "meta-llama/Llama-3.1-8B";
  EXPECT_EQ(number_of(cell_of(items, llama, "kv_bytes_per_token")), 131072);
  EXPECT_EQ(number_of(cell_of(items, llama, "parameters")), 8030261248);
  EXPECT_EQ(cell_of(items, llama, "heads").text, "32/8");
  // 61 layers x (512 + 64) x 2 bytes.
  const std::string deepseek = "deepseek-ai/DeepSeek-V3";
  EXPECT_EQ(number_of(cell_of(items, deepseek, "kv_bytes_per_token")), 70272);
  EXPECT_EQ(cell_of(items, deepseek, "experts").text, "256 top 8");
}

TEST(ModelPage, LayersTimesTheirPartsAddUpToTheWhole) {
  for (const char* name :
       {"meta-llama/Llama-3.1-8B", "deepseek-ai/DeepSeek-V3.2", "Qwen/Qwen3-Next-80B-A3B-Instruct",
        "google/gemma-3-27b-it", "ai21labs/Jamba-v0.1", "openai/gpt-oss-120b"}) {
    const Page page = model_page(name);
    const Section& parameters = section_of(page, "parameters");
    const double all = number_of(cell_of(parameters, "all", "parameters"));
    double layers = 0;
    const Section& kinds = section_of(page, "layers");
    for (const std::vector<Cell>& row : kinds.rows) {
      layers += number_of(row[0]) * (number_of(row[3]) + number_of(row[4]));
    }
    const double rest =
        number_of(cell_of(parameters, "embedding, head and final norm", "parameters"));
    EXPECT_NEAR(layers + rest, all, all * 1e-12) << name;
  }
}

TEST(ModelPage, WhatTheLayersLeaveIsEmbeddingHeadAndFinalNorm) {
  const Page page = model_page("meta-llama/Llama-3.1-8B");
  // Two tables of 128256 x 4096 and a norm of 4096.
  EXPECT_EQ(number_of(cell_of(section_of(page, "parameters"), "embedding, head and final norm",
                              "parameters")),
            2 * 128256.0 * 4096 + 4096);
}

TEST(ModelPage, EveryModelOfTheCatalogueHasOne) {
  for (const std::string& id : catalogue_ids(kModels)) {
    const Page page = model_page(id);
    EXPECT_FALSE(section_of(page, "layers").rows.empty()) << id;
    EXPECT_FALSE(section_of(page, "sources").rows.empty()) << id << " has no source";
  }
}

TEST(WorkloadPage, QuantilesCarryTheSourceOfTheirDistribution) {
  const Page page = workload_page("azure_chat");
  const Section& fields = section_of(page, "fields");
  EXPECT_EQ(cell_of(fields, "prompt_tokens.quantiles.p50", "value").text, "1020");
  EXPECT_EQ(cell_of(fields, "prompt_tokens.quantiles.p50", "trust").text, "S");
  EXPECT_NE(cell_of(fields, "prompt_tokens.quantiles.p50", "source").text.find("Splitwise"),
            std::string::npos);
}

TEST(ConstantList, EveryConstantLiesInItsRangeAndHasASource) {
  const Page page = constant_list();
  const Section& items = section_of(page, "items");
  EXPECT_GE(items.rows.size(), 13U);
  for (const std::vector<Cell>& row : items.rows) {
    EXPECT_LE(number_of(row[2]), number_of(row[1])) << row[0].text;
    EXPECT_LE(number_of(row[1]), number_of(row[3])) << row[0].text;
    EXPECT_FALSE(row[5].text.empty()) << row[0].text;
  }
}

TEST(Page, SourcesAreNumberedAndListedOnceBelow) {
  const Page page{"things",
                  "",
                  "",
                  {{"items",
                    "",
                    {{"name", "name"}, {"source", "source", Align::left, true}},
                    {{"a", "a long source"}, {"b", "another"}, {"c", "a long source"}}}}};
  EXPECT_EQ(page_text(page),
            "name  source\n------------\na     [1]\nb     [2]\nc     [1]\n\n"
            "[1] a long source\n[2] another\n");
}

TEST(Page, JsonKeepsNumbersAsNumbersAndUnknownAsNull) {
  const Page page{
      "things",
      "",
      "",
      {{"items", "", {{"name", "name"}, {"watts", "TDP"}}, {{"a", {"1 kW", 1000}}, {"b", {}}}}}};
  const Document document = parse_json(page_json(page), "json");
  const Node& items = *document.root.find("items");
  EXPECT_EQ(document.root.find("schema")->text, "moru/show/1");
  EXPECT_EQ(items.items[0].find("watts")->text, "1000");
  EXPECT_FALSE(items.items[0].find("watts")->is_quoted);
  EXPECT_TRUE(items.items[1].find("watts")->is_null());
}

TEST(Page, CountsHaveThreeDigits) {
  EXPECT_EQ(count_text(8030261248), "8.03B");
  EXPECT_EQ(count_text(671e9), "671B");
  EXPECT_EQ(count_text(494e6), "494M");
  EXPECT_EQ(count_text(12), "12");
}

}  // namespace
}  // namespace moru
