#include "moru/model/batch.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace moru {
namespace {

// Keys that the query at position `at` (from 0) may see, one by one.
std::int64_t visible(const ContextRule& rule, std::int64_t at) {
  switch (rule.kind) {
    case ContextKind::full:
      return at + 1;
    case ContextKind::window:
    case ContextKind::sparse:
      return std::min(at + 1, rule.span);
    case ContextKind::chunk:
      return at % rule.span + 1;
  }
  return 0;
}

RC_GTEST_PROP(AttentionWork, PairsEqualTheCountOverAllQueries, ()) {
  const ContextRule rule = {*rc::gen::element(ContextKind::full, ContextKind::window,
                                              ContextKind::chunk, ContextKind::sparse),
                            *rc::gen::inRange<std::int64_t>(1, 50)};
  const Sequence sequence = {*rc::gen::inRange<std::int64_t>(1, 80),
                             *rc::gen::inRange<std::int64_t>(0, 120)};
  std::int64_t pairs = 0;
  for (std::int64_t i = 0; i < sequence.new_tokens; ++i) {
    pairs += visible(rule, sequence.context + i);
  }
  const AttentionWork work = attention_work(rule, sequence);
  RC_ASSERT(work.pairs == static_cast<double>(pairs));
  RC_ASSERT(work.query_tokens == sequence.new_tokens);
  RC_ASSERT(work.longest <= sequence.context + sequence.new_tokens);
}

TEST(AttentionWork, WindowReadsItsSpanAndTheNewTokens) {
  const AttentionWork work = attention_work({ContextKind::window, 128}, {16, 1000});
  EXPECT_EQ(work.longest, 143);  // the first query's 128 keys and 15 more
  EXPECT_EQ(work.pairs, 16 * 128);
}

TEST(AttentionWork, DecodeReadsAllCachedKeysUnderTheFullRule) {
  const AttentionWork work = attention_work({}, {1, 999});
  EXPECT_EQ(work.pairs, 1000);
  EXPECT_EQ(work.cached_keys, 1000);
}

TEST(BatchWork, SortsSequencesIntoDecodesAndPrefills) {
  const ContextRule rules[] = {{}, {ContextKind::window, 4}};
  const Sequence sequences[] = {{1, 9}, {1, 1}, {10, 0}};
  const BatchWork batch = batch_work(rules, sequences);
  EXPECT_EQ(batch.tokens, 12);
  EXPECT_EQ(batch.sampled, 3);
  EXPECT_EQ(batch.contexts[0].decode.pairs, 10 + 2);
  EXPECT_EQ(batch.contexts[0].prefill.pairs, 55);
  EXPECT_EQ(batch.contexts[1].decode.pairs, 4 + 2);
  EXPECT_EQ(batch.contexts[1].prefill.pairs, 1 + 2 + 3 + 7 * 4);
}

}  // namespace
}  // namespace moru
