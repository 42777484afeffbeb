// All rules and definitions, read and checked together: names resolve, units agree, formulas do not
// go in circles.
#pragma once

#include "moru/norms/rule.h"

#include <map>
#include <string>
#include <vector>

namespace moru {

inline constexpr const char* kNormsFolder = "norms";
// The day up to which the shipped rules were read.
inline constexpr const char* kRulesAsOf = "2026-11-21";

class Rulebook {
 public:
  const std::vector<Rule>& rules() const { return rules_; }
  const Rule* find(std::string_view id) const;
  // As find(), or Error with the nearest known ids.
  const Rule& require(std::string_view id) const;

  const QuantityDefinition* definition(std::string_view name) const;
  const std::map<std::string, QuantityDefinition, std::less<>>& definitions() const {
    return definitions_;
  }
  std::vector<std::string> quantity_names() const;

  // A value of a quantity as a person writes it: "600 GB/s", "10 kW..20 kW", "true", "2026-07-01".
  // `reason` is empty if it was read.
  struct ParsedValue {
    Value value;
    std::string reason;
  };
  ParsedValue parse_value_of(const QuantityDefinition& definition, std::string_view text) const;

 private:
  friend class RulebookReader;
  std::vector<Rule> rules_;
  std::map<std::string, QuantityDefinition, std::less<>> definitions_;
};

// The rules of the catalogue, and those of `extra` files (proposals, drafts). Throws Error with
// every diagnostic of the first file that has any.
Rulebook load_rulebook(const std::vector<std::string>& extra = {});
// Of the given documents only.
Rulebook rulebook_from(const std::vector<Document>& documents);

}  // namespace moru
