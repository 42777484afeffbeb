#include "moru/model/op/block.h"

#include "moru/base/error.h"

#include <fmt/format.h>

#include <array>

namespace moru {
namespace {

std::array<const MixerBlock*, EnumNames<MixerKind>::values.size()>& mixers() {
  static std::array<const MixerBlock*, EnumNames<MixerKind>::values.size()> table{};
  return table;
}

std::array<const FeedForwardBlock*, EnumNames<FeedForwardKind>::values.size()>& feed_forwards() {
  static std::array<const FeedForwardBlock*, EnumNames<FeedForwardKind>::values.size()> table{};
  return table;
}

}  // namespace

RegisterMixer::RegisterMixer(MixerKind kind, const MixerBlock& block) {
  mixers()[static_cast<std::size_t>(kind)] = &block;
}

RegisterFeedForward::RegisterFeedForward(FeedForwardKind kind, const FeedForwardBlock& block) {
  feed_forwards()[static_cast<std::size_t>(kind)] = &block;
}

const MixerBlock& mixer_block(MixerKind kind) {
  const MixerBlock* block = mixers()[static_cast<std::size_t>(kind)];
  if (block == nullptr) {
    throw Error(ErrorKind::internal,
                fmt::format("no block is registered for mixer '{}'", enum_name(kind)));
  }
  return *block;
}

const FeedForwardBlock& feed_forward_block(FeedForwardKind kind) {
  const FeedForwardBlock* block = feed_forwards()[static_cast<std::size_t>(kind)];
  if (block == nullptr) {
    throw Error(ErrorKind::internal,
                fmt::format("no block is registered for feed-forward '{}'", enum_name(kind)));
  }
  return *block;
}

}  // namespace moru
