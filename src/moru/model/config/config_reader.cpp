#include "moru/model/config/config_reader.h"

#include "moru/base/text.h"
#include "moru/model/config/known_keys.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

// The name of a key as most configs spell it.
std::string_view usual(ConfigReader::Names names) {
  const std::vector<std::string_view> known = usual_key_names();
  for (const std::string_view name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) {
      return name;
    }
  }
  return *names.begin();
}

}  // namespace

ConfigReader::ConfigReader(const Document& document, Diagnostics& diagnostics)
    : document_(document), diagnostics_(diagnostics) {
  const Node* nested = document.root.find("text_config");
  if (nested != nullptr && nested->is_map()) {
    text_config_ = nested;
    read_.insert("text_config");
  }
}

const Node* ConfigReader::find(Names names) {
  const Node* found = nullptr;
  for (const Node* map : {text_config_, &document_.root}) {
    for (const std::string_view name : names) {
      const Node* node = map == nullptr ? nullptr : map->find(name);
      if (node == nullptr) {
        continue;
      }
      read_.emplace(name);
      if (found == nullptr && !node->is_null()) {
        found = node;
      }
    }
  }
  return found;
}

std::int64_t ConfigReader::count(Names names, std::int64_t largest) {
  const Node* node = find(names);
  if (node == nullptr) {
    diagnostics_.error(
        {document_.file, 0, 0},
        fmt::format("'{}' is missing; a model cannot be built without it", usual(names)));
    return 1;
  }
  const std::int64_t value = count_or(names, 1, largest);
  if (value == 0) {
    error_at(*node, fmt::format("'{}' must be at least 1, not 0", usual(names)));
    return 1;
  }
  return value;
}

std::int64_t ConfigReader::count_or(Names names, std::int64_t fallback, std::int64_t largest) {
  const Node* node = find(names);
  if (node == nullptr) {
    return fallback;
  }
  const auto value = node->is_scalar() && !node->is_quoted ? parse_int64(node->text) : std::nullopt;
  if (!value.has_value() || *value < 0 || *value > largest) {
    error_at(*node, fmt::format("'{}' must be a whole number from 0 to {}, not {}", usual(names),
                                with_thousands(largest), describe(*node)));
    return 1;
  }
  return *value;
}

bool ConfigReader::flag(Names names, bool fallback) {
  const Node* node = find(names);
  if (node == nullptr) {
    return fallback;
  }
  if (!node->is_scalar() || node->is_quoted || (node->text != "true" && node->text != "false")) {
    error_at(*node,
             fmt::format("'{}' must be true or false, not {}", usual(names), describe(*node)));
    return fallback;
  }
  return node->text == "true";
}

std::string ConfigReader::text(Names names, std::string_view fallback) {
  const Node* node = find(names);
  if (node == nullptr) {
    return std::string(fallback);
  }
  if (!node->is_scalar()) {
    error_at(*node, fmt::format("'{}' must be a text, not {}", usual(names), describe(*node)));
    return std::string(fallback);
  }
  return node->text;
}

std::vector<std::string> ConfigReader::list(Names names) {
  const Node* node = find(names);
  std::vector<std::string> texts;
  if (node == nullptr) {
    return texts;
  }
  if (!node->is_sequence()) {
    error_at(*node, fmt::format("'{}' must be a list, not {}", usual(names), describe(*node)));
    return texts;
  }
  for (const Node& item : node->items) {
    if (!item.is_scalar()) {
      error_at(item, fmt::format("'{}' must hold words or numbers, not {}", usual(names),
                                 describe(item)));
      return {};
    }
    texts.push_back(item.text);
  }
  return texts;
}

void ConfigReader::error(Names names, const std::string& message) {
  const Node* node = find(names);
  error_at(node == nullptr ? document_.root : *node, message);
}

void ConfigReader::contradiction(Names names, const std::string& message) {
  if (!has_errors()) {
    error(names, message);
  }
}

void ConfigReader::error_at(const Node& node, const std::string& message) {
  diagnostics_.error(document_.place(node), message);
}

void ConfigReader::check_keys(const Node& map, std::string_view path) {
  for (const Node::Entry& entry : map.entries) {
    if (entry.value.is_null() || read_.contains(entry.key) || is_ignored_key(entry.key)) {
      continue;
    }
    if (const std::string_view only = only_value(entry.key); !only.empty()) {
      if (plain_text(entry.value) != only) {
        diagnostics_.error(document_.place(entry),
                           fmt::format("'{}{}' changes the arithmetic and only the value {} is "
                                       "modelled, not {}",
                                       path, entry.key, only, describe(entry.value)));
      }
      continue;
    }
    std::vector<std::string_view> candidates = known_key_names();
    candidates.insert(candidates.end(), read_.begin(), read_.end());
    std::erase(candidates, entry.key);
    diagnostics_.error(
        document_.place(entry),
        fmt::format("'{}{}' is not a config key that moru understands for this model{}; it may "
                    "change the arithmetic, so remove it only if it does not",
                    path, entry.key,
                    did_you_mean(entry.key, std::span<const std::string_view>(candidates))));
  }
}

void ConfigReader::finish() {
  if (text_config_ != nullptr) {
    check_keys(*text_config_, "text_config.");
  }
  check_keys(document_.root, "");
}

}  // namespace moru
