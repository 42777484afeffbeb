#include "moru/serving/kv_pool.h"

#include "moru/serving/prefix_content.h"

#include <gtest/gtest.h>

#include <vector>

namespace moru {
namespace {

constexpr std::int64_t kBlock = 4;

// A request of `prompt` tokens of one stream, on a pool of its own block size.
struct Client {
  std::int32_t slot;
  RequestState state;
  std::vector<PromptSegment> segments;

  Client(std::int32_t s, PrefixContent& content, std::vector<PromptSegment> prompt)
      : slot(s), segments(std::move(prompt)) {
    for (const PromptSegment& segment : segments) {
      state.prompt += segment.length;
    }
    state.length = state.prompt;
    TokenContent tokens;
    tokens.prompt = segments;
    tokens.prompt_tokens = state.prompt;
    tokens.output_stream = -1 - s;
    content.assign(slot, tokens);
  }

  PrefixHit start(KvPool& pool) {
    const PrefixHit hit = pool.lookup(slot, state);
    const auto blocks = static_cast<std::int32_t>((state.length + kBlock - 1) / kBlock);
    pool.admit(slot, state, hit, blocks - hit.blocks);
    state.computed = state.length;
    pool.publish(slot, state, state.computed);
    return hit;
  }
};

class PrefixPoolTest : public ::testing::Test {
 protected:
  PrefixContent content{kBlock};
  std::unique_ptr<KvPool> pool = make_prefix_pool(8, kBlock, content);
};

TEST_F(PrefixPoolTest, ASecondEqualPromptFindsAllButItsLastBlock) {
  Client first(0, content, {{7, 12}});
  EXPECT_EQ(first.start(*pool).blocks, 0);
  // 12 tokens are three full blocks; one token must be left to compute, so two are hit.
  Client second(1, content, {{7, 12}});
  const PrefixHit hit = second.start(*pool);
  EXPECT_EQ(hit.blocks, 2);
  EXPECT_EQ(hit.unreferenced, 0);
  EXPECT_EQ(pool->free_blocks(), 8 - 3 - 1);
}

TEST_F(PrefixPoolTest, SegmentsThatContinueOneStreamEqualTheWholeStream) {
  Client cut(0, content, {{7, 8}});
  cut.start(*pool);
  // The first eight tokens are those of stream 7, however many segments say so.
  Client longer(1, content, {{7, 9}});
  EXPECT_EQ(longer.start(*pool).blocks, 2);
  Client other(2, content, {{8, 9}});
  EXPECT_EQ(pool->lookup(2, other.state).blocks, 0);
}

TEST_F(PrefixPoolTest, FreedBlocksStayFindableUntilTheyAreTaken) {
  Client first(0, content, {{7, 16}});
  first.start(*pool);
  pool->release(0, first.state);
  EXPECT_EQ(pool->free_blocks(), 8);
  // Eight free blocks: four never used come first, then the released ones, tail of the sequence
  // first.
  Client filler(1, content, {{9, 20}});
  filler.start(*pool);
  Client again(2, content, {{7, 16}});
  const PrefixHit hit = pool->lookup(2, again.state);
  // The filler took the four unused blocks and the last block of the released sequence.
  EXPECT_EQ(hit.blocks, 3);
  EXPECT_EQ(hit.unreferenced, 3);
}

TEST_F(PrefixPoolTest, OfEqualBlocksTheFirstIndexedIsFoundAndTheOtherOutlivesIt) {
  Client first(0, content, {{7, 8}});
  first.start(*pool);
  Client twin(1, content, {{7, 8}});
  twin.start(*pool);  // hits block 0, computes block 1 a second time
  EXPECT_EQ(pool->free_blocks(), 8 - 2 - 1);
  pool->release(0, first.state);
  Client third(2, content, {{7, 9}});
  const PrefixHit hit = pool->lookup(2, third.state);
  EXPECT_EQ(hit.blocks, 2);
  // Block 0 is still held by the twin; the first's copy of block 1 is free.
  EXPECT_EQ(hit.unreferenced, 1);
}

TEST(CountingPool, CountsWhatIsHeldAndFindsNothing) {
  const auto pool = make_counting_pool(5);
  RequestState request;
  request.length = 10;
  EXPECT_EQ(pool->lookup(0, request).blocks, 0);
  pool->admit(0, request, {}, 3);
  EXPECT_EQ(request.blocks, 3);
  EXPECT_EQ(pool->free_blocks(), 2);
  pool->release(0, request);
  EXPECT_EQ(pool->free_blocks(), 5);
  EXPECT_EQ(request.blocks, 0);
}

}  // namespace
}  // namespace moru
