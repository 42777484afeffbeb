// A configuration file as a tree that remembers where every value stands.
//
// YAML and JSON are read into the same Node, so that one parser (fields.h) and one kind of error
// serve both. Refused at reading: duplicate keys, YAML anchors and aliases (a few lines of them can
// expand to gigabytes) and tags, bytes that are no text, more than 64 levels, more than a million
// nodes, YAML above 4 MiB and JSON above 64 MiB.
#pragma once

#include "moru/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moru {

class Node {
 public:
  enum class Kind { null, scalar, sequence, map };
  struct Entry;

  Kind kind = Kind::null;
  // Scalars: the text as written. `is_quoted` tells "12" from 12 (JSON strings, quoted YAML).
  std::string text;
  bool is_quoted = false;
  int line = 0;
  int column = 0;
  std::vector<Node> items;     // sequence
  std::vector<Entry> entries;  // map, in file order

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_map() const { return kind == Kind::map; }
  // The value under `key`, or nullptr.
  const Node* find(std::string_view key) const;
};

struct Node::Entry {
  std::string key;
  int line = 0;
  int column = 0;
  Node value;
};

// A tree and the name of the file it came from, as errors print it.
struct Document {
  std::string file;
  Node root;

  SourcePlace place(const Node& node) const { return {file, node.line, node.column}; }
  SourcePlace place(const Node::Entry& entry) const { return {file, entry.line, entry.column}; }
};

// Read a file by its suffix (.json, else YAML), or text under a given name. Throw Error on the
// first syntax error, with its place.
Document read_document(const std::string& path);
Document parse_yaml(std::string_view text, std::string name);
Document parse_json(std::string_view text, std::string name);

// "a map", "a list", "'text'" for messages.
std::string describe(const Node& node);

}  // namespace moru
