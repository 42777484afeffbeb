// Named figures from outside (prices, capacities, physical constants), each with a range, a source
// and a flag that says how far to trust it.
//
// They stand in data/prices/*.yaml and data/physics/*.yaml:
//   facts:
//     wafer_price.n5: {value: 17000, low: 13495, high: 20000, unit: USD, meaning: …, source: …}
// Disputed values are ranges, never a silent choice; `value` is the middle that results quote.
#pragma once

#include "moru/base/fields.h"
#include "moru/base/node.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

class FieldCheck;

struct Fact {
  static constexpr std::string_view kTypeName = "fact";
  double value = 0;
  std::optional<double> low;
  std::optional<double> high;
  std::string unit;
  std::string meaning;
  std::string source;
  std::string trust;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("value", x.value, "what results quote");
    v.optional("low", x.low, "lower end of what the sources allow");
    v.optional("high", x.high, "upper end");
    v.required("unit", x.unit, "in words: USD, GB, mm2, 1/cm2; '1' for a ratio");
    v.required("meaning", x.meaning, "of what");
    v.required("source", x.source, "where it was read, or a key of sources");
    v.required("trust", x.trust, "S, V, T, M, E or D");
  }
  void validate(const FieldCheck& check) const;
  double at_low() const { return low.value_or(value); }
  double at_high() const { return high.value_or(value); }
};

// All facts that are known, by name.
class FactBook {
 public:
  // Adds the facts of one file; a fact that is there already is replaced.
  void add(const Document& document);
  void add(std::string name, Fact fact) { facts_[std::move(name)] = std::move(fact); }
  // Throws Error with the nearest names if it is not there.
  const Fact& at(std::string_view name) const;
  const Fact* find(std::string_view name) const;
  const std::map<std::string, Fact, std::less<>>& all() const { return facts_; }

 private:
  std::map<std::string, Fact, std::less<>> facts_;
};

// The shipped facts of data/prices and data/physics, then `override_path` if it is not empty.
FactBook load_facts(const std::string& override_path = "");

}  // namespace moru
