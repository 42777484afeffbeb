// How many tokens a text is likely to be, without a tokenizer.
#pragma once

#include <cstdint>
#include <string_view>

namespace moru {

// The rule in words, for notes and documents.
inline constexpr std::string_view kTokenEstimateRule =
    "UTF-8 bytes / 4, but 2/3 token per Hangul syllable and 4/5 per ideograph or kana";

// Bytes / 4 is OpenAI's rule of thumb for English ("What are tokens", help.openai.com). Hangul and
// Chinese follow from the sample sentences of "Hello GPT-4o" (openai.com, 2024-05; recalled): 27
// tokens for 35 syllables and about 5 tokens of other text, 24 for 24 ideographs and about 5. Older
// vocabularies of 100k entries take half as many again. Zero only for an empty text.
std::int32_t estimate_tokens(std::string_view utf8);

}  // namespace moru
