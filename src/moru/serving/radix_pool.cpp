// A cache of prefixes exact to the token, as SGLang's RadixCache (mem_cache/radix_cache.py) with
// page size 1 keeps it.
//
// A tree of runs of tokens. A request locks the path of what it shares; its own tokens join the
// tree when its prompt is computed and when it ends, and what another computed meanwhile is given
// back. Unlocked tokens count as free: when memory is needed, leaves go, least recently used first.
#include "moru/serving/kv_pool.h"
#include "moru/serving/prefix_content.h"

#include <tsl/robin_map.h>

#include <algorithm>
#include <vector>

namespace moru {
namespace {

constexpr std::int32_t kNone = -1;

class RadixPool final : public KvPool {
 public:
  RadixPool(std::int64_t tokens, const PrefixContent& content) : content_(content), free_(tokens) {
    nodes_.emplace_back();
    nodes_.front().locks = 1;
  }

  std::int64_t free_blocks() const override { return free_ + evictable_; }

  PrefixHit lookup(std::int32_t slot, const RequestState& request) override {
    ContentReader reader;
    walk(0, reader, content_.content(slot), request.length - 1);
    PrefixHit hit;
    for (std::size_t i = 0; i < path_.size(); ++i) {
      const Node& node = at(path_[i]);
      const std::int64_t matched = i + 1 == path_.size() ? partial_ : node.length;
      hit.blocks += static_cast<std::int32_t>(matched);
      hit.unreferenced += node.locks == 0 ? static_cast<std::int32_t>(matched) : 0;
    }
    // From the leaf up, so that a node is never older than what stands on it.
    for (auto node = path_.rbegin(); node != path_.rend(); ++node) {
      if (at(*node).locks == 0) {
        unlink(*node);
        link_first(*node);
      }
    }
    return hit;
  }

  void admit(std::int32_t slot, RequestState& request, const PrefixHit& hit,
             std::int32_t fresh) override {
    Held& held = held_by(slot);
    held = {};
    if (!path_.empty()) {
      held.node = whole_end();
      lock(held.node, 0);
    }
    held.published = hit.blocks;
    request.blocks = hit.blocks;
    grow(slot, request, fresh);
  }

  void grow(std::int32_t, RequestState& request, std::int32_t fresh) override {
    while (free_ < fresh) {
      evict();
    }
    free_ -= fresh;
    request.blocks += fresh;
  }

  // Only prompts, chunk by chunk: an answer joins the tree when it is complete.
  void publish(std::int32_t slot, const RequestState& request, std::int32_t tokens) override {
    Held& held = held_by(slot);
    if (held.is_answering || tokens <= held.published) {
      return;
    }
    insert(slot, held, tokens);
    held.is_answering = tokens >= request.length - 1;
  }

  void release(std::int32_t slot, RequestState& request) override {
    Held& held = held_by(slot);
    const std::int64_t known = std::min(request.computed, request.length - 1);
    if (request.generated() >= request.output && known > held.published) {
      insert(slot, held, known);
    }
    free_ += request.blocks - held.published;
    unlock(held.node);
    held = {};
    request.blocks = 0;
  }

  void forget(std::int32_t) override {}
  bool counts_only() const override { return false; }
  void take(std::int64_t) override {}

 private:
  struct Node {
    std::int64_t stream = 0;
    std::int64_t offset = 0;
    std::int64_t length = 0;
    std::int32_t parent = kNone;
    std::int32_t locks = 0;
    // Among the unlocked, from most to least recently used; a node always stands before those
    // below it, so the last one is a leaf.
    std::int32_t previous = kNone;
    std::int32_t next = kNone;
  };
  struct Held {
    std::int32_t node = 0;       // end of the locked path
    std::int64_t published = 0;  // tokens of the request that are in the tree
    bool is_answering = false;
  };
  struct ChildKey {
    std::int32_t node;
    std::int64_t stream;
    std::int64_t offset;
    friend bool operator==(const ChildKey&, const ChildKey&) = default;
  };
  struct ChildHash {
    std::size_t operator()(const ChildKey& key) const {
      // SplitMix64's finaliser (Steele, Lea, Flood 2014).
      std::uint64_t z = static_cast<std::uint64_t>(key.stream) * 0x9E3779B97F4A7C15U +
                        static_cast<std::uint64_t>(key.offset) * 0xD6E8FEB86659FD93U +
                        static_cast<std::uint64_t>(static_cast<std::uint32_t>(key.node));
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
      return static_cast<std::size_t>(z ^ (z >> 31));
    }
  };

  Node& at(std::int32_t id) { return nodes_[static_cast<std::size_t>(id)]; }
  Held& held_by(std::int32_t slot) {
    const auto index = static_cast<std::size_t>(slot);
    if (index >= held_.size()) {
      held_.resize(index + 1);
    }
    return held_[index];
  }

