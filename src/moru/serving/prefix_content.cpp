#include "moru/serving/prefix_content.h"

#include <algorithm>

namespace moru {
namespace {

// Mixes one number into a running hash (SplitMix64's finaliser; Steele, Lea, Flood 2014).
std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  std::uint64_t z = hash * 0x9E3779B97F4A7C15U + value + 0x632BE59BD9B4E019U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

}  // namespace

void PrefixContent::assign(std::int32_t slot, const TokenContent& content) {
  const auto index = static_cast<std::size_t>(slot);
  if (index >= chains_.size()) {
    chains_.resize(index + 1);
  }
  Chain& chain = chains_[index];
  chain.content = content;
  chain.keys.clear();
  chain.reader = {};
}

void PrefixContent::forget(std::int32_t slot) {
  Chain& chain = chains_[static_cast<std::size_t>(slot)];
  chain.keys = {};
  chain.content = {};
}

ContentReader::Piece ContentReader::next(const TokenContent& content, std::int64_t limit) {
  const auto& prompt = content.prompt;
  while (segment_ < prompt.size() && used_ == prompt[segment_].length) {
    ++segment_;
    used_ = 0;
  }
  Piece piece;
  if (segment_ < prompt.size()) {
    const PromptSegment& segment = prompt[segment_];
    piece = {segment.stream, used_, std::min<std::int64_t>(limit, segment.length - used_)};
  } else {
    // Generated tokens, or the whole of a request without segments, never end.
    piece = {content.output_stream, content.output_offset + used_, limit};
  }
  used_ += piece.length;
  return piece;
}

void PrefixContent::extend(Chain& chain) const {
  std::uint64_t hash = chain.keys.empty() ? 0 : chain.keys.back();
  std::int64_t left = block_size_;
  ContentReader::Piece piece = chain.reader.next(chain.content, left);
  left -= piece.length;
  while (left > 0) {
    const ContentReader::Piece next = chain.reader.next(chain.content, left);
    left -= next.length;
    // Adjacent pieces of one stream are one piece, however the prompt was cut into segments.
    if (next.stream == piece.stream && next.offset == piece.offset + piece.length) {
      piece.length += next.length;
      continue;
    }
    hash = mix(mix(mix(hash, static_cast<std::uint64_t>(piece.stream)),
                   static_cast<std::uint64_t>(piece.offset)),
               static_cast<std::uint64_t>(piece.length));
    piece = next;
  }
  hash = mix(mix(mix(hash, static_cast<std::uint64_t>(piece.stream)),
                 static_cast<std::uint64_t>(piece.offset)),
             static_cast<std::uint64_t>(piece.length));
  chain.keys.push_back(hash | 1);  // zero marks a block without a key
}

std::uint64_t PrefixContent::key(std::int32_t slot, std::int64_t index) {
  Chain& chain = chains_[static_cast<std::size_t>(slot)];
  while (static_cast<std::int64_t>(chain.keys.size()) <= index) {
    extend(chain);
  }
  return chain.keys[static_cast<std::size_t>(index)];
}

}  // namespace moru
