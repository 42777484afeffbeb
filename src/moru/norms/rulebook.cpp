#include "moru/norms/rulebook.h"

#include "moru/base/catalogue.h"
#include "moru/base/fields_parse.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace moru {
namespace {

// Quantities that every check has.
const std::vector<std::pair<std::string, ValueType>>& built_in() {
  static const std::vector<std::pair<std::string, ValueType>> all = {
      {"date", {ValueKind::date, {}}}, {"year", {ValueKind::number, {}}}};
  return all;
}

Rulebook::ParsedValue parse_flag(std::string_view text) {
  const std::string word = to_lower(text);
  if (word == "true" || word == "yes") {
    return {Value::flag(Truth::yes), ""};
  }
  if (word == "false" || word == "no") {
    return {Value::flag(Truth::no), ""};
  }
  return {{}, fmt::format("expected true or false, found '{}'", text)};
}

// One end of a range, in SI base units.
std::string parse_end(const QuantityDefinition& definition, std::string_view text, double& end) {
  if (definition.type.dimension == Dimension{}) {
    const auto number = parse_double(text);
    if (!number) {
      return fmt::format("expected a plain number, found '{}'", text);
    }
    end = *number;
  } else {
    const ParsedQuantity parsed = parse_quantity(text, definition.type.dimension);
    if (!parsed.reason.empty()) {
      return parsed.reason;
    }
    end = parsed.value;
  }
  return end < 0 ? fmt::format("'{}' must be zero or more", text) : "";
}

Rulebook::ParsedValue parse_range(const QuantityDefinition& definition, std::string_view text) {
  const std::size_t dots = text.find("..");
  const std::string_view first = trim(text.substr(0, dots));
  const std::string_view last =
      dots == std::string_view::npos ? first : trim(text.substr(dots + 2));
  double low = 0;
  double high = 0;
  std::string reason = parse_end(definition, first, low);
  if (reason.empty()) {
    reason = parse_end(definition, last, high);
  }
  if (reason.empty() && low > high) {
    reason = fmt::format("'{}' goes downwards; write low..high", text);
  }
  return {Value::number(low, high, definition.type.dimension), reason};
}

}  // namespace

const Rule* Rulebook::find(std::string_view id) const {
  const auto found =
      std::find_if(rules_.begin(), rules_.end(), [id](const Rule& rule) { return rule.id == id; });
  return found == rules_.end() ? nullptr : &*found;
}

const Rule& Rulebook::require(std::string_view id) const {
  if (const Rule* rule = find(id)) {
    return *rule;
  }
  std::vector<std::string> ids;
  for (const Rule& rule : rules_) {
    ids.push_back(rule.id);
  }
  fail(fmt::format("'{}' is not a rule{}; `moru norms rules` lists them", id,
                   did_you_mean(id, std::span<const std::string>(ids))));
}

const QuantityDefinition* Rulebook::definition(std::string_view name) const {
  const auto found = definitions_.find(name);
  return found == definitions_.end() ? nullptr : &found->second;
}

std::vector<std::string> Rulebook::quantity_names() const {
  std::vector<std::string> names;
  for (const auto& [name, definition] : definitions_) {
    names.push_back(name);
  }
  for (const auto& [name, type] : built_in()) {
    names.push_back(name);
  }
  return names;
}

Rulebook::ParsedValue Rulebook::parse_value_of(const QuantityDefinition& definition,
                                               std::string_view text) const {
  const std::string_view trimmed = trim(text);
  switch (definition.kind) {
    case ValueKind::flag:
      return parse_flag(trimmed);
    case ValueKind::text:
      return trimmed.empty() ? ParsedValue{{}, "expected a word"}
                             : ParsedValue{Value::word(std::string(trimmed)), ""};
    case ValueKind::date: {
      const auto days = parse_date(trimmed);
      if (!days) {
        return {{}, fmt::format("'{}' is not a date such as 2026-01-22", trimmed)};
      }
      Value value = Value::number(*days, *days);
      value.type = definition.type;
      return {value, ""};
    }
    case ValueKind::number:
      break;
  }
  return parse_range(definition, trimmed);
}

