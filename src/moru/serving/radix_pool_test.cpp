#include "moru/serving/kv_pool.h"
#include "moru/serving/prefix_content.h"
#include "moru/serving/testing.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

// A pool of 100 tokens and requests whose prompts are one shared piece and one of their own.
class RadixPools : public ::testing::Test {
 protected:
  RadixPools() : pool_(make_radix_pool(100, content_)) {}

  struct Asked {
    std::vector<PromptSegment> prompt;
    RequestState state;
  };
  // The request in `slot`: `shared` tokens of stream 1, `own` of its own, an answer.
  void ask(std::int32_t slot, std::int32_t shared, std::int32_t own, std::int32_t answer) {
    Asked& asked = asked_[slot];
    asked.prompt = {{1, shared}, {10 + slot, own}};
    asked.state = {};
    asked.state.prompt = asked.state.length = shared + own;
    asked.state.output = answer;
    content_.assign(slot, {asked.prompt, shared + own, -1 - slot, 0});
  }
  // Computes the whole prompt; returns the tokens found.
  std::int32_t compute(std::int32_t slot) {
    RequestState& state = asked_[slot].state;
    const PrefixHit hit = pool_->lookup(slot, state);
    pool_->admit(slot, state, hit, state.prompt - hit.blocks);
    state.computed = state.prompt;
    return hit.blocks;
  }
  // The prompt's step is done: one token is sampled.
  void answer_begins(std::int32_t slot) {
    RequestState& state = asked_[slot].state;
    ++state.length;
    pool_->publish(slot, state, state.computed);
  }
  // All further tokens, and the end.
  void answer_ends(std::int32_t slot) {
    RequestState& state = asked_[slot].state;
    pool_->grow(slot, state, state.output - 1);
    state.computed += state.output - 1;
    state.length = state.prompt + state.output;
    pool_->release(slot, state);
  }

  PrefixContent content_{1};
  std::unique_ptr<KvPool> pool_;
  std::map<std::int32_t, Asked> asked_;
};

TEST_F(RadixPools, FindsPrefixesToTheToken) {
  ask(0, 20, 7, 4);
  EXPECT_EQ(compute(0), 0);
  answer_begins(0);
  EXPECT_EQ(pool_->free_blocks(), 73);
  ask(1, 13, 9, 2);  // leaves the shared stream after 13 tokens
  EXPECT_EQ(compute(1), 13);
  EXPECT_EQ(pool_->free_blocks(), 64);
  answer_begins(1);
  answer_ends(1);
  answer_ends(0);
  EXPECT_EQ(pool_->free_blocks(), 100) << "what nobody uses counts as free";
  // One token is always computed.
  ask(2, 20, 0, 1);
  EXPECT_EQ(compute(2), 19);
}

// Two requests compute the same 20 tokens in one step: the second copy is given back when it joins
// the tree.
TEST_F(RadixPools, GivesBackWhatAnotherComputed) {
  ask(0, 20, 5, 2);
  ask(1, 20, 5, 2);
  compute(0);
  compute(1);
  EXPECT_EQ(pool_->free_blocks(), 50);
  answer_begins(0);
  answer_begins(1);
  EXPECT_EQ(pool_->free_blocks(), 70);
}

// 100 tokens hold 20 shared and the 20 + 20 + 20 of three requests (answers of one: nothing more).
// A fourth needs 30 beside the shared ones: the 20 that are free, and the first's own.
TEST_F(RadixPools, EvictsTheLeafUsedLongestAgo) {
  for (const std::int32_t slot : {0, 1, 2}) {
    ask(slot, 20, 20, 1);
    EXPECT_EQ(compute(slot), slot == 0 ? 0 : 20);
    answer_begins(slot);
    answer_ends(slot);
  }
  ask(3, 20, 30, 1);
  EXPECT_EQ(compute(3), 20);
  answer_begins(3);
  answer_ends(3);
  ask(4, 20, 20, 1);
  for (const auto& [stream, found] :
       std::vector<std::pair<std::int32_t, std::int32_t>>{{10, 20}, {11, 39}, {12, 39}, {13, 39}}) {
    asked_[4].prompt = {{1, 20}, {stream, 20}};
    content_.assign(4, {asked_[4].prompt, 40, -5, 0});
    EXPECT_EQ(pool_->lookup(4, asked_[4].state).blocks, found) << stream;
  }
}

}  // namespace
}  // namespace moru
