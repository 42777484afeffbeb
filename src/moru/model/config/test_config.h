// For tests: the text of a small Llama config with some keys changed.
#pragma once

#include "moru/base/error.h"
#include "moru/model/model.h"

#include <map>
#include <string>

namespace moru {

// Values as JSON text; an empty one removes the key.
inline std::string config_text(const std::map<std::string, std::string>& changes) {
  std::map<std::string, std::string> keys = {
      {"model_type", "\"llama\""},  {"hidden_size", "64"},
      {"num_hidden_layers", "4"},   {"num_attention_heads", "8"},
      {"num_key_value_heads", "2"}, {"intermediate_size", "128"},
      {"vocab_size", "1000"},       {"max_position_embeddings", "512"}};
  for (const auto& [key, value] : changes) {
    keys[key] = value;
  }
  std::string text = "{";
  for (const auto& [key, value] : keys) {
    if (!value.empty()) {
      text += (text.size() > 1 ? ",\n\"" : "\n\"") + key + "\": " + value;
    }
  }
  return text + "\n}\n";
}

inline Model model_with(const std::map<std::string, std::string>& changes) {
  return parse_model(config_text(changes), "config.json");
}

// What reading the config fails with; empty if it does not.
inline std::string error_with(const std::map<std::string, std::string>& changes) {
  try {
    model_with(changes);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace moru