// Reads documents one after the other, then binds names across all of them.
class RulebookReader {
 public:
  void read(const Document& document) {
    RuleFile file = parse_document<RuleFile>(document);
    Diagnostics diagnostics;
    const Node* definitions = document.root.find("definitions");
    for (std::size_t i = 0; i < file.definitions.size(); ++i) {
      add(std::move(file.definitions[i]), document, definitions->items[i], diagnostics);
    }
    const Node* rules = document.root.find("rules");
    for (std::size_t i = 0; i < file.rules.size(); ++i) {
      add(std::move(file.rules[i]), document, rules->items[i], diagnostics);
    }
    diagnostics.throw_if_any();
  }

  // Binds everything that was read. Throws Error.
  Rulebook finish() {
    names_ = book_.quantity_names();
    Diagnostics diagnostics;
    for (const Place& place : definition_places_) {
      bind(book_.definitions_.find(place.name)->second, place, diagnostics);
    }
    diagnostics.throw_if_any();
    for (const Place& place : definition_places_) {
      find_circle(place, diagnostics);
    }
    for (std::size_t i = 0; i < book_.rules_.size(); ++i) {
      bind(book_.rules_[i], rule_places_[i], diagnostics);
    }
    diagnostics.throw_if_any();
    return std::move(book_);
  }

 private:
  struct Place {
    std::string name;
    const Document* document;
    const Node* node;

    SourcePlace of(const Node& at) const { return document->place(at); }
    SourcePlace of(std::string_view field) const {
      const Node* at = node->find(field);
      return document->place(at == nullptr ? *node : *at);
    }
  };

