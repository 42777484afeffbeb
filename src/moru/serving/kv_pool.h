// The paged KV cache of one data rank.
//
// Contract: a request holds RequestState::blocks blocks; the scheduler asks for more through grow()
// and admit() only after checking free_blocks(); release() returns all of them. With prefix caching
// a freed block keeps its content until it is handed out again (least recently used first).
#pragma once

#include "moru/serving/request_state.h"

#include <cstdint>
#include <memory>

namespace moru {

class PrefixContent;

// Blocks at the front of a request that are already computed.
struct PrefixHit {
  std::int32_t blocks = 0;
  std::int32_t unreferenced = 0;  // of these, blocks that nobody holds and that count as free
};

class KvPool {
 public:
  virtual ~KvPool() = default;
  virtual std::int64_t free_blocks() const = 0;
  // Longest prefix of the request's first `length` tokens that is cached; at least one token is
  // left.
  virtual PrefixHit lookup(std::int32_t slot, const RequestState& request) = 0;
  // Takes the hit of the last lookup() of this request and `fresh` new blocks.
  virtual void admit(std::int32_t slot, RequestState& request, const PrefixHit& hit,
                     std::int32_t fresh) = 0;
  virtual void grow(std::int32_t slot, RequestState& request, std::int32_t fresh) = 0;
  // Makes the blocks that `tokens` tokens fill findable.
  virtual void publish(std::int32_t slot, const RequestState& request, std::int32_t tokens) = 0;
  virtual void release(std::int32_t slot, RequestState& request) = 0;
  // The request's slot will be reused by another.
  virtual void forget(std::int32_t slot) = 0;
  // Free blocks that may be promised at once, for a run of steps that only grows.
  virtual bool counts_only() const = 0;
  // counts_only() pools: takes `blocks` at once, already added to the requests' own counts.
  virtual void take(std::int64_t blocks) = 0;
};

// Prefix caching off, or nothing to find: only the number of free blocks matters.
std::unique_ptr<KvPool> make_counting_pool(std::int64_t blocks);
// With a prefix index; `content` must outlive the pool.
std::unique_ptr<KvPool> make_prefix_pool(std::int64_t blocks, std::int64_t block_size,
                                         PrefixContent& content);

// SGLang's radix cache: token by token, `blocks` of one token.
std::unique_ptr<KvPool> make_radix_pool(std::int64_t blocks, const PrefixContent& content);

}  // namespace moru
