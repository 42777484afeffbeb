#include "moru/trace/token_estimate.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

TEST(TokenEstimate, FourLatinBytesAreAToken) {
  EXPECT_EQ(estimate_tokens(""), 0);
  EXPECT_EQ(estimate_tokens("a"), 1);
  EXPECT_EQ(estimate_tokens("four"), 1);
  EXPECT_EQ(estimate_tokens("forty eight letters make twelve tokens by this.."), 12);
}

TEST(TokenEstimate, ThreeHangulSyllablesAreTwoTokens) {
  EXPECT_EQ(estimate_tokens("모루다"), 2);
  // The sample sentence of "Hello GPT-4o": 27 tokens.
  EXPECT_NEAR(
      estimate_tokens("안녕하세요, 제 이름은 GPT-4o입니다. 저는 새로운 유형의 언어 모델입니다, "
                      "만나서 반갑습니다!"),
      27, 3);
}

TEST(TokenEstimate, FiveIdeographsAreFourTokens) {
  EXPECT_EQ(estimate_tokens("你好我的名"), 4);
  // 24 tokens in the same source.
  EXPECT_NEAR(estimate_tokens("你好，我的名字是GPT-4o。我是一种新型的语言模型，很高兴见到你!"), 24,
              3);
}

TEST(TokenEstimate, CutOffSequenceIsCountedByBytes) { EXPECT_EQ(estimate_tokens("\xEA\xB0"), 1); }

}  // namespace
}  // namespace moru
