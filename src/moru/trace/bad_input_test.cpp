#include "moru/base/error.h"
#include "moru/trace/format.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

struct BadInput {
  std::string text;
  std::string error;
};

std::string error_of(const std::string& text, std::string_view format = "") {
  try {
    parse_trace(text, "t", format);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

constexpr const char* kAzure = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
constexpr const char* kVidur = "arrived_at,num_prefill_tokens,num_decode_tokens\n";
constexpr const char* kKnown =
    "known: apex, azure, azure_lmm, burstgpt, llmservingsim, mooncake, moru, sharegpt, splitwise, "
    "vidur, vidur_lengths, vllm_bench; --trace-format names the format of a file";

TEST(BadTrace, CsvErrorsNameLineColumnAndTheWayOut) {
  const std::string azure = kAzure;
  const std::string vidur = kVidur;
  const std::vector<BadInput> cases = {
      {"", "t: error: is empty; a trace has a header line and at least one request"},
      {" \n\r\n", "t: error: is empty; a trace has a header line and at least one request"},
      {azure, "t: error: has no requests; a trace needs at least one"},
      {"TIMESTMP,ContextTokens,GeneratedTokens\n",
       "t:1:1: error: a trace of format azure needs 'TIMESTAMP'; the header has 'TIMESTMP' (did "
       "you "
       "mean 'TIMESTAMP'?); --trace-format names the format of a file"},
      {"arrived_at,num_prefill_tokens\n0,5\n",
       "t:1:1: error: a trace of format vidur needs 'num_decode_tokens'; --trace-format names the "
       "format of a file"},
      {"a,b,c\n1,2,3\n",
       "t:1:1: error: no trace format has these columns: 'a,b,c'; " + std::string(kKnown)},
      {"2023-11-16 18:15:46,374,44\n",
       "t:1:1: error: no trace format has these columns: '2023-11-16 18:15:46,374,44'; " +
           std::string(kKnown)},
      {std::string("PK\0\3 binary", 11),
       "t: error: is a binary file (or UTF-16 text), not a trace; traces are UTF-8 CSV or JSON"},
      {"\x1F\x8B\x08 x", "t: error: is compressed with gzip; give `gunzip -c t | moru … -`"},
      {azure + "2023-11-16 18:15:46.68,abc,44\n",
       "t:2:24: error: 'ContextTokens' is 'abc', not a whole number of tokens"},
      {azure + "2023-11-16 18:15:46.68,,44\n",
       "t:2:24: error: 'ContextTokens' is '', not a whole number of tokens"},
      {azure + "2023-11-16 18:15:46.68,37.5,44\n",
       "t:2:24: error: 'ContextTokens' is '37.5', not a whole number of tokens"},
      {azure + "2023-11-16 18:15:46.68,nan,44\n",
       "t:2:24: error: 'ContextTokens' is 'nan', not a whole number of tokens"},
      {azure + "2023-11-16 18:15:46.68,374,-3\r\n",
       "t:2:28: error: 'GeneratedTokens' is -3; a length cannot be negative"},
      {azure + "2023-11-16 18:15:46.68,10000001,44\n",
       "t:2:24: error: 'ContextTokens' is 10000001, more than 10,000,000 tokens; is it the right "
       "column?"},
      {azure + "2023-11-16 18:15:46.68,99999999999999999999,44\n",
       "t:2:24: error: 'ContextTokens' is 99999999999999999999, more than 10,000,000 tokens; is it "
       "the right column?"},
      {azure + "2023-11-16 18:15:46.68,374,44\n16/11/2023 18:16,374,44\n",
       "t:3:1: error: 'TIMESTAMP' is '16/11/2023 18:16', not a time such as 2023-11-16 "
       "18:15:46.6805900"},
      {azure + "2023-11-16 18:15:46.68,374\n",
       "t:2:1: error: the row has 2 fields, but 'GeneratedTokens' is column 3; is the file cut "
       "off?"},
      {azure + "2023-11-16 18:15:46.68,374,44\n2023",
       "t:3:1: error: the row has 1 field, but 'GeneratedTokens' is column 3; is the file cut "
       "off?"},
      {vidur + "nan,5,5\n",
       "t:2:1: error: 'arrived_at' is 'nan', not a time in seconds from 0 to 292 years"},
      {vidur + "-1,5,5\n",
       "t:2:1: error: 'arrived_at' is '-1', not a time in seconds from 0 to 292 years"},
      {vidur + "1e18,5,5\n",
       "t:2:1: error: 'arrived_at' is '1e18', not a time in seconds from 0 to 292 years"},
      {"Timestamp,Request tokens,Response tokens\n1,5,0\n2,6,0\n",
       "t: error: has no requests: all 2 rows were left out (failed: no response tokens)"},
      {"request_id,arrival_timestamp,batch_size,prompt_size,token_size\n0,0,4,5,6\n",
       "t:2:5: error: 'batch_size' is 4; only single requests can be read, so write one row per "
       "request"},
  };
  for (const BadInput& bad : cases) {
    EXPECT_EQ(error_of(bad.text), bad.error);
  }
}

TEST(BadTrace, JsonErrorsNameTheLine) {
  const std::string good = "{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 6}\n";
  const std::vector<BadInput> cases = {
      {"{\"what\": 1}\n", "t:1:1: error: no trace format has these JSON keys: '{\"what\": 1}'; " +
                              std::string(kKnown)},
      {good + "{\"timestamp\": 1, \"input_length\": 5, \"outp",
       "t:2:37: error: not valid JSON: a string without its closing quote; is the file cut off?"},
      {good + "{\"timestamp\": 1, \"input_length\": 5, \"output_length\": ",
       "t:2:53: error: not valid JSON: the file ends where a value is expected; is the file cut "
       "off?"},
      {good + "{\"timestamp\": NaN, \"input_length\": 5, \"output_length\": 6}",
       "t:2:15: error: not valid JSON: expected a value; is the file cut off?"},
      {good + "{\"timestamp\": \"\xFF\", \"input_length\": 5, \"output_length\": 6}",
       "t:2:16: error: not valid UTF-8; save the file as UTF-8"},
      {good + "[1, 2]\n", "t:2:1: error: each line must be one JSON object"},
      {good + "\n" + "{\"timestamp\": 1, \"input_length\": 5}",
       "t:3:1: error: 'output_length' is missing or not a number"},
      {"{\"timestamp\": 1, \"input_length\": \"5\", \"output_length\": 6}",
       "t:1:1: error: 'input_length' is missing or not a number"},
      {"{\"timestamp\": 1, \"input_length\": -5, \"output_length\": 6}",
       "t:1:1: error: 'input_length' is -5; a length cannot be negative"},
      {"{\"timestamp\": 1, \"input_length\": 5.5, \"output_length\": 6}",
       "t:1:1: error: 'input_length' is 5.5, not a whole number of tokens"},
      {"{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 20000000}",
       "t:1:1: error: 'output_length' is 20000000, more than 10,000,000 tokens; is it the right "
       "key?"},
      {"{\"timestamp\": -1, \"input_length\": 5, \"output_length\": 6}",
       "t:1:1: error: 'timestamp' is -1; an arrival cannot be negative"},
      {"{\"timestamp\": 1e18, \"input_length\": 5, \"output_length\": 6}",
       "t:1:1: error: 'timestamp' is 1e+18, beyond 292 years"},
      {"{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 6, \"hash_ids\": 7}",
       "t:1:1: error: 'hash_ids' is not a list"},
      {"{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 6, \"hash_ids\": [\"a\"]}",
       "t:1:1: error: 'hash_ids' must hold whole numbers only"},
      {"{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 6, \"hash_ids\": [-1]}",
       "t:1:1: error: 'hash_ids' has a negative id"},
      {good.substr(0, good.size() - 1) + " " + good,
       "t:1:57: error: not valid JSON: text after the end of the document; is the file cut off?"},
      {"{\"session_id\": \"s\", \"arrival_time_ns\": 4, \"sub_requests\": [{\"input_toks\": 1}]}",
       "t:1:1: error: an agentic session: its 'sub_requests' wait for one another, which a trace "
       "of "
       "fixed arrivals cannot say; keep the flat lines (jq -c 'select(.sub_requests | not)')"},
      // simdjson must not be asked again after it found a fault.
      {"{\"arrival_time_ns\": 5 \"input_toks\": 4, \"output_toks\": 2}",
       "t:1:23: error: not valid JSON: expected ',' or '}'; is the file cut off?"},
      {"{\"input_lens\": [1], \"output_lens\": [1], \"a\" 2}",
       "t:1:45: error: not valid JSON: expected ':' after the key; is the file cut off?"},
      {"{\"input_lens\": [1, 2], \"output_lens\": [1]}",
       "t: error: 'input_lens' has 2 values, 'output_lens' 1"},
      {"{\"total_input_tokens\": 5}",
       "t: error: has no list 'input_lens'; run `vllm bench serve` with --save-detailed"},
  };
  for (const BadInput& bad : cases) {
    EXPECT_EQ(error_of(bad.text), bad.error);
  }
}

TEST(BadTrace, ShareGptOfAnotherShapeSaysWhichConversation) {
  const std::string good = R"({"conversations": [{"value": "a"}, {"value": "b"}]})";
  const std::string bad = R"({"id": "a", "conversations": {"value": 3}})";
  const std::string message =
      "error: conversation 2 is not {id, conversations: [{from, value}]} (The JSON element does "
      "not "
      "have the requested type.)";
  EXPECT_EQ(error_of("[" + good + ",\n" + bad + "]"), "t:1:1: " + message);
  EXPECT_EQ(error_of(good + "\n" + bad), "t:2:1: " + message);
  EXPECT_EQ(
      error_of("[" + good + "] x"),
      "t:1:55: error: not valid JSON: text after the end of the document; is the file cut off?");
}

TEST(BadTrace, ChosenFormatNamesItsColumns) {
  EXPECT_EQ(error_of(kVidur + std::string("0,1,2\n"), "azure"),
            "t:1:1: error: a trace of format azure needs 'TIMESTAMP', 'ContextTokens', "
            "'GeneratedTokens'");
  EXPECT_EQ(error_of("x", "azur"),
            "error: 'azur' is not a trace format (did you mean 'azure'?); known: apex, azure, "
            "azure_lmm, burstgpt, llmservingsim, mooncake, moru, sharegpt, splitwise, vidur, "
            "vidur_lengths, vllm_bench");
}

TEST(BadTrace, FormatsThatCannotBeWrittenSayWhichCan) {
  Trace trace;
  trace.requests.push_back({0, 1, 1});
  try {
    write_trace(trace, "/dev/null", "burstgpt");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "error: format burstgpt can be read but not written; use one of azure, mooncake, "
                 "vidur, vidur_lengths");
  }
}

}  // namespace
}  // namespace moru
