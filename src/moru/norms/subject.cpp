#include "moru/norms/subject.h"

#include "moru/base/catalogue.h"
#include "moru/base/fields_parse.h"
#include "moru/base/file.h"
#include "moru/model/model.h"

#include <algorithm>
#include <filesystem>

namespace moru {
namespace {

// A value of a subject file: the text alone, or with where it comes from.
struct StatedText {
  static constexpr std::string_view kTypeName = "value with its source";
  std::string value;
  std::string source;
  std::string trust;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("value", x.value, "with its unit; low..high where it is disputed");
    v.optional("source", x.source, "where it was read");
    v.optional("trust", x.trust, "S V T M E D");
  }
};

struct SubjectFile {
  static constexpr std::string_view kTypeName = "subject of rules";
  SubjectKind subject = SubjectKind::site;
  std::string name;
  std::string about;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("subject", x.subject, "chip, memory, model, service or site");
    v.optional("name", x.name, "the file's name without .yaml");
    v.optional("about", x.about, "what it is");
  }
};

void read_value(ParseContext& context, const Node::Entry& entry, const Rulebook& rules,
                Subject& subject) {
  const QuantityDefinition* definition = rules.definition(entry.key);
  if (definition == nullptr) {
    const std::vector<std::string> names = rules.quantity_names();
    context.diagnostics.error(
        context.document.place(entry),
        fmt::format("'{}' is not a quantity{}; `moru norms quantities` lists them", entry.key,
                    did_you_mean(entry.key, std::span<const std::string>(names))));
    return;
  }
  StatedText stated;
  if (entry.value.is_map()) {
    parse_value(context, entry.value, stated);
  } else {
    parse_value(context, entry.value, stated.value);
  }
  if (!entry.value.is_map() && !entry.value.is_scalar()) {
    return;
  }
  Rulebook::ParsedValue parsed = rules.parse_value_of(*definition, stated.value);
  if (!parsed.reason.empty()) {
    context.error(entry.value, parsed.reason);
    return;
  }
  subject.values[entry.key] = {std::move(parsed.value), "stated: " + stated.value, stated.source,
                               stated.trust};
}

}  // namespace

Subject subject_from(const Document& document, const Rulebook& rules) {
  ParseContext context{document, {}};
  Document head = document;
  std::erase_if(head.root.entries, [](const Node::Entry& entry) { return entry.key == "values"; });
  SubjectFile file = parse_document<SubjectFile>(head);
  Subject subject;
  subject.kind = file.subject;
  subject.name =
      file.name.empty() ? std::filesystem::path(document.file).stem().string() : file.name;
  const Node* values = document.root.find("values");
  if (values == nullptr || !values->is_map()) {
    fail("a subject of rules needs `values:`, a map of quantities",
         document.place(values == nullptr ? document.root : *values));
  }
  for (const Node::Entry& entry : values->entries) {
    read_value(context, entry, rules, subject);
  }
  context.diagnostics.throw_if_any();
  return subject;
}

Subject model_subject(const std::string& model, const Rulebook& rules) {
  const Model loaded = load_model(model);
  const ParameterCount count = count_parameters(loaded);
  Subject subject;
  subject.kind = SubjectKind::model;
  subject.name = model;
  const QuantityDefinition* parameters = rules.definition("parameters");
  if (parameters != nullptr) {
    subject.values["parameters"] = {Value::number(count.active, count.active),
                                    "active parameters, counted from config.json", "config.json",
                                    "D"};
  }
  subject.values["generates_content"] = {Value::flag(Truth::yes), "a language model", "config.json",
                                         "D"};
  return subject;
}

Subject load_subject(const std::string& name, const Rulebook& rules) {
  const bool is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
  if (is_yaml) {
    const Document document = read_document(name);
    if (document.root.find("subject") != nullptr) {
      return subject_from(document, rules);
    }
    return chip_subject(load_chip(name), rules);
  }
  if (name.ends_with(".json")) {
    return model_subject(name, rules);
  }
  if (!find_in_catalogue(kChips, name).path.empty()) {
    return chip_subject(load_chip(name), rules);
  }
  if (name.find('/') != std::string::npos || !find_in_catalogue(kModels, name).path.empty()) {
    return model_subject(name, rules);
  }
  require_in_catalogue(kChips, name);
  return {};
}

void set_value(Subject& subject, const std::string& assignment, const Rulebook& rules) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos) {
    fail(fmt::format("--set wants name=value, found '{}'", assignment));
  }
  const std::string name(trim(std::string_view(assignment).substr(0, equals)));
  const QuantityDefinition* definition = rules.definition(name);
  if (definition == nullptr) {
    const std::vector<std::string> names = rules.quantity_names();
    fail(fmt::format("--set: '{}' is not a quantity{}; `moru norms quantities` lists them", name,
                     did_you_mean(name, std::span<const std::string>(names))));
  }
  const std::string text(trim(std::string_view(assignment).substr(equals + 1)));
  Rulebook::ParsedValue parsed = rules.parse_value_of(*definition, text);
  if (!parsed.reason.empty()) {
    fail(fmt::format("--set {}: {}", name, parsed.reason));
  }
  subject.values[name] = {std::move(parsed.value), "stated: " + text, "command line", ""};
}

}  // namespace moru
