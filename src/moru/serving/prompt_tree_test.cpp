#include "moru/serving/prompt_tree.h"

#include "moru/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace moru {
namespace {

using Prompt = std::vector<PromptSegment>;

std::map<std::size_t, std::int64_t> overlaps(PromptTree& tree, const Prompt& prompt) {
  std::map<std::size_t, std::int64_t> found;
  for (const PromptTree::Overlap& overlap : tree.match(prompt)) {
    found[overlap.replica] = overlap.tokens;
  }
  return found;
}

// The straightforward way: every replica's prompts in full.
std::int64_t shared(const Prompt& a, const Prompt& b) {
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].stream != b[i].stream) {
      break;
    }
    tokens += std::min(a[i].length, b[i].length);
    if (a[i].length != b[i].length) {
      break;
    }
  }
  return tokens;
}

TEST(PromptTree, FindsTheTokensThatEachReplicaWasSent) {
  PromptTree tree(1000);
  tree.insert(Prompt{{1, 10}, {2, 5}}, 0);
  tree.insert(Prompt{{1, 6}, {3, 5}}, 4);
  EXPECT_EQ(overlaps(tree, {{1, 10}, {2, 5}}),
            (std::map<std::size_t, std::int64_t>{{0, 15}, {4, 6}}));
  EXPECT_EQ(overlaps(tree, {{1, 8}, {2, 5}}),
            (std::map<std::size_t, std::int64_t>{{0, 8}, {4, 6}}));
  EXPECT_EQ(overlaps(tree, {{1, 6}, {3, 2}}),
            (std::map<std::size_t, std::int64_t>{{0, 6}, {4, 8}}));
  EXPECT_TRUE(overlaps(tree, {{2, 5}}).empty());
  EXPECT_EQ(tree.tokens_of(0), 15);
  EXPECT_EQ(tree.tokens_of(4), 11);
}

// Room for twelve tokens: the third prompt drives out the tail of the one used longest ago; the
// shared head stays.
TEST(PromptTree, ForgetsTheLeafUsedLongestAgo) {
  PromptTree tree(12);
  tree.insert(Prompt{{1, 4}, {2, 4}}, 0);
  tree.insert(Prompt{{1, 4}, {3, 4}}, 0);
  tree.insert(Prompt{{1, 4}, {4, 4}}, 0);
  EXPECT_EQ(tree.tokens_of(0), 12);
  EXPECT_EQ(overlaps(tree, {{1, 4}, {2, 4}}).at(0), 4);
  EXPECT_EQ(overlaps(tree, {{1, 4}, {3, 4}}).at(0), 8);
}

TEST(PromptTree, AgreesWithComparingAllPromptsAndForgetsCompletely) {
  Rng rng(7);
  for (int round = 0; round < 50; ++round) {
    PromptTree tree(1'000'000);
    std::map<std::size_t, std::vector<Prompt>> sent;
    for (int i = 0; i < 60; ++i) {
      Prompt prompt;
      const std::uint32_t pieces = 1 + rng.below(4);
      for (std::uint32_t piece = 0; piece < pieces; ++piece) {
        // A stream's number grows with its place, so none stands twice in a prompt.
        prompt.push_back({static_cast<std::int64_t>(10 * piece + rng.below(3)),
                          static_cast<std::int32_t>(1 + rng.below(6))});
      }
      std::map<std::size_t, std::int64_t> expected;
      for (const auto& [replica, prompts] : sent) {
        for (const Prompt& other : prompts) {
          if (const std::int64_t tokens = shared(prompt, other); tokens > 0) {
            expected[replica] = std::max(expected[replica], tokens);
          }
        }
      }
      ASSERT_EQ(overlaps(tree, prompt), expected);
      const std::size_t replica = rng.below(5);
      tree.insert(prompt, replica);
      sent[replica].push_back(prompt);
    }
    for (const auto& [replica, prompts] : sent) {
      tree.forget(replica);
      EXPECT_EQ(tree.tokens_of(replica), 0);
      for (const Prompt& prompt : prompts) {
        EXPECT_FALSE(overlaps(tree, prompt).contains(replica));
      }
    }
  }
}

}  // namespace
}  // namespace moru
