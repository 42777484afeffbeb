// What the tokens of a request are, as far as equality goes, and the keys of its KV blocks.
//
// A token's identity is (stream, offset). A prompt is a list of segments, each the first tokens of
// a stream; generated tokens continue a stream of their own. The key of a block chains the key of
// the block before it with the block's tokens, as vLLM's block hashes do, so equal keys mean equal
// prefixes (up to a 64-bit collision: below 1e-7 for a million blocks).
#pragma once

#include "moru/trace/request.h"

#include <cstdint>
#include <span>
#include <vector>

namespace moru {

struct TokenContent {
  std::span<const PromptSegment> prompt;  // empty: nothing is shared
  std::int64_t prompt_tokens = 0;
  std::int64_t output_stream = 0;
  std::int64_t output_offset = 0;
};

// Reads a content from its first token on. It never ends: generated tokens follow the prompt.
class ContentReader {
 public:
  struct Piece {
    std::int64_t stream = 0;
    std::int64_t offset = 0;
    std::int64_t length = 0;
  };
  // The next piece of at most `limit` tokens.
  Piece next(const TokenContent& content, std::int64_t limit);

 private:
  std::size_t segment_ = 0;  // where the next piece begins
  std::int64_t used_ = 0;    // tokens of that segment that stand before it
};

class PrefixContent {
 public:
  explicit PrefixContent(std::int64_t block_size) : block_size_(block_size) {}

  // The request in `slot` has this content from now on; `content` must stay valid until forget().
  void assign(std::int32_t slot, const TokenContent& content);
  void forget(std::int32_t slot);
  // Key of block `index` of the request; only full blocks have a meaningful one.
  std::uint64_t key(std::int32_t slot, std::int64_t index);
  const TokenContent& content(std::int32_t slot) const {
    return chains_[static_cast<std::size_t>(slot)].content;
  }

 private:
  struct Chain {
    TokenContent content;
    std::vector<std::uint64_t> keys;
    ContentReader reader;  // where the next block begins
  };
  void extend(Chain& chain) const;

  std::int64_t block_size_;
  std::vector<Chain> chains_;  // by slot
};

}  // namespace moru
