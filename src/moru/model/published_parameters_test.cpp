// Every shipped model has the parameters that its maker publishes.
#include "moru/base/catalogue.h"
#include "moru/base/node.h"
#include "moru/base/text.h"
#include "moru/model/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace moru {
namespace {

struct Published {
  double value = 0;
  double tolerance = 0;  // 0.5 % from three digits on, else half a unit of the last digit
};

// "8.03B", "124M", "1T".
Published read_published(const std::string& text) {
  Published published;
  const std::size_t length = parse_number_prefix(text, published.value);
  const char unit = text.substr(length).empty() ? ' ' : text[length];
  const double scale = unit == 'T' ? 1e12 : unit == 'B' ? 1e9 : unit == 'M' ? 1e6 : 0;
  const std::string digits = text.substr(0, length);
  const std::size_t point = digits.find('.');
  const std::size_t decimals = point == std::string::npos ? 0 : digits.size() - point - 1;
  const auto count = std::count_if(digits.begin() + (digits.starts_with("0.") ? 2 : 0),
                                   digits.end(), [](char c) { return std::isdigit(c) != 0; });
  published.value *= scale;
  published.tolerance = count >= 3 ? 0.005 * published.value
                                   : 0.5 * scale * std::pow(10.0, -static_cast<double>(decimals));
  return published;
}

std::string entry(const Document& provenance, std::string_view key) {
  const Node* node = provenance.root.find(key);
  return node == nullptr ? "" : node->text;
}

Document provenance_of(const std::string& id) {
  return read_document(std::string(MORU_SOURCE_DIR) + "/data/models/" + id + "/provenance.yaml");
}

bool is_near(double count, const Published& published) {
  return std::abs(count - published.value) <= published.tolerance;
}

void expect_published(const std::string& id) {
  SCOPED_TRACE(id);
  const Document provenance = provenance_of(id);
  const Model model = load_model(id);
  const ParameterCount count = count_parameters(model);
  const Published total = read_published(entry(provenance, "published_parameters"));
  ASSERT_GT(total.value, 0) << "published_parameters is missing";
  const std::string apart = entry(provenance, "parameters_not_modelled");
  const double elsewhere = apart.empty() ? 0 : read_published(apart).value;
  EXPECT_TRUE(is_near(count.total + elsewhere, total) || !entry(provenance, "exception").empty())
      << "counted " << count.total / 1e9 << "B";
  const std::string active = entry(provenance, "published_active_parameters");
  if (active.empty() || !entry(provenance, "active_exception").empty()) {
    return;
  }
  // Makers count the vocabulary's tables in, leave both out, or only the one that is looked up.
  const double table = static_cast<double>(model.vocab_size * model.hidden_size);
  const Published wanted = read_published(active);
  EXPECT_TRUE(is_near(count.active, wanted) || is_near(count.active - table, wanted) ||
              is_near(count.active - count.embedding, wanted))
      << "counted " << count.active / 1e9 << "B, without tables "
      << (count.active - count.embedding) / 1e9 << "B";
}

TEST(ShippedModels, HaveThePublishedParameters) {
  for (const std::string& id : catalogue_ids(kModels)) {
    expect_published(id);
  }
}

TEST(ShippedModels, SayWhereTheyComeFrom) {
  for (const std::string& id : catalogue_ids(kModels)) {
    const Document provenance = provenance_of(id);
    EXPECT_FALSE(entry(provenance, "source").empty()) << id;
    EXPECT_FALSE(entry(provenance, "published_source").empty()) << id;
    EXPECT_EQ(entry(provenance, "trust").size(), 1U) << id;
    EXPECT_FALSE(catalogue_aliases(kModels, id).empty()) << id;
  }
}

TEST(ShippedModels, ExceptionsAreFewAndStillWithinSevenPercent) {
  int exceptions = 0;
  for (const std::string& id : catalogue_ids(kModels)) {
    const Document provenance = provenance_of(id);
    if (entry(provenance, "exception").empty()) {
      continue;
    }
    ++exceptions;
    const double published = read_published(entry(provenance, "published_parameters")).value;
    EXPECT_NEAR(count_parameters(load_model(id)).total / published, 1, 0.07) << id;
  }
  EXPECT_LE(exceptions, 5);
}

TEST(ShippedModels, NoTwoShareAnAlias) {
  std::vector<std::string> names;
  for (const std::string& id : catalogue_ids(kModels)) {
    names.push_back(to_lower(id));
    for (const std::string& alias : catalogue_aliases(kModels, id)) {
      names.push_back(to_lower(alias));
    }
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  EXPECT_EQ(twice, names.end()) << *twice;
}

TEST(ShippedModels, AreAtLeastEighty) { EXPECT_GE(catalogue_ids(kModels).size(), 80U); }

}  // namespace
}  // namespace moru
