// Reads the keys of a config.json one by one and remembers which: what nobody asked for and nobody
// knows to be harmless is an error, so that no key which changes the arithmetic is passed over.
//
// Multimodal configs keep the language model under `text_config`; keys are looked up there first,
// then at the top level. A key whose value is null counts as absent, as in transformers, whatever
// its name.
#pragma once

#include "moru/base/error.h"
#include "moru/base/node.h"

#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

class ConfigReader {
 public:
  // Synonyms of one key in order of preference: {"hidden_size", "n_embd", "d_model"}.
  using Names = std::initializer_list<std::string_view>;

  // Both must outlive the reader.
  ConfigReader(const Document& document, Diagnostics& diagnostics);

  // The first of the names that has a value, or nullptr. All of them count as read.
  const Node* find(Names names);
  bool has(Names names) { return find(names) != nullptr; }
  // Counts keys as read that this model states but does not use.
  void touch(Names names) { (void)find(names); }

  // A whole number from 1 to `largest`. Anything else, or none, is reported and read as 1.
  std::int64_t count(Names names, std::int64_t largest = kLargest);
  // A whole number from 0 to `largest`, `fallback` if absent.
  std::int64_t count_or(Names names, std::int64_t fallback, std::int64_t largest = kLargest);
  bool flag(Names names, bool fallback);
  std::string text(Names names, std::string_view fallback = "");
  // A list of words or numbers as texts; empty if absent.
  std::vector<std::string> list(Names names);

  // Reports what is wrong with the value of the first name that has one, else with the file.
  void error(Names names, const std::string& message);
  // The same for values that contradict each other, unless something was reported already: a value
  // that could not be read would be blamed for its stand-in.
  void contradiction(Names names, const std::string& message);
  void error_at(const Node& node, const std::string& message);
  bool has_errors() const { return diagnostics_.has_errors(); }

  // Reports every key that was not read and is not known to be harmless.
  void finish();

  // No published dimension comes near, and products of three of them still fit 64 bits.
  static constexpr std::int64_t kLargest = 1'000'000;
  // Vocabularies and positions.
  static constexpr std::int64_t kLargestTable = 1'000'000'000;

 private:
  void check_keys(const Node& map, std::string_view path);

  const Document& document_;
  Diagnostics& diagnostics_;
  const Node* text_config_ = nullptr;
  std::set<std::string, std::less<>> read_;
};

}  // namespace moru
