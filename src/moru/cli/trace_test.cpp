#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/cli/options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace moru {
namespace {

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

// `moru trace …` in this process.
Outcome run(std::vector<std::string> words) {
  words.insert(words.begin(), {"moru", "trace"});
  std::vector<char*> arguments;
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.code = run_program(static_cast<int>(arguments.size()), arguments.data());
  std::fflush(stdout);
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.err = ::testing::internal::GetCapturedStderr();
  return outcome;
}

class TraceCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "moru_trace_command_" + std::to_string(::getpid());
    path_ = folder_ + ".csv";
    lengths_ = folder_ + "_lengths.csv";
    write_file(path_,
               "arrived_at,num_prefill_tokens,num_decode_tokens\n0,100,10\n10,200,0\n40,600,30\n");
    write_file(lengths_, "num_prefill_tokens,num_decode_tokens\n7,3\n9,4\n");
  }
  void TearDown() override {
    std::remove(path_.c_str());
    std::remove(lengths_.c_str());
  }
  std::string folder_;
  std::string path_;
  std::string lengths_;
};

TEST_F(TraceCommand, InfoSaysHowManyHowFastHowLong) {
  const Outcome outcome = run({"info", path_});
  EXPECT_EQ(outcome.code, kExitAnswered);
  EXPECT_EQ(outcome.out, path_ +
                             " (vidur)\n"
                             "requests      3\n"
                             "zero lengths  1 requests, counted as one token\n"
                             "span          40.0 s\n"
                             "rate          0.05 req/s, in the busiest minute 0.07 req/s\n"
                             "\n"
                             "tokens   mean  min   p1  p10  p25  p50  p75  p90  p99  max  total\n"
                             "-----------------------------------------------------------------\n"
                             "prompt  300.0  100  100  100  100  200  200  200  200  600    900\n"
                             "output   13.7    1    1    1    1   10   10   10   10   30     41\n");
}

TEST_F(TraceCommand, InfoAsJsonHasAVersionedSchema) {
  const Outcome outcome = run({"info", path_, "--json", "-q"});
  EXPECT_EQ(outcome.code, kExitAnswered);
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(outcome.out.starts_with("{\n  \"schema\": \"moru/trace-info/1\",\n")) << outcome.out;
  for (const char* line : {"\"requests\": 3,", "\"span_s\": 40,", "\"request_rate\": 0.05,",
                           "\"peak_minute_requests\": 3,", "\"zero_lengths_raised\": 1,"}) {
    EXPECT_NE(outcome.out.find(line), std::string::npos) << line;
  }
}

TEST_F(TraceCommand, InfoOfLengthsNamesTheFlagThatGivesArrivals) {
  EXPECT_NE(run({"info", lengths_}).out.find("none: lengths only; --request-rate gives it some"),
            std::string::npos);
  EXPECT_NE(run({"info", lengths_, "--request-rate", "2"}).out.find("rate"), std::string::npos);
}

TEST_F(TraceCommand, ConvertWritesOtherFormats) {
  EXPECT_EQ(run({"convert", path_, "--as", "azure", "-q"}).out,
            "TIMESTAMP,ContextTokens,GeneratedTokens\n"
            "1970-01-01 00:00:00.0000000,100,10\n"
            "1970-01-01 00:00:10.0000000,200,1\n"
            "1970-01-01 00:00:40.0000000,600,30\n");
  // Twice the rate, half the time.
  EXPECT_EQ(run({"convert", path_, "--as", "vidur", "--request-rate", "0.1", "-q"}).out,
            "arrived_at,num_prefill_tokens,num_decode_tokens\n0,100,10\n5,200,1\n20,600,30\n");
  EXPECT_EQ(run({"convert", lengths_, "--as", "vidur", "--request-rate", "inf", "-q"}).out,
            "arrived_at,num_prefill_tokens,num_decode_tokens\n0,7,3\n0,9,4\n");
}

