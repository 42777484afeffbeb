#include "moru/trace/format.h"

#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/trace/prefix.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdio>
#include <unistd.h>

namespace moru {
namespace {

using Rows = std::vector<std::array<std::int64_t, 3>>;  // arrival ns, prompt, output

class TraceFormats : public ::testing::Test {
 protected:
  void SetUp() override { set_quiet(true); }
  void TearDown() override { set_quiet(false); }

  static Rows rows_of(const Trace& trace) {
    Rows rows;
    for (const Request& request : trace.requests) {
      rows.push_back({request.arrival, request.prompt_tokens, request.output_tokens});
    }
    return rows;
  }
  using Segments = std::vector<std::pair<std::int64_t, std::int32_t>>;  // stream, length
  static Segments segments_of_request(const Trace& trace, std::size_t i) {
    Segments segments;
    for (const PromptSegment& segment : segments_of(trace, trace.requests[i])) {
      segments.emplace_back(segment.stream, segment.length);
    }
    return segments;
  }
};

TEST_F(TraceFormats, Azure2023HasReturnsAndNoLastNewline) {
  const Trace trace = parse_trace(
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
      "2023-11-16 18:15:46.6805900,374,44\r\n"
      "2023-11-16 18:15:50.9951690,396,109",
      "a.csv");
  EXPECT_EQ(trace.format, "azure");
  EXPECT_TRUE(trace.has_arrivals);
  EXPECT_EQ(rows_of(trace), (Rows{{0, 374, 44}, {4'314'579'000, 396, 109}}));
}

TEST_F(TraceFormats, Azure2024HasAZoneAndCrossesMidnight) {
  const Trace trace = parse_trace(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n"
      "2024-05-12 23:59:59.500000+00:00,100,10\n"
      "2024-05-13 00:00:00+00:00,200,20\n",
      "a.csv");
  EXPECT_EQ(rows_of(trace), (Rows{{0, 100, 10}, {500'000'000, 200, 20}}));
}

TEST_F(TraceFormats, MoruMayHavePrioritiesAndSessions) {
  const Trace trace = parse_trace(
      "arrival_s,priority,input_toks,output_toks,session_id\n"
      "0,2,10,3,anna\n"
      "1,0,20,4,ben\n"
      "2,1,30,5,anna\n"
      "3,0,40,6,\n",
      "m.csv");
  EXPECT_EQ(trace.format, "moru");
  std::vector<std::int32_t> priorities;
  std::vector<std::int32_t> sessions;
  for (const Request& request : trace.requests) {
    priorities.push_back(request.priority);
    sessions.push_back(request.session);
  }
  EXPECT_EQ(priorities, (std::vector<std::int32_t>{2, 0, 1, 0}));
  EXPECT_EQ(sessions, (std::vector<std::int32_t>{0, 1, 0, -1}));
  EXPECT_EQ(trace.requests[3].prompt_tokens, 40);
}

TEST_F(TraceFormats, AzureLmmHasImages) {
  const Trace trace = parse_trace(
      "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n"
      "2024-10-15 00:00:00.0000000,2,1500,30\n",
      "a.csv");
  EXPECT_EQ(trace.format, "azure_lmm");
  EXPECT_EQ(rows_of(trace), (Rows{{0, 1500, 30}}));
}

TEST_F(TraceFormats, BurstGptOfBothVintages) {
  const Trace with_session = parse_trace(
      "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log "
      "Type\n"
      "19440110.0,1722ac82,43,GPT-4,906,446,1352,Conversation log\n"
      "19440161.0,d5983bf9,2,ChatGPT,36,0,36,API log\n"
      "19440192.5,,8,GPT-4,1779,123,1902,API log\n",
      "b.csv");
  EXPECT_EQ(with_session.format, "burstgpt");
  EXPECT_EQ(rows_of(with_session), (Rows{{0, 906, 446}, {82'500'000'000, 1779, 123}}));
  EXPECT_EQ(with_session.skipped, 1);
  EXPECT_EQ(with_session.requests[0].session, 0);
  EXPECT_EQ(with_session.requests[1].session, -1);
  EXPECT_EQ(with_session.skipped_reason, "failed: no response tokens");
  const Trace without = parse_trace(
      "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
      "5,ChatGPT,472,18,490,Conversation log\n45,ChatGPT,1087,230,1317,Conversation log\n",
      "b.csv");
  EXPECT_EQ(rows_of(without), (Rows{{0, 472, 18}, {40'000'000'000, 1087, 230}}));
}

TEST_F(TraceFormats, MooncakeBlocksBecomeSegments) {
  const Trace trace = parse_trace(
      R"({"timestamp": 1000, "input_length": 1100, "output_length": 500, "hash_ids": [0, 14, 15]})"
      "\n"
      R"({"timestamp": 3500, "input_length": 700, "output_length": 2, "hash_ids": [0]})"
      "\n",
      "m.jsonl");
  EXPECT_EQ(trace.format, "mooncake");
  EXPECT_EQ(rows_of(trace), (Rows{{0, 1100, 500}, {2'500'000'000, 700, 2}}));
  EXPECT_EQ(segments_of_request(trace, 0), (Segments{{1000, 512}, {1014, 512}, {1015, 76}}));
  // What no id covers is the request's own.
  EXPECT_EQ(segments_of_request(trace, 1), (Segments{{1000, 512}, {private_stream(1), 188}}));
}

TEST_F(TraceFormats, MooncakeWithoutIdsSharesNothing) {
  const Trace trace =
      parse_trace(R"({"timestamp": 0, "input_length": 10, "output_length": 5})", "m.jsonl");
  EXPECT_TRUE(trace.segments.empty());
}

TEST_F(TraceFormats, VidurWithAndWithoutArrivals) {
  const Trace timed = parse_trace(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0.5,374,44\n2.0,396.0,109.0\n", "v.csv");
  EXPECT_EQ(timed.format, "vidur");
  EXPECT_EQ(rows_of(timed), (Rows{{0, 374, 44}, {1'500'000'000, 396, 109}}));
  const Trace lengths = parse_trace(
      "num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n3772,54,3826,69.85\n",
      "v.csv");
  EXPECT_EQ(lengths.format, "vidur_lengths");
  EXPECT_FALSE(lengths.has_arrivals);
  EXPECT_EQ(rows_of(lengths), (Rows{{0, 3772, 54}}));
}

TEST_F(TraceFormats, LlmServingSimSharesTokenIds) {
  const Trace trace = parse_trace(
      R"({"input_toks":4,"output_toks":70,"arrival_time_ns":46926808,"input_tok_ids":[1,2,3,4]})"
      "\n"
      R"({"input_toks":5,"output_toks":12,"arrival_time_ns":47926808,"input_tok_ids":[1,2,9]})"
      "\n"
      R"({"input_toks":7,"output_toks":9,"arrival_time_ns":48926808})",
      "l.jsonl");
  EXPECT_EQ(trace.format, "llmservingsim");
  EXPECT_EQ(rows_of(trace), (Rows{{0, 4, 70}, {1'000'000, 5, 12}, {2'000'000, 7, 9}}));
  EXPECT_EQ(segments_of_request(trace, 0)[0], segments_of_request(trace, 1)[0]);
  EXPECT_EQ(segments_of_request(trace, 0)[0].second, 2);
  EXPECT_EQ(segments_of_request(trace, 1)[1].second, 3);
  EXPECT_DOUBLE_EQ(prefix_reuse(trace).tokens, 2.0 / 16);
}

TEST_F(TraceFormats, ShareGptEstimatesTheFirstTwoTurns) {
  const Trace trace = parse_trace(
      R"([{"id": "a", "conversations": [{"from": "human", "value": "abcdefgh"},
           {"from": "gpt", "value": "안녕하"}, {"from": "human", "value": "more"}]},
          {"id": "b", "conversations": [{"from": "human", "value": "alone"}]}])",
      "s.json");
  EXPECT_EQ(trace.format, "sharegpt");
  EXPECT_FALSE(trace.has_arrivals);
  EXPECT_EQ(rows_of(trace), (Rows{{0, 2, 2}}));
  EXPECT_EQ(trace.skipped, 1);
}

TEST_F(TraceFormats, VllmBenchResultWithAndWithoutStartTimes) {
  const Trace timed = parse_trace(
      R"({"duration": 3.5, "completed": 2, "input_lens": [12, 7, 30], "output_lens": [5, 0, 128],
          "ttfts": [0.1, 0, 0.2], "start_times": [1000.5, 1000.75, 1002.0], "errors": ["", "x", ""]})",
      "r.json");
  EXPECT_EQ(timed.format, "vllm_bench");
  EXPECT_EQ(rows_of(timed), (Rows{{0, 12, 5}, {1'500'000'000, 30, 128}}));
  EXPECT_EQ(timed.skipped, 1);
  const Trace lengths = parse_trace(R"({"input_lens": [12], "output_lens": [5]})", "r.json");
  EXPECT_FALSE(lengths.has_arrivals);
}

TEST_F(TraceFormats, SplitwiseAndApex) {
  const Trace splitwise = parse_trace(
      "request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size\n"
      "0,2,0,0.25,1,100,20\n1,2,0,1.25,1,50,7\n",
      "w.csv");
  EXPECT_EQ(splitwise.format, "splitwise");
  EXPECT_EQ(rows_of(splitwise), (Rows{{0, 100, 20}, {1'000'000'000, 50, 7}}));
  const Trace apex = parse_trace(
      "{\"StartTimeOffset\": 100, \"ContextTokens\": 374, \"GeneratedTokens\": 44}\n\n"
      "{\"StartTimeOffset\": 5000, \"ContextTokens\": 9, \"GeneratedTokens\": 8}\n",
      "x.jsonl");
  EXPECT_EQ(apex.format, "apex");
  EXPECT_EQ(rows_of(apex), (Rows{{0, 374, 44}, {4900, 9, 8}}));
}

TEST_F(TraceFormats, MeasuredRunSharesExactlyWhatItStates) {
  const Trace trace = parse_trace(
      "request_id,arrival_s,input_toks,output_toks,shared_prefix_toks_16\n"
      "r0,0.046926808,100,5,0\nr1,0.347938951,64,9,16\nr2,0.4,50,9,0\nr3,0.5,90,9,48\n",
      "workload.csv");
  EXPECT_EQ(trace.format, "moru");
  EXPECT_EQ(trace.requests[1].arrival, 301'012'143);
  EXPECT_DOUBLE_EQ(prefix_reuse(trace).tokens, (16 + 48) / 304.0);
}

TEST_F(TraceFormats, ZeroLengthsAreRaisedAndCounted) {
  const Trace trace = parse_trace(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0,0,5\n1,7,0\n2,3,3\n", "v.csv");
  EXPECT_EQ(rows_of(trace), (Rows{{0, 1, 5}, {1'000'000'000, 7, 1}, {2'000'000'000, 3, 3}}));
  EXPECT_EQ(trace.raised, 2);
}

TEST_F(TraceFormats, UnsortedRowsAreSortedStably) {
  const Trace trace = parse_trace(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n5,1,1\n3,2,1\n5,3,1\n3,4,1\n", "v.csv");
  EXPECT_EQ(rows_of(trace),
            (Rows{{0, 2, 1}, {0, 4, 1}, {2'000'000'000, 1, 1}, {2'000'000'000, 3, 1}}));
}

TEST_F(TraceFormats, ColumnsMayStandAnywhereQuotedAndAfterAByteOrderMark) {
  const Trace trace = parse_trace(
      "\xEF\xBB\xBF\n\"extra\",num_decode_tokens,arrived_at,\"num_prefill_tokens\"\r\n"
      "\"a,b\",44,0.5,\"374\"\r\n\r\n",
      "v.csv");
  EXPECT_EQ(rows_of(trace), (Rows{{0, 374, 44}}));
}

TEST_F(TraceFormats, SeasonOf110DaysKeepsItsNanoseconds) {
  const Trace trace = parse_trace(
      "Timestamp,Request tokens,Response tokens\n0,1,1\n9504000.000000001,1,1\n", "b.csv");
  EXPECT_EQ(trace.requests[1].arrival, 9'504'000'000'000'001);
}

TEST_F(TraceFormats, NameOverridesRecognition) {
  const std::string text = "arrived_at,num_prefill_tokens,num_decode_tokens\n3,4,5\n9,6,7\n";
  EXPECT_FALSE(parse_trace(text, "v.csv", "vidur_lengths").has_arrivals);
}

class WrittenTraces : public TraceFormats {
 protected:
  static Trace round_trip(const Trace& trace, const std::string& format, const char* suffix) {
    const std::string path =
        ::testing::TempDir() + "moru_trace_" + std::to_string(::getpid()) + suffix;
    write_trace(trace, path, format);
    Trace back = read_trace(path);
    std::remove(path.c_str());
    return back;
  }
};

TEST_F(WrittenTraces, ReadBackTheSame) {
  const Trace trace = parse_trace(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0,374,44\n0.0000001,5,6\n86400.5,396,109\n",
      "v.csv");
  for (const char* format : {"azure", "vidur", "mooncake"}) {
    const Trace back = round_trip(trace, format, ".csv.zst");
    EXPECT_EQ(back.format, format);
    EXPECT_EQ(rows_of(back), rows_of(trace)) << format;
  }
  EXPECT_FALSE(round_trip(trace, "vidur_lengths", ".csv").has_arrivals);
}

TEST_F(WrittenTraces, MooncakeKeepsWhatIsShared) {
  const std::string text =
      R"({"timestamp": 0, "input_length": 1100, "output_length": 5, "hash_ids": [0, 1, 2]})"
      "\n"
      R"({"timestamp": 7, "input_length": 700, "output_length": 2, "hash_ids": [0, 3]})"
      "\n";
  std::string path = ::testing::TempDir() + "moru_mooncake_" + std::to_string(::getpid());
  write_trace(parse_trace(text, "m.jsonl"), path, "mooncake");
  EXPECT_EQ(read_file(path), text);
  std::remove(path.c_str());
}

RC_GTEST_PROP(TraceText, NoBytesCrashAReader, ()) {
  static const std::vector<std::string> kPieces = {
      "TIMESTAMP,ContextTokens,GeneratedTokens",
      "arrived_at,num_prefill_tokens,num_decode_tokens",
      "\n",
      "\r\n",
      ",",
      "\"",
      "{",
      "}",
      "[",
      "]",
      ":",
      "1",
      "-2",
      "1e999",
      "nan",
      "0.5",
      "2023-11-16 18:15:46.68",
      "\"timestamp\"",
      "\"input_length\"",
      "\"output_length\"",
      "\"hash_ids\"",
      "\"conversations\"",
      "\"value\"",
      "\"input_lens\"",
      "\"output_lens\"",
      "\"input_toks\"",
      "\"arrival_time_ns\"",
      "\\u0000",
      "\xFF",
      "안"};
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kPieces));
  std::string text;
  for (const std::string& piece : pieces) {
    text += piece;
  }
  set_quiet(true);
  try {
    const Trace trace = parse_trace(text, "fuzz");
    RC_ASSERT(!trace.requests.empty());
  } catch (const Error& error) {
    RC_ASSERT(error.kind() == ErrorKind::input);
  }
  set_quiet(false);
}

}  // namespace
}  // namespace moru
