// Blocks with identity: a free queue in least-recently-used order and an index from block keys to
// blocks, as vLLM V1's BlockPool keeps them (all blocks of a key stay findable, the first one
// indexed is found; a block leaves the index when it is handed out again).
#include "moru/serving/kv_pool.h"
#include "moru/serving/prefix_content.h"

#include <tsl/robin_map.h>

#include <algorithm>
#include <vector>

namespace moru {
namespace {

constexpr std::int32_t kNone = -1;

class PrefixPool final : public KvPool {
 public:
  PrefixPool(std::int64_t blocks, std::int64_t block_size, PrefixContent& content)
      : content_(content), block_size_(block_size), blocks_(static_cast<std::size_t>(blocks)) {
    for (std::int32_t id = 0; id < static_cast<std::int32_t>(blocks); ++id) {
      append_free(id);
    }
  }

  std::int64_t free_blocks() const override { return free_; }

  PrefixHit lookup(std::int32_t slot, const RequestState& request) override {
    hit_.clear();
    PrefixHit hit;
    const std::int64_t most = (request.length - 1) / block_size_;
    for (std::int64_t index = 0; index < most; ++index) {
      const auto found = index_.find(content_.key(slot, index));
      if (found == index_.end()) {
        break;
      }
      hit_.push_back(found->second.first);
      hit.unreferenced += at(found->second.first).references == 0 ? 1 : 0;
    }
    hit.blocks = static_cast<std::int32_t>(hit_.size());
    return hit;
  }

  void admit(std::int32_t slot, RequestState& request, const PrefixHit& hit,
             std::int32_t fresh) override {
    Held& held = held_by(slot);
    for (const std::int32_t id : hit_) {
      if (at(id).references++ == 0) {
        unlink_free(id);
      }
      held.blocks.push_back(id);
    }
    held.published = hit.blocks;
    request.blocks = hit.blocks;
    grow(slot, request, fresh);
  }

  void grow(std::int32_t slot, RequestState& request, std::int32_t fresh) override {
    Held& held = held_by(slot);
    for (std::int32_t i = 0; i < fresh; ++i) {
      const std::int32_t id = free_head_;
      unlink_free(id);
      unpublish(id);
      at(id).references = 1;
      held.blocks.push_back(id);
    }
    request.blocks += fresh;
  }

  void publish(std::int32_t slot, const RequestState&, std::int32_t tokens) override {
    Held& held = held_by(slot);
    // Mostly nothing is full, and a division costs more than finding that out.
    for (; (held.published + 1) * block_size_ <= tokens; ++held.published) {
      const std::int32_t id = held.blocks[static_cast<std::size_t>(held.published)];
      add_to_index(id, content_.key(slot, held.published));
    }
  }

  void release(std::int32_t slot, RequestState& request) override {
    Held& held = held_by(slot);
    for (auto id = held.blocks.rbegin(); id != held.blocks.rend(); ++id) {
      if (--at(*id).references == 0) {
        append_free(*id);
      }
    }
    held.blocks.clear();
    held.published = 0;
    request.blocks = 0;
  }

  void forget(std::int32_t slot) override { held_by(slot).blocks = {}; }
  bool counts_only() const override { return false; }
  void take(std::int64_t) override {}

 private:
  struct Block {
    std::uint64_t key = 0;  // 0: not in the index
    std::int32_t references = 0;
    std::int32_t previous = kNone;  // in the free queue
    std::int32_t next = kNone;
    std::int32_t next_same_key = kNone;
  };
  struct Held {
    std::vector<std::int32_t> blocks;
    std::int32_t published = 0;
  };
  struct SameKey {
    std::int32_t first;
    std::int32_t last;
  };

  Block& at(std::int32_t id) { return blocks_[static_cast<std::size_t>(id)]; }
  Held& held_by(std::int32_t slot) {
    const auto index = static_cast<std::size_t>(slot);
    if (index >= held_.size()) {
      held_.resize(index + 1);
    }
    return held_[index];
  }

  void append_free(std::int32_t id) {
    at(id).previous = free_tail_;
    at(id).next = kNone;
    (free_tail_ == kNone ? free_head_ : at(free_tail_).next) = id;
    free_tail_ = id;
    ++free_;
  }
  void unlink_free(std::int32_t id) {
    const Block& block = at(id);
    (block.previous == kNone ? free_head_ : at(block.previous).next) = block.next;
    (block.next == kNone ? free_tail_ : at(block.next).previous) = block.previous;
    --free_;
  }

  void add_to_index(std::int32_t id, std::uint64_t key) {
    at(id).key = key;
    at(id).next_same_key = kNone;
    const auto [entry, is_new] = index_.try_emplace(key, SameKey{id, id});
    if (!is_new) {
      at(entry->second.last).next_same_key = id;
      entry.value().last = id;
    }
  }

  void unpublish(std::int32_t id) {
    Block& block = at(id);
    if (block.key == 0) {
      return;
    }
    const auto entry = index_.find(block.key);
    SameKey& same = entry.value();
    if (same.first == id && same.last == id) {
      index_.erase(entry);
    } else if (same.first == id) {
      same.first = block.next_same_key;
    } else {
      std::int32_t before = same.first;
      while (at(before).next_same_key != id) {
        before = at(before).next_same_key;
      }
      at(before).next_same_key = block.next_same_key;
      same.last = same.last == id ? before : same.last;
    }
    block.key = 0;
  }

  PrefixContent& content_;
  std::int64_t block_size_;
  std::vector<Block> blocks_;
  std::vector<Held> held_;
  std::vector<std::int32_t> hit_;  // of the last lookup
  tsl::robin_map<std::uint64_t, SameKey> index_;
  std::int32_t free_head_ = kNone;
  std::int32_t free_tail_ = kNone;
  std::int64_t free_ = 0;
};

}  // namespace

std::unique_ptr<KvPool> make_prefix_pool(std::int64_t blocks, std::int64_t block_size,
                                         PrefixContent& content) {
  return std::make_unique<PrefixPool>(blocks, block_size, content);
}

}  // namespace moru