  // Follows `tokens` of the content below `node`: path_ are the nodes, partial_ how much of the
  // last one matches; returns the tokens that match, and rest_ is the piece that does not.
  std::int64_t walk(std::int32_t node, ContentReader& reader, const TokenContent& content,
                    std::int64_t tokens) {
    path_.clear();
    partial_ = 0;
    rest_ = {};
    std::int64_t matched = 0;
    while (matched < tokens) {
      if (rest_.length == 0) {
        rest_ = reader.next(content, tokens - matched);
      }
      const bool goes_on = !path_.empty() && partial_ < at(path_.back()).length;
      if (goes_on) {
        const Node& last = at(path_.back());
        if (last.stream != rest_.stream || last.offset + partial_ != rest_.offset) {
          return matched;
        }
      } else {
        const auto child = children_.find({node, rest_.stream, rest_.offset});
        if (child == children_.end()) {
          return matched;
        }
        node = child->second;
        path_.push_back(node);
        partial_ = 0;
      }
      const std::int64_t step = std::min(rest_.length, at(node).length - partial_);
      partial_ += step;
      matched += step;
      rest_.offset += step;
      rest_.length -= step;
    }
    return matched;
  }

  // The last node of the path, cut so that it matches whole.
  std::int32_t whole_end() {
    const std::int32_t last = path_.back();
    if (partial_ < at(last).length) {
      split(last, partial_);
      return at(last).parent;
    }
    return last;
  }

  std::int32_t add_node(std::int32_t parent, const ContentReader::Piece& run, std::int32_t locks) {
    std::int32_t id = kNone;
    if (free_nodes_.empty()) {
      id = static_cast<std::int32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      id = free_nodes_.back();
      free_nodes_.pop_back();
    }
    at(id) = {run.stream, run.offset, run.length, parent, locks, kNone, kNone};
    children_[{parent, run.stream, run.offset}] = id;
    return id;
  }

  // A new node takes the first `length` tokens; the rest stays where it is named.
  void split(std::int32_t id, std::int64_t length) {
    const Node whole = at(id);
    const std::int32_t upper =
        add_node(whole.parent, {whole.stream, whole.offset, length}, whole.locks);
    Node& lower = at(id);
    lower.parent = upper;
    lower.offset += length;
    lower.length -= length;
    children_[{upper, lower.stream, lower.offset}] = id;
    if (whole.locks == 0) {
      link_before(upper, id);
    }
  }

  // Tokens of the request up to `tokens` join the tree; those that another put there meanwhile are
  // given back.
  void insert(std::int32_t slot, Held& held, std::int64_t tokens) {
    const TokenContent& content = content_.content(slot);
    ContentReader reader;
    for (std::int64_t left = held.published; left > 0;) {
      left -= reader.next(content, left).length;
    }
    const std::int64_t wanted = tokens - held.published;
    std::int64_t done = walk(held.node, reader, content, wanted);
    free_ += done;
    std::int32_t end = path_.empty() ? held.node : whole_end();
    lock(end, held.node);
    while (done < wanted) {
      if (rest_.length == 0) {
        rest_ = reader.next(content, wanted - done);
      }
      end = add_node(end, rest_, 1);
      done += rest_.length;
      rest_ = {};
    }
    held.node = end;
    held.published = tokens;
  }

  // All nodes from `node` up to, but without, `top`.
  void lock(std::int32_t node, std::int32_t top) {
    for (; node != top; node = at(node).parent) {
      if (at(node).locks++ == 0) {
        evictable_ -= at(node).length;
        unlink(node);
      }
    }
  }

  void unlock(std::int32_t node) {
    for (; node != 0; node = at(node).parent) {
      if (--at(node).locks == 0) {
        evictable_ += at(node).length;
        link_first(node);
      }
    }
  }

  void evict() {
    const std::int32_t id = last_;
    const Node node = at(id);
    unlink(id);
    children_.erase(ChildKey{node.parent, node.stream, node.offset});
    free_nodes_.push_back(id);
    evictable_ -= node.length;
    free_ += node.length;
  }

  void link_first(std::int32_t id) { link_before(id, first_); }
  void link_before(std::int32_t id, std::int32_t next) {
    Node& node = at(id);
    node.next = next;
    node.previous = next == kNone ? kNone : at(next).previous;
    (node.previous == kNone ? first_ : at(node.previous).next) = id;
    (next == kNone ? last_ : at(next).previous) = id;
  }
  void unlink(std::int32_t id) {
    const Node& node = at(id);
    (node.previous == kNone ? first_ : at(node.previous).next) = node.next;
    (node.next == kNone ? last_ : at(node.next).previous) = node.previous;
  }

  const PrefixContent& content_;
  std::int64_t free_;           // tokens that nothing holds
  std::int64_t evictable_ = 0;  // tokens of unlocked nodes
  std::vector<Node> nodes_;     // the first is the root
  std::vector<std::int32_t> free_nodes_;
  tsl::robin_map<ChildKey, std::int32_t, ChildHash> children_;
  std::vector<Held> held_;  // by slot
  std::int32_t first_ = kNone;
  std::int32_t last_ = kNone;
  // Of the last walk.
  std::vector<std::int32_t> path_;
  std::int64_t partial_ = 0;
  ContentReader::Piece rest_;
};

}  // namespace

std::unique_ptr<KvPool> make_radix_pool(std::int64_t blocks, const PrefixContent& content) {
  return std::make_unique<RadixPool>(blocks, content);
}

}  // namespace moru
