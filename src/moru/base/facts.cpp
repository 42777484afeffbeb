#include "moru/base/facts.h"

#include "moru/base/catalogue.h"
#include "moru/base/fields_parse.h"

namespace moru {
namespace {

constexpr CatalogueKind kPrices = {"price file", "prices", ".yaml", ".yaml"};
constexpr CatalogueKind kPhysics = {"physics file", "physics", ".yaml", ".yaml"};

struct FactFile {
  static constexpr std::string_view kTypeName = "fact file";
  std::string about;
  std::map<std::string, std::string> sources;
  std::map<std::string, Fact> facts;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("about", x.about, "what the facts are about");
    v.optional("sources", x.sources, "short name -> where it was read");
    v.required("facts", x.facts, "name -> value with range and source");
  }
};

}  // namespace

void Fact::validate(const FieldCheck& check) const {
  check.require(is_trust_flag(trust), "trust", "a trust flag is one of S, V, T, M, E, D");
  check.require(at_low() <= value && value <= at_high(), "value",
                "the value lies outside its own low..high range");
}

void FactBook::add(const Document& document) {
  FactFile file = parse_document<FactFile>(document);
  for (auto& [name, fact] : file.facts) {
    if (const auto long_form = file.sources.find(fact.source); long_form != file.sources.end()) {
      fact.source = long_form->second;
    }
    facts_[name] = std::move(fact);
  }
}

const Fact* FactBook::find(std::string_view name) const {
  const auto found = facts_.find(name);
  return found == facts_.end() ? nullptr : &found->second;
}

const Fact& FactBook::at(std::string_view name) const {
  if (const Fact* fact = find(name)) {
    return *fact;
  }
  std::vector<std::string> names;
  for (const auto& [known, fact] : facts_) {
    names.push_back(known);
  }
  fail(fmt::format("no fact is called '{}'{}; `moru show facts` lists them", name,
                   did_you_mean(name, std::span<const std::string>(names))));
}

FactBook load_facts(const std::string& override_path) {
  FactBook book;
  for (const CatalogueKind& kind : {kPrices, kPhysics}) {
    for (const std::string& id : catalogue_ids(kind)) {
      book.add(read_document(require_in_catalogue(kind, id).path));
    }
  }
  if (!override_path.empty()) {
    book.add(read_document(override_path));
  }
  return book;
}

}  // namespace moru