TEST_F(TraceCommand, ConvertOfLengthsAsksForARate) {
  const Outcome outcome = run({"convert", lengths_});
  EXPECT_EQ(outcome.code, kExitBadInput);
  EXPECT_EQ(
      outcome.err,
      "error: the azure format needs arrivals; give --request-rate, or write vidur_lengths\n");
}

TEST_F(TraceCommand, SliceCutsByTimeAndNumber) {
  EXPECT_EQ(run({"slice", path_, "--from", "5", "--to", "50", "--as", "vidur", "-q"}).out,
            "arrived_at,num_prefill_tokens,num_decode_tokens\n0,200,1\n30,600,30\n");
  EXPECT_EQ(run({"slice", path_, "--every", "2", "--as", "vidur", "-q"}).out,
            "arrived_at,num_prefill_tokens,num_decode_tokens\n0,100,10\n40,600,30\n");
}

TEST_F(TraceCommand, GenerateIsTheSameForTheSameSeed) {
  const std::vector<std::string> words = {
      "generate", "--workload", "azure_chat", "--request-rate", "6", "--num-prompts",
      "20",       "--seed",     "7"};
  const Outcome first = run(words);
  EXPECT_EQ(first.code, kExitAnswered);
  EXPECT_EQ(first.out, run(words).out);
  EXPECT_EQ(std::count(first.out.begin(), first.out.end(), '\n'), 21);
}

TEST_F(TraceCommand, GenerateTakesVllmsRandomLengths) {
  EXPECT_EQ(
      run({"generate", "--random-input-len", "600", "--random-output-len", "8", "--request-rate",
           "2", "--burstiness", "inf", "--num-prompts", "2", "--as", "vidur"})
          .out,
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0,600,8\n0.5,600,8\n");
}

TEST_F(TraceCommand, OutputNameChoosesTheFormat) {
  const std::string path = folder_ + ".jsonl.zst";
  const Outcome outcome = run({"generate", "--workload", "kimi", "--num-prompts", "5", "-o", path});
  EXPECT_EQ(outcome.code, kExitAnswered);
  EXPECT_NE(outcome.err.find("wrote 5 requests"), std::string::npos);
  EXPECT_NE(run({"info", path}).out.find("(mooncake)"), std::string::npos);
  std::remove(path.c_str());
}

TEST_F(TraceCommand, WrongUseIsAnsweredWithTheWayOut) {
  struct Case {
    std::vector<std::string> words;
    std::string error;
  };
  const std::vector<Case> cases = {
      {{}, "error: what to do? moru trace info|convert|generate|slice\n"},
      {{"inf"},
       "error: 'inf' is not something `moru trace` does (did you mean 'info'?); it is one of info, "
       "convert, generate, slice\n"},
      {{"info"}, "error: which trace? Give a file: moru trace info FILE\n"},
      {{"info", "/nowhere.csv"}, "/nowhere.csv: error: cannot open: No such file or directory\n"},
      {{"slice", path_, "--request-rate", "5"},
       "error: --request-rate does nothing in `moru trace slice`; leave it out\n"},
      {{"convert", path_, "--as", "azur"},
       "error: 'azur' is not a trace format (did you mean 'azure'?); known: apex, azure, "
       "azure_lmm, "
       "burstgpt, llmservingsim, mooncake, moru, sharegpt, splitwise, vidur, vidur_lengths, "
       "vllm_bench\n"},
      {{"generate", "azure_chat"},
       "error: generate reads no trace; write --workload azure_chat for a workload, -o azure_chat "
       "for a file to write\n"},
      {{"generate", "--workload", "azure_chat", "--request-rate", "0"},
       "error: --request-rate must be above zero: requests per second, or inf for all at once\n"},
  };
  for (const Case& c : cases) {
    const Outcome outcome = run(c.words);
    EXPECT_EQ(outcome.code, kExitBadInput);
    EXPECT_EQ(outcome.err, c.error);
    EXPECT_EQ(outcome.out, "");
  }
}

}  // namespace
}  // namespace moru
