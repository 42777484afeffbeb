// The public traces in their original files, against what was computed from them independently
// (facts/demand.yaml, tokens_per_request; the row counts of the traces' README).
#include "moru/base/catalogue.h"
#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/trace/format.h"
#include "moru/trace/statistics.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace moru {
namespace {

class MeasuredTraces : public ::testing::Test {
 protected:
  // The path below the measured data; empty after skipping or failing where they are absent.
  static std::string path_of(const std::string& name) {
    const std::string path = measured_data_root() + "/" + name;
    if (file_exists(path)) {
      return path;
    }
    const char* ci = std::getenv("CI");
    if (ci != nullptr && std::string_view(ci) == "true") {
      ADD_FAILURE() << "measured data are absent: " << path;
    }
    return "";
  }
};

#define MORU_MEASURED(path, name)                                                          \
  const std::string path = path_of(name);                                                  \
  if (path.empty()) {                                                                      \
    GTEST_SKIP() << "SKIP no measured data at " << measured_data_root() << " (MORU_DATA)"; \
  }

TEST_F(MeasuredTraces, Azure2023Conversation) {
  MORU_MEASURED(path, "traces/azure_2023_conv.csv");
  const Trace trace = read_trace(path);
  EXPECT_EQ(trace.format, "azure");
  const TraceStatistics statistics = statistics_of(trace);
  EXPECT_EQ(statistics.requests, 19366);
  EXPECT_NEAR(statistics.prompt.mean, 1154.7, 0.05);
  EXPECT_EQ(statistics.prompt.p50, 1020);
  EXPECT_EQ(statistics.prompt.p90, 2734);
  EXPECT_EQ(statistics.prompt.p99, 4142);
  EXPECT_EQ(statistics.prompt.max, 14050);
  EXPECT_NEAR(statistics.output.mean, 211.1, 0.05);
  EXPECT_EQ(statistics.output.p50, 129);
  EXPECT_EQ(statistics.output.p90, 424);
  EXPECT_EQ(statistics.output.p99, 601);
  EXPECT_NEAR(statistics.span_s, 3501.7, 0.05);
  EXPECT_NEAR(statistics.request_rate, 5.53, 0.005);
  EXPECT_EQ(trace.raised, 0);
}

TEST_F(MeasuredTraces, Azure2023Code) {
  MORU_MEASURED(path, "traces/azure_2023_code.csv");
  const TraceStatistics statistics = statistics_of(read_trace(path));
  EXPECT_EQ(statistics.requests, 8819);
  EXPECT_NEAR(statistics.prompt.mean, 2047.8, 0.06);
  EXPECT_EQ(statistics.prompt.p50, 1469);
  EXPECT_EQ(statistics.prompt.p90, 5186);
  EXPECT_EQ(statistics.prompt.p99, 7436);
  EXPECT_NEAR(statistics.output.mean, 27.9, 0.05);
  EXPECT_EQ(statistics.output.p50, 13);
  EXPECT_EQ(statistics.output.p90, 55);
  EXPECT_EQ(statistics.output.p99, 249);
}

TEST_F(MeasuredTraces, MooncakeConversationReuses37PerCentOfItsBlocks) {
  MORU_MEASURED(path, "traces/mooncake_conversation_trace.jsonl");
  const TraceStatistics statistics = statistics_of(read_trace(path));
  EXPECT_EQ(statistics.requests, 12031);
  EXPECT_NEAR(statistics.span_s, 3537, 0.5);
  EXPECT_NEAR(statistics.prompt.mean, 12035, 0.5);
  EXPECT_EQ(statistics.prompt.p50, 6909);
  EXPECT_EQ(statistics.prompt.p90, 27367);
  EXPECT_NEAR(statistics.output.mean, 343, 0.5);
  EXPECT_EQ(statistics.output.p50, 350);
  EXPECT_EQ(statistics.output.p90, 597);
  EXPECT_NEAR(statistics.reuse.segments, 0.366, 0.0005);
}

TEST_F(MeasuredTraces, MooncakeIsWrittenByteForByte) {
  MORU_MEASURED(path, "traces/mooncake_synthetic_trace.jsonl");
  const Trace trace = read_trace(path);
  EXPECT_EQ(trace.requests.size(), 3993);
  const std::string copy = ::testing::TempDir() + "moru_copy_" + std::to_string(::getpid());
  write_trace(trace, copy, "mooncake");
  EXPECT_TRUE(read_file(copy) == read_file(path));
  std::remove(copy.c_str());
}

TEST_F(MeasuredTraces, ArxivLengthsHaveNoArrivals) {
  MORU_MEASURED(path, "traces/arxiv_summarization_lengths.csv");
  const Trace trace = read_trace(path);
  EXPECT_FALSE(trace.has_arrivals);
  const TraceStatistics statistics = statistics_of(trace);
  EXPECT_EQ(statistics.requests, 28257);
  EXPECT_NEAR(statistics.prompt.mean, 2588.1, 0.05);
  EXPECT_NEAR(statistics.output.mean, 291.4, 0.05);
}

TEST_F(MeasuredTraces, ServingRunSharesWhatItsFileStates) {
  MORU_MEASURED(path, "serving/vllm/RTXPRO6000__Llama-3.1-8B/workload.csv");
  const TraceStatistics statistics = statistics_of(read_trace(path));
  EXPECT_EQ(statistics.requests, 300);
  EXPECT_EQ(statistics.prompt.total, 257'239);
  // The sum of the file's last column, by awk.
  EXPECT_NEAR(statistics.reuse.tokens * 257'239, 19'520, 1e-6);
}

}  // namespace
}  // namespace moru
