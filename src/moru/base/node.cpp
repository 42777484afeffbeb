#include "moru/base/node.h"

#include "moru/base/file.h"

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
  constexpr std::size_t kLargestFile = std::size_t{64} << 20;
  const std::string text = read_file(path, kLargestFile);
  return path.ends_with(".json") ? parse_json(text, path) : parse_yaml(text, path);
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return fmt::format("'{}'", node.text);
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

}  // namespace moru
