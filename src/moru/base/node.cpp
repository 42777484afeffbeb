#include "moru/base/node.h"

#include "moru/base/file.h"
#include "moru/base/text.h"

#include <fmt/format.h>

namespace moru {

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) {
      return &entry.value;
    }
  }
  return nullptr;
}

Document read_document(const std::string& path) {
  // yaml-cpp reads a few MB/s and takes 200 times a text's size in memory in the worst case.
  constexpr std::size_t kLargestJson = std::size_t{64} << 20;
  constexpr std::size_t kLargestYaml = std::size_t{4} << 20;
  return path.ends_with(".json") ? parse_json(read_file(path, kLargestJson), path)
                                 : parse_yaml(read_file(path, kLargestYaml), path);
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      // Without the word, "256" where 256 is wanted would look right.
      return fmt::format("'{}'{}", node.text,
                         node.is_quoted && parse_double(node.text) ? " in quotes" : "");
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

}  // namespace moru
