// What a router believes its replicas have cached: a radix tree of the prompts it sent them.
//
// A node is a run of tokens of one stream that follows its parent's; it knows which replicas got
// prompts through it, and when last. Each replica's share is bounded, the prompts used longest ago
// go first, leaves before what they stand on. SGLang's gateway keeps such a tree over characters,
// NVIDIA Dynamo over blocks (`--no-kv-events`); here it is exact to the token.
#pragma once

#include "moru/trace/request.h"

#include <tsl/robin_map.h>

#include <cstdint>
#include <span>
#include <vector>

namespace moru {

class PromptTree {
 public:
  // `capacity`: most tokens remembered per replica.
  explicit PromptTree(std::int64_t capacity) : capacity_(capacity) { nodes_.emplace_back(); }

  // How many leading tokens of the prompt the replica was sent before.
  struct Overlap {
    std::size_t replica = 0;
    std::int64_t tokens = 0;
    std::uint64_t last_use = 0;  // a count of insertions
  };
  // One entry per replica that shares anything, in no order; valid until the next call.
  std::span<const Overlap> match(std::span<const PromptSegment> prompt);
  // The prompt went to this replica.
  void insert(std::span<const PromptSegment> prompt, std::size_t replica);
  void forget(std::size_t replica);

  std::int64_t tokens_of(std::size_t replica) const;

 private:
  static constexpr std::int32_t kNone = -1;
  // One replica's use of one node, in that replica's list from most to least recently used. A node
  // always stands before the nodes below it, so the last one is a leaf.
  struct Use {
    std::int32_t node = kNone;
    std::int32_t previous = kNone;
    std::int32_t next = kNone;
    std::uint32_t replica = 0;
    std::uint64_t time = 0;
  };
  struct Node {
    std::int64_t stream = 0;
    std::int32_t offset = 0;
    std::int32_t length = 0;
    std::int32_t parent = kNone;
    std::vector<std::int32_t> uses;
  };
  struct List {
    std::int32_t first = kNone;
    std::int32_t last = kNone;
    std::int64_t tokens = 0;
  };
  struct ChildKey {
    std::int32_t node;
    std::int32_t offset;
    std::int64_t stream;
    friend bool operator==(const ChildKey&, const ChildKey&) = default;
  };
  struct ChildHash {
    std::size_t operator()(const ChildKey& key) const;
  };

  // Walks the prompt down to where the tree leaves it; `path_` holds the nodes, the last one
  // perhaps only in part, of which `partial_` tokens match.
  void walk(std::span<const PromptSegment> prompt);
  std::int32_t add_node(std::int32_t parent, std::int64_t stream, std::int32_t offset,
                        std::int32_t length);
  void split(std::int32_t node, std::int32_t length);
  void drop_node(std::int32_t node);
  void touch(std::int32_t node, std::size_t replica);
  void drop_use(std::int32_t use);
  void link_before(std::int32_t use, std::int32_t next);
  void unlink(std::int32_t use);
  List& list_of(std::size_t replica);

  std::int64_t capacity_;
  std::uint64_t now_ = 0;
  std::vector<Node> nodes_;  // the first is the root
  std::vector<std::int32_t> free_nodes_;
  std::vector<Use> uses_;
  std::vector<std::int32_t> free_uses_;
  std::vector<List> lists_;  // by replica
  tsl::robin_map<ChildKey, std::int32_t, ChildHash> children_;
  std::vector<Overlap> overlaps_;
  std::vector<std::int32_t> path_;  // of the last walk(), from below the root
  std::int32_t partial_ = 0;
  // Where the prompt goes on after the walk.
  std::size_t segment_ = 0;
  std::int32_t used_ = 0;
};

}  // namespace moru