  void add(QuantityDefinition definition, const Document& document, const Node& node,
           Diagnostics& diagnostics) {
    const std::string name = definition.name;
    const Place place{name, &document, &node};
    bool is_name = !name.empty() && (std::isalpha(static_cast<unsigned char>(name[0])) != 0);
    for (const char c : name) {
      is_name = is_name && (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_');
    }
    if (!is_name) {
      diagnostics.error(place.of("name"), fmt::format("'{}' is not a name: letters, digits and _",
                                                      printable(name, 40)));
      return;
    }
    for (const auto& [known, type] : built_in()) {
      if (known == name) {
        diagnostics.error(place.of("name"), fmt::format("'{}' is built in", name));
        return;
      }
    }
    definition.type.kind = definition.kind;
    if (!definition.unit.empty()) {
      definition.type.dimension = *dimension_of_unit(definition.unit);
      definition.unit_scale =
          parse_quantity("1 " + definition.unit, definition.type.dimension).value;
    }
    if (!book_.definitions_.emplace(name, std::move(definition)).second) {
      diagnostics.error(place.of("name"), fmt::format("'{}' is defined twice", name));
      return;
    }
    definition_places_.push_back(place);
  }

  void add(Rule rule, const Document& document, const Node& node, Diagnostics& diagnostics) {
    const Place place{rule.id, &document, &node};
    if (book_.find(rule.id) != nullptr) {
      diagnostics.error(place.of("id"), fmt::format("there are two rules '{}'", rule.id));
      return;
    }
    rule.place = document.place(node);
    rule.first_day = parse_date(rule.in_force);
    rule.first_day_latest = parse_date(rule.in_force_latest);
    rule.last_day_after = parse_date(rule.ended);
    book_.rules_.push_back(std::move(rule));
    rule_places_.push_back(place);
  }

  std::optional<Expression> parsed(const std::string& text, const SourcePlace& place,
                                   const ValueType* wanted, Diagnostics& diagnostics) const {
    const TypeOf type_of = [this](std::string_view name) -> std::optional<ValueType> {
      for (const auto& [known, type] : built_in()) {
        if (known == name) {
          return type;
        }
      }
      const QuantityDefinition* definition = book_.definition(name);
      return definition == nullptr ? std::nullopt : std::optional(definition->type);
    };
    ParsedExpression result = parse_expression(text, type_of, names_);
    if (!result.reason.empty()) {
      diagnostics.error(place, result.reason);
      return std::nullopt;
    }
    if (wanted != nullptr && !(result.expression.type() == *wanted)) {
      diagnostics.error(place, fmt::format("expected {}, but \"{}\" is {}", describe(*wanted), text,
                                           describe(result.expression.type())));
      return std::nullopt;
    }
    return std::move(result.expression);
  }

  void bind(QuantityDefinition& definition, const Place& place, Diagnostics& diagnostics) const {
    if (!definition.formula.empty()) {
      definition.expression =
          parsed(definition.formula, place.of("formula"), &definition.type, diagnostics);
    }
    if (!definition.assumed.empty()) {
      Rulebook::ParsedValue assumed = book_.parse_value_of(definition, definition.assumed);
      if (!assumed.reason.empty()) {
        diagnostics.error(place.of("assumed"), assumed.reason);
        return;
      }
      definition.assumed_value = std::move(assumed.value);
    }
  }

  void bind(Rule& rule, const Place& place, Diagnostics& diagnostics) const {
    const ValueType flag{ValueKind::flag, {}};
    if (!rule.applies_when.empty()) {
      rule.applies = parsed(rule.applies_when, place.of("applies_when"), &flag, diagnostics);
    }
    const auto bind_all = [&](auto& items, std::string_view field) {
      const Node* nodes = place.node->find(field);
      for (std::size_t i = 0; i < items.size(); ++i) {
        items[i].expression =
            parsed(items[i].when, place.of(*nodes->items[i].find("when")), &flag, diagnostics);
      }
    };
    bind_all(rule.tests, "tests");
    bind_all(rule.exceptions, "exceptions");
  }

  // Walks the formulas below one definition; a circle is said once, at its alphabetically first
  // member.
  void find_circle(const Place& place, Diagnostics& diagnostics) const {
    std::vector<std::string> path;
    std::set<std::string> done;
    if (reaches(place.name, place.name, path, done)) {
      std::vector<std::string> members(path.rbegin(), path.rend());
      if (*std::min_element(members.begin(), members.end()) != place.name) {
        return;
      }
      members.push_back(place.name);
      diagnostics.error(place.of("formula"),
                        fmt::format("goes in a circle: {}; state one of them instead",
                                    join(std::span<const std::string>(members), " <- ")));
    }
  }

  bool reaches(const std::string& from, const std::string& goal, std::vector<std::string>& path,
               std::set<std::string>& done) const {
    const QuantityDefinition* definition = book_.definition(from);
    if (definition == nullptr || !definition->expression || !done.insert(from).second) {
      return false;
    }
    for (const std::string& name : definition->expression->names()) {
      if (name == goal || reaches(name, goal, path, done)) {
        path.push_back(from);
        return true;
      }
    }
    return false;
  }

  Rulebook book_;
  std::vector<Place> definition_places_;
  std::vector<Place> rule_places_;
  std::vector<std::string> names_;
};

Rulebook rulebook_from(const std::vector<Document>& documents) {
  RulebookReader reader;
  for (const Document& document : documents) {
    reader.read(document);
  }
  return reader.finish();
}

Rulebook load_rulebook(const std::vector<std::string>& extra) {
  constexpr CatalogueKind kRules = {"file of rules", kNormsFolder, ".yaml", ".yaml"};
  std::vector<Document> documents;
  for (const std::string& id : catalogue_ids(kRules)) {
    documents.push_back(read_document(require_in_catalogue(kRules, id).path));
  }
  if (documents.empty()) {
    fail("no rules were found: data/norms/ is missing; see MORU_CATALOGUE");
  }
  for (const std::string& path : extra) {
    documents.push_back(read_document(path));
  }
  return rulebook_from(documents);
}

}  // namespace moru
