#include "moru/serving/prompt_tree.h"

#include <algorithm>

namespace moru {
namespace {

template <class T>
T& at(std::vector<T>& items, std::int32_t index) {
  return items[static_cast<std::size_t>(index)];
}

// A free place of a pool.
template <class T>
std::int32_t take(std::vector<T>& items, std::vector<std::int32_t>& free) {
  if (free.empty()) {
    items.emplace_back();
    return static_cast<std::int32_t>(items.size() - 1);
  }
  const std::int32_t index = free.back();
  free.pop_back();
  at(items, index) = {};
  return index;
}

}  // namespace

std::size_t PromptTree::ChildHash::operator()(const ChildKey& key) const {
  // SplitMix64's finaliser (Steele, Lea, Flood 2014).
  std::uint64_t z = static_cast<std::uint64_t>(key.stream) * 0x9E3779B97F4A7C15U +
                    (static_cast<std::uint64_t>(static_cast<std::uint32_t>(key.node)) << 32) +
                    static_cast<std::uint32_t>(key.offset);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return static_cast<std::size_t>(z ^ (z >> 31));
}

PromptTree::List& PromptTree::list_of(std::size_t replica) {
  if (replica >= lists_.size()) {
    lists_.resize(replica + 1);
  }
  return lists_[replica];
}

std::int64_t PromptTree::tokens_of(std::size_t replica) const {
  return replica < lists_.size() ? lists_[replica].tokens : 0;
}

void PromptTree::walk(std::span<const PromptSegment> prompt) {
  path_.clear();
  partial_ = 0;
  segment_ = 0;
  used_ = 0;
  std::int32_t node = 0;
  for (;;) {
    while (segment_ < prompt.size() && used_ == prompt[segment_].length) {
      ++segment_;
      used_ = 0;
    }
    if (segment_ == prompt.size()) {
      return;
    }
    const auto child = children_.find({node, used_, prompt[segment_].stream});
    if (child == children_.end()) {
      return;
    }
    node = child->second;
    const std::int32_t length = at(nodes_, node).length;
    partial_ = std::min(length, prompt[segment_].length - used_);
    used_ += partial_;
    path_.push_back(node);
    if (partial_ < length) {
      return;
    }
  }
}

std::span<const PromptTree::Overlap> PromptTree::match(std::span<const PromptSegment> prompt) {
  walk(prompt);
  overlaps_.clear();
  std::int64_t depth = 0;
  for (std::size_t i = 0; i < path_.size(); ++i) {
    const Node& node = at(nodes_, path_[i]);
    depth += i + 1 == path_.size() ? partial_ : node.length;
    for (const std::int32_t id : node.uses) {
      const Use& use = at(uses_, id);
      const auto known =
          i == 0 ? overlaps_.end()
                 : std::find_if(overlaps_.begin(), overlaps_.end(),
                                [&](const Overlap& o) { return o.replica == use.replica; });
      if (known == overlaps_.end()) {
        overlaps_.push_back({use.replica, depth, use.time});
      } else {
        known->tokens = depth;
        known->last_use = use.time;
      }
    }
  }
  return overlaps_;
}

void PromptTree::insert(std::span<const PromptSegment> prompt, std::size_t replica) {
  walk(prompt);
  ++now_;
  if (!path_.empty() && partial_ < at(nodes_, path_.back()).length) {
    split(path_.back(), partial_);
    path_.back() = at(nodes_, path_.back()).parent;
  }
  for (; segment_ < prompt.size(); ++segment_, used_ = 0) {
    const PromptSegment& rest = prompt[segment_];
    if (rest.length > used_) {
      path_.push_back(
          add_node(path_.empty() ? 0 : path_.back(), rest.stream, used_, rest.length - used_));
    }
  }
  for (auto node = path_.rbegin(); node != path_.rend(); ++node) {
    touch(*node, replica);
  }
  List& list = list_of(replica);
  while (list.tokens > capacity_) {
    drop_use(list.last);
  }
}

void PromptTree::forget(std::size_t replica) {
  List& list = list_of(replica);
  while (list.last != kNone) {
    drop_use(list.last);
  }
}

std::int32_t PromptTree::add_node(std::int32_t parent, std::int64_t stream, std::int32_t offset,
                                  std::int32_t length) {
  const std::int32_t id = take(nodes_, free_nodes_);
  Node& node = at(nodes_, id);
  node.stream = stream;
  node.offset = offset;
  node.length = length;
  node.parent = parent;
  children_[{parent, offset, stream}] = id;
  return id;
}

// A new node takes the first `length` tokens; whoever used the whole uses both halves.
void PromptTree::split(std::int32_t id, std::int32_t length) {
  const Node whole = at(nodes_, id);
  const std::int32_t upper = add_node(whole.parent, whole.stream, whole.offset, length);
  Node& lower = at(nodes_, id);
  lower.parent = upper;
  lower.offset += length;
  lower.length -= length;
  children_[{upper, lower.offset, lower.stream}] = id;
  for (const std::int32_t old : whole.uses) {
    const std::int32_t use = take(uses_, free_uses_);
    at(uses_, use).node = upper;
    at(uses_, use).replica = at(uses_, old).replica;
    at(uses_, use).time = at(uses_, old).time;
    link_before(use, old);
    at(nodes_, upper).uses.push_back(use);
  }
}

void PromptTree::drop_node(std::int32_t id) {
  const Node& node = at(nodes_, id);
  children_.erase(ChildKey{node.parent, node.offset, node.stream});
  free_nodes_.push_back(id);
}

void PromptTree::touch(std::int32_t node, std::size_t replica) {
  const std::vector<std::int32_t>& uses = at(nodes_, node).uses;
  const auto known = std::find_if(
      uses.begin(), uses.end(), [&](std::int32_t id) { return at(uses_, id).replica == replica; });
  std::int32_t use = kNone;
  if (known == uses.end()) {
    use = take(uses_, free_uses_);
    at(uses_, use).node = node;
    at(uses_, use).replica = static_cast<std::uint32_t>(replica);
    at(nodes_, node).uses.push_back(use);
    list_of(replica).tokens += at(nodes_, node).length;
  } else {
    use = *known;
    unlink(use);
  }
  at(uses_, use).time = now_;
  link_before(use, list_of(replica).first);
}

void PromptTree::drop_use(std::int32_t id) {
  const Use use = at(uses_, id);
  unlink(id);
  free_uses_.push_back(id);
  Node& node = at(nodes_, use.node);
  list_of(use.replica).tokens -= node.length;
  node.uses.erase(std::find(node.uses.begin(), node.uses.end(), id));
  if (node.uses.empty()) {
    drop_node(use.node);
  }
}

// `next` may be none in an empty list.
void PromptTree::link_before(std::int32_t id, std::int32_t next) {
  Use& use = at(uses_, id);
  List& list = list_of(use.replica);
  use.next = next;
  use.previous = next == kNone ? kNone : at(uses_, next).previous;
  (use.previous == kNone ? list.first : at(uses_, use.previous).next) = id;
  (next == kNone ? list.last : at(uses_, next).previous) = id;
}

void PromptTree::unlink(std::int32_t id) {
  const Use& use = at(uses_, id);
  List& list = list_of(use.replica);
  (use.previous == kNone ? list.first : at(uses_, use.previous).next) = use.next;
  (use.next == kNone ? list.last : at(uses_, use.next).previous) = use.previous;
}

}  // namespace moru
