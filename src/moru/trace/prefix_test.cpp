#include "moru/trace/prefix.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace moru {
namespace {

Trace trace_of(const std::vector<std::vector<std::int64_t>>& prompts) {
  Trace trace;
  TokenPrompts tokens;
  for (const auto& prompt : prompts) {
    tokens.begin_prompt();
    for (const std::int64_t token : prompt) {
      tokens.push(token);
    }
    trace.requests.push_back({0, static_cast<std::int32_t>(prompt.size()), 1});
  }
  tokens.share_prefixes(trace);
  return trace;
}

// A prompt spelled out as (stream, offset) per token.
std::vector<std::pair<std::int64_t, std::int32_t>> spelled(const Trace& trace, std::size_t i) {
  std::vector<std::pair<std::int64_t, std::int32_t>> tokens;
  for (const PromptSegment& segment : segments_of(trace, trace.requests[i])) {
    for (std::int32_t offset = 0; offset < segment.length; ++offset) {
      tokens.emplace_back(segment.stream, offset);
    }
  }
  return tokens;
}

template <class T>
std::size_t common(const std::vector<T>& a, const std::vector<T>& b) {
  const std::size_t length = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(length), b.begin()).first -
      a.begin());
}

TEST(TokenPrompts, PartWhereTheirTokensPart) {
  const Trace trace = trace_of({{1, 2, 3, 4}, {1, 2, 5}, {9}});
  EXPECT_EQ(trace.requests[0].num_segments, 2);
  EXPECT_EQ(trace.segments[static_cast<std::size_t>(trace.requests[1].first_segment)].length, 2);
  EXPECT_EQ(trace.requests[2].num_segments, 1);
  EXPECT_EQ(common(spelled(trace, 0), spelled(trace, 1)), 2);
}

TEST(TokenPrompts, WithoutTokensShareNothing) {
  const Trace trace = trace_of({{}, {}});
  EXPECT_TRUE(trace.segments.empty());
}

RC_GTEST_PROP(TokenPrompts, SegmentsShareExactlyWhatTokensShare, ()) {
  // Two kinds of token make long common prefixes likely.
  const auto prompts = *rc::gen::resize(
      12,
      rc::gen::container<std::vector<std::vector<std::int64_t>>>(rc::gen::nonEmpty(
          rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 2)))));
  const Trace trace = trace_of(prompts);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    RC_ASSERT(spelled(trace, i).size() == prompts[i].size());
    for (std::size_t j = 0; j < i; ++j) {
      RC_ASSERT(common(spelled(trace, i), spelled(trace, j)) == common(prompts[i], prompts[j]));
    }
  }
}

TEST(PrefixReuse, CountsTokensOfEarlierPromptsOnly) {
  const Trace trace = trace_of({{1, 2, 3, 4}, {1, 2, 5}, {1, 2, 5}});
  const PrefixReuse reuse = prefix_reuse(trace);
  EXPECT_TRUE(reuse.is_stated);
  EXPECT_DOUBLE_EQ(reuse.tokens, (2 + 3) / 10.0);
}

TEST(PrefixReuse, IsNotStatedWithoutSegments) {
  Trace trace;
  trace.requests.push_back({0, 10, 1});
  EXPECT_FALSE(prefix_reuse(trace).is_stated);
}

TEST(PrefixReuse, PieceOfALongerStreamCountsAsFarAsItGoes) {
  Trace trace;
  trace.requests = {{0, 512, 1, 0, 1}, {1, 300, 1, 1, 1}, {2, 512, 1, 2, 1}};
  trace.segments = {{7, 512}, {7, 300}, {7, 512}};
  EXPECT_DOUBLE_EQ(prefix_reuse(trace).tokens, (300 + 512) / 1324.0);
}

TEST(PrefixBlocks, EqualOnlyAfterEqualPrefixes) {
  Trace trace;
  trace.requests = {{0, 8, 1, 0, 2}, {0, 8, 1, 2, 2}, {0, 6, 1, 0, 0}};
  trace.segments = {{1, 4}, {2, 4}, {3, 4}, {2, 4}};
  PrefixBlocks blocks(trace, 4);
  EXPECT_EQ(blocks.ids_of(trace.requests[0]), (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(blocks.ids_of(trace.requests[0]), (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(blocks.ids_of(trace.requests[1]), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(blocks.ids_of(trace.requests[2]), (std::vector<std::int64_t>{4, 5}));
}

TEST(PrefixBlocks, SpanSegments) {
  Trace trace;
  trace.requests = {{0, 7, 1, 0, 2}, {0, 7, 1, 2, 2}};
  trace.segments = {{1, 3}, {2, 4}, {1, 3}, {4, 4}};
  PrefixBlocks blocks(trace, 3);
  EXPECT_EQ(blocks.ids_of(trace.requests[0]), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(blocks.ids_of(trace.requests[1]), (std::vector<std::int64_t>{0, 3, 4}));
}

}  // namespace
}  // namespace moru
