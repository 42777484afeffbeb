// Builds a Node tree from a stream of events and holds the limits that keep a hostile file small.
#pragma once

#include "moru/base/node.h"

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace moru {

class NodeBuilder {
 public:
  static constexpr std::size_t kMostNodes = 1'000'000;

  explicit NodeBuilder(std::string file, std::size_t most_nodes = kMostNodes)
      : file_(std::move(file)), most_nodes_(most_nodes) {}

  // Each event carries its place. A map alternates key and value; keys arrive as scalars.
  void scalar(std::string_view text, bool is_quoted, int line, int column);
  void null(int line, int column);
  void begin_sequence(int line, int column);
  void begin_map(int line, int column);
  void end();

  // The finished tree; null if no event came.
  Node take() { return std::move(root_); }
  [[noreturn]] void fail_at(int line, int column, const std::string& message) const;

 private:
  struct Open {
    Node node;
    bool expects_key = false;
    Node::Entry pending;  // key waiting for its value
    std::unordered_set<std::string> keys;
  };

  void add(Node node);
  void open(Node::Kind kind, int line, int column);
  bool take_as_key(std::string_view text, int line, int column);

  std::string file_;
  std::vector<Open> stack_;
  Node root_;
  bool has_root_ = false;
  std::size_t most_nodes_;
  std::size_t nodes_ = 0;
};

}  // namespace moru
