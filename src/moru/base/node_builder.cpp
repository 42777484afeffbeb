#include "moru/base/node_builder.h"

#include <fmt/format.h>

namespace moru {

void NodeBuilder::fail_at(int line, int column, const std::string& message) const {
  fail(message, {file_, line, column});
}

void NodeBuilder::scalar(std::string_view text, bool is_quoted, int line, int column) {
  if (take_as_key(text, line, column)) {
    return;
  }
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = std::string(text);
  node.is_quoted = is_quoted;
  node.line = line;
  node.column = column;
  add(std::move(node));
}

void NodeBuilder::null(int line, int column) {
  if (take_as_key("", line, column)) {
    return;
  }
  Node node;
  node.line = line;
  node.column = column;
  add(std::move(node));
}

void NodeBuilder::begin_sequence(int line, int column) { open(Node::Kind::sequence, line, column); }
void NodeBuilder::begin_map(int line, int column) { open(Node::Kind::map, line, column); }

void NodeBuilder::open(Node::Kind kind, int line, int column) {
  constexpr std::size_t kDeepest = 64;
  if (stack_.size() >= kDeepest) {
    fail_at(line, column, fmt::format("more than {} levels of nesting", kDeepest));
  }
  if (!stack_.empty() && stack_.back().expects_key) {
    fail_at(line, column, "a key must be plain text");
  }
  Open entry;
  entry.node.kind = kind;
  entry.node.line = line;
  entry.node.column = column;
  entry.expects_key = kind == Node::Kind::map;
  stack_.push_back(std::move(entry));
}

void NodeBuilder::end() {
  Node node = std::move(stack_.back().node);
  stack_.pop_back();
  add(std::move(node));
}

bool NodeBuilder::take_as_key(std::string_view text, int line, int column) {
  if (stack_.empty() || !stack_.back().expects_key) {
    return false;
  }
  Open& top = stack_.back();
  if (text.empty()) {
    fail_at(line, column, "an empty key");
  }
  if (!top.keys.emplace(text).second) {
    fail_at(line, column, fmt::format("'{}' is given twice", text));
  }
  top.pending.key = std::string(text);
  top.pending.line = line;
  top.pending.column = column;
  top.expects_key = false;
  return true;
}

void NodeBuilder::add(Node node) {
  if (++nodes_ > most_nodes_) {
    fail_at(node.line, node.column, fmt::format("more than {} values in one file", most_nodes_));
  }
  if (stack_.empty()) {
    if (has_root_) {
      fail_at(node.line, node.column, "a second document in one file");
    }
    has_root_ = true;
    root_ = std::move(node);
    return;
  }
  Open& top = stack_.back();
  if (top.node.kind == Node::Kind::sequence) {
    top.node.items.push_back(std::move(node));
    return;
  }
  top.pending.value = std::move(node);
  top.node.entries.push_back(std::move(top.pending));
  top.pending = {};
  top.expects_key = true;
}

}  // namespace moru
