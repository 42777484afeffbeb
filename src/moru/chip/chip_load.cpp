// Chip files: parsing, and giving every value the source it inherits.
#include "moru/base/catalogue.h"
#include "moru/base/fields_parse.h"
#include "moru/chip/chip.h"

#include <filesystem>

namespace moru {
namespace {

// A source is a short name from `sources:` or a text; a text has spaces.
bool is_short_name(std::string_view source) {
  return !source.empty() && source.find(' ') == std::string_view::npos;
}

// Fills in the file's own source and trust where a value names none, and spells out short names.
class SourceFields {
 public:
  explicit SourceFields(const Chip& chip) : chip_(chip) {}

  template <class T>
  void required(std::string_view, T& member, std::string_view) {
    resolve(member);
  }
  template <class T>
  void optional(std::string_view, T& member, std::string_view) {
    resolve(member);
  }

 private:
  template <class T>
  void resolve(T& member) {
    if constexpr (detail::is_sourced<T>) {
      inherit(member.source, chip_.source);
      inherit(member.trust, chip_.trust);
      if (const auto found = chip_.sources.find(member.source); found != chip_.sources.end()) {
        member.source = found->second;
      }
    } else if constexpr (detail::is_optional<T>) {
      if (member) {
        resolve(*member);
      }
    } else if constexpr (detail::is_vector<T>) {
      for (auto& item : member) {
        resolve(item);
      }
    } else if constexpr (detail::is_map<T>) {
      for (auto& [key, item] : member) {
        resolve(item);
      }
    } else if constexpr (detail::HasFields<T>) {
      T::fields(*this, member);
    }
  }

  static void inherit(std::string& own, const std::string& fallback) {
    if (own.empty()) {
      own = fallback;
    }
  }

  const Chip& chip_;
};

// Every `source:` of the file that is a short name must stand in `sources:`.
void check_sources(ParseContext& context, const Node& node, const Chip& chip) {
  for (const Node::Entry& entry : node.entries) {
    const std::string& source = entry.value.text;
    if (entry.key == "source" && is_short_name(source) && !chip.sources.empty() &&
        !chip.sources.contains(source)) {
      std::vector<std::string> names;
      for (const auto& [name, text] : chip.sources) {
        names.push_back(name);
      }
      context.error(entry.value,
                    fmt::format("'{}' is not a name in `sources:`{}", source,
                                did_you_mean(source, std::span<const std::string>(names))));
    }
    if (entry.key != "sources") {
      check_sources(context, entry.value, chip);
    }
  }
  for (const Node& item : node.items) {
    check_sources(context, item, chip);
  }
}

Chip chip_from(const Document& document) {
  Chip chip = parse_document<Chip>(document);
  ParseContext context{document, {}};
  check_sources(context, document.root, chip);
  context.diagnostics.throw_if_any();
  if (chip.id.empty()) {
    chip.id = std::filesystem::path(document.file).stem().string();
  }
  const Chip as_written = chip;
  SourceFields resolver(as_written);
  Chip::fields(resolver, chip);
  return chip;
}

}  // namespace

Chip parse_chip(const std::string& yaml_text, const std::string& file_name) {
  return chip_from(parse_yaml(yaml_text, file_name));
}

Chip load_chip(const std::string& name_or_path) {
  const bool is_path = name_or_path.ends_with(".yaml") || name_or_path.ends_with(".yml") ||
                       name_or_path.ends_with(".json");
  if (is_path) {
    return chip_from(read_document(name_or_path));
  }
  const Found found = require_in_catalogue(kChips, name_or_path);
  return chip_from(read_document(found.path));
}

}  // namespace moru
