#include "moru/trace/generate.h"

#include "moru/base/catalogue.h"
#include "moru/base/error.h"
#include "moru/trace/statistics.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

constexpr std::int64_t kRequests = 50'000;

// The share of requests that are at most `tokens` long.
double share_up_to(const Trace& trace, std::int32_t Request::*length, std::int32_t tokens) {
  const auto count = std::count_if(trace.requests.begin(), trace.requests.end(),
                                   [&](const Request& r) { return r.*length <= tokens; });
  return static_cast<double>(count) / static_cast<double>(trace.requests.size());
}

void expect_quantiles(const Trace& trace, std::int32_t Request::*length,
                      const LengthDistribution& stated) {
  for (const auto& [quantile, tokens] : stated.quantiles) {
    const double share = share_of(quantile);
    // Five standard errors of a share.
    const double slack = 5 * std::sqrt(share * (1 - share) / kRequests);
    EXPECT_GE(share_up_to(trace, length, tokens), share - slack) << enum_name(quantile);
    EXPECT_LE(share_up_to(trace, length, tokens - 1), share + slack) << enum_name(quantile);
  }
}

class ShippedWorkloads : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, ShippedWorkloads,
                         ::testing::Values("azure_chat", "azure_code", "kimi_conversation",
                                           "korean_chat_day"));

TEST_P(ShippedWorkloads, HaveTheStatedQuantiles) {
  const WorkloadSpec spec = load_workload(GetParam());
  const Trace trace = generate(spec, {.num_prompts = kRequests, .seed = 3});
  ASSERT_EQ(trace.requests.size(), static_cast<std::size_t>(kRequests));
  expect_quantiles(trace, &Request::prompt_tokens, spec.prompt_tokens);
  expect_quantiles(trace, &Request::output_tokens, spec.output_tokens);
}

TEST_P(ShippedWorkloads, StateTheSourceOfEveryNumber) {
  const WorkloadSpec spec = load_workload(GetParam());
  for (const LengthDistribution* lengths : {&spec.prompt_tokens, &spec.output_tokens}) {
    EXPECT_NE(lengths->source.find(' '), std::string::npos) << lengths->source;
    EXPECT_TRUE(is_trust_flag(lengths->trust));
  }
  const bool has_rate = spec.arrivals.request_rate.value.value > 0;
  EXPECT_FALSE(has_rate ? spec.arrivals.request_rate.source.empty()
                        : spec.arrivals.users.source.empty() ||
                              spec.arrivals.messages_per_user_per_day.source.empty());
}

TEST(ShippedWorkloads, AreAllTested) {
  EXPECT_EQ(catalogue_ids(kWorkloads),
            (std::vector<std::string>{"azure_chat", "azure_code", "kimi_conversation",
                                      "korean_chat_day"}));
}

// facts/demand.yaml, tokens_per_request: the means that the quantiles do not state. Straight lines
// between quantiles come within a tenth of them.
TEST(Generate, MeansAreThoseOfTheTraces) {
  struct Case {
    const char* name;
    double prompt;
    double output;
  };
  for (const Case& c : {Case{"azure_chat", 1154.7, 211.1}, Case{"azure_code", 2047.8, 27.9},
                        Case{"kimi_conversation", 12035, 343}}) {
    const TraceStatistics statistics =
        statistics_of(generate(load_workload(c.name), {.num_prompts = kRequests}));
    EXPECT_NEAR(statistics.prompt.mean, c.prompt, 0.05 * c.prompt) << c.name;
    EXPECT_NEAR(statistics.output.mean, c.output, 0.1 * c.output) << c.name;
  }
}

TEST(Generate, KimiReusesAsMuchAsTheTrace) {
  const Trace trace = generate(load_workload("kimi"), {.num_prompts = kRequests, .seed = 1});
  // 0.374 of the trace's prompt tokens (share of blocks 0.366).
  EXPECT_NEAR(prefix_reuse(trace).tokens, 0.374, 0.02);
}

TEST(Generate, SegmentsCoverEveryPrompt) {
  const Trace trace = generate(load_workload("kimi"), {.num_prompts = 2000});
  for (const Request& request : trace.requests) {
    std::int64_t covered = 0;
    for (std::int32_t i = 0; i < request.num_segments; ++i) {
      covered += trace.segments[static_cast<std::size_t>(request.first_segment + i)].length;
    }
    ASSERT_EQ(covered, request.prompt_tokens);
  }
}

TEST(Generate, DayOfAKoreanServiceHasItsUsersMessages) {
  const WorkloadSpec spec = load_workload("korean_chat_day");
  const Trace trace = generate(spec, {.request_rate = 0.5});
  const double expected = 0.5 * 86400;
  EXPECT_NEAR(static_cast<double>(trace.requests.size()), expected, 5 * std::sqrt(expected));
  EXPECT_LT(trace.requests.back().arrival, 86400 * kNanosecondsPerSecond);
  // 14.3 M users x 3.56 messages over a hundred nodes.
  EXPECT_NEAR(spec.arrivals.mean_rate(), 14'299'545 * 3.56 / 86400 / 100, 0.001);
  // Daum, 2010: 28.5% of the day's use from 19:00 to 00:59, most of it at 21:00.
  double sum = 0;
  for (const double weight : spec.arrivals.hourly_weights) {
    sum += weight;
  }
  EXPECT_NEAR(sum, 100, 1e-9);
  const auto& hours = spec.arrivals.hourly_weights;
  EXPECT_NEAR(hours[0] + hours[19] + hours[20] + hours[21] + hours[22] + hours[23], 28.5, 1e-9);
  EXPECT_EQ(std::max_element(hours.begin(), hours.end()) - hours.begin(), 21);
}

TEST(Generate, SameSeedGivesTheSameTraceAndRateKeepsLengths) {
  const WorkloadSpec spec = load_workload("azure_chat");
  const Trace a = generate(spec, {.request_rate = 6, .num_prompts = 500, .seed = 4});
  const Trace b = generate(spec, {.request_rate = 6, .num_prompts = 500, .seed = 4});
  const Trace faster = generate(spec, {.request_rate = 60, .num_prompts = 500, .seed = 4});
  const Trace other = generate(spec, {.request_rate = 6, .num_prompts = 500, .seed = 5});
  int same = 0;
  for (std::size_t i = 0; i < a.requests.size(); ++i) {
    EXPECT_EQ(a.requests[i].arrival, b.requests[i].arrival);
    EXPECT_EQ(a.requests[i].prompt_tokens, b.requests[i].prompt_tokens);
    EXPECT_EQ(a.requests[i].prompt_tokens, faster.requests[i].prompt_tokens);
    EXPECT_NEAR(to_seconds(a.requests[i].arrival), 10 * to_seconds(faster.requests[i].arrival),
                1e-6);
    same += a.requests[i].prompt_tokens == other.requests[i].prompt_tokens ? 1 : 0;
  }
  EXPECT_LT(same, 50);
}

TEST(Generate, LengthsAreCorrelatedAsStated) {
  WorkloadSpec spec = random_workload({.input_len = 500, .output_len = 500, .range_ratio = 0.9});
  spec.length_correlation = 0.6;
  const Trace trace = generate(spec, {.request_rate = 1, .num_prompts = kRequests});
  // Both are uniform, so Pearson's correlation of the lengths is that of their ranks.
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (const Request& request : trace.requests) {
    const double a = request.prompt_tokens;
    const double b = request.output_tokens;
    x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
  }
  const double n = kRequests;
  const double correlation =
      (xy / n - x / n * y / n) / std::sqrt((xx / n - x / n * x / n) * (yy / n - y / n * y / n));
  EXPECT_NEAR(correlation, 0.6, 0.02);
}

TEST(Generate, RandomLengthsAreThoseOfVllm) {
  const Trace fixed = generate(random_workload({.input_len = 1024, .output_len = 128}),
                               {.request_rate = 2, .num_prompts = 50});
  for (const Request& request : fixed.requests) {
    EXPECT_EQ(request.prompt_tokens, 1024);
    EXPECT_EQ(request.output_tokens, 128);
  }
  EXPECT_TRUE(fixed.segments.empty());
  const Trace varied =
      generate(random_workload(
                   {.input_len = 1000, .output_len = 100, .range_ratio = 0.5, .prefix_len = 200}),
               {.request_rate = 2, .num_prompts = 20'000});
  const TraceStatistics statistics = statistics_of(varied);
  EXPECT_GE(statistics.prompt.min, 700);
  EXPECT_LE(statistics.prompt.max, 1700);
  EXPECT_NEAR(statistics.prompt.mean, 1200, 5 * 1000 / std::sqrt(12 * 20'000.0));
  EXPECT_NEAR(statistics.reuse.tokens, 200 / 1200.0, 0.002);
}

RC_GTEST_PROP(LengthSampler, IsMonotoneAndStaysWithinMinAndMax, ()) {
  LengthDistribution lengths;
  auto tokens = *rc::gen::container<std::vector<std::int32_t>>(3, rc::gen::inRange(1, 100'000));
  std::sort(tokens.begin(), tokens.end());
  lengths.quantiles = {{LengthQuantile::min, tokens[0]},
                       {LengthQuantile::p50, tokens[1]},
                       {LengthQuantile::max, tokens[2]}};
  lengths.scale = *rc::gen::element(LengthScale::logarithmic, LengthScale::linear);
  const LengthSampler sampler(lengths);
  std::int32_t before = tokens[0];
  for (int i = 0; i < 100; ++i) {
    const std::int32_t drawn = sampler.at(i / 100.0);
    RC_ASSERT(drawn >= before && drawn <= tokens[2]);
    before = drawn;
  }
  RC_ASSERT(sampler.at(0) == tokens[0]);
  RC_ASSERT(sampler.at(0.5) == tokens[1]);
}

std::string error_of(const std::string& yaml) {
  try {
    workload_from(parse_yaml(yaml, "w.yaml"));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Workload, BadFilesNameLineAndField) {
  const std::string lengths =
      "name: x\nnum_prompts: 5\nprompt_tokens: {quantiles: {min: 1, max: 9}}\n";
  EXPECT_EQ(error_of(lengths),
            "w.yaml:1:1: error: workload needs 'output_tokens' (lengths of the answers)");
  EXPECT_EQ(error_of(lengths + "output_tokens: {quantiles: {min: 5, p50: 3, max: 9}}\n"),
            "w.yaml:4:28: error: 'p50' is 3, below the quantile before it or below one token");
  EXPECT_EQ(
      error_of(lengths + "output_tokens: {quantiles: {min: 5, p55: 6, max: 9}}\n"),
      "w.yaml:4:37: error: 'p55' is not one of min, p1, p5, p10, p25, p50, p75, p90, p95, p99, "
      "p999, max (did you mean 'p5'?)");
  const std::string both = lengths + "output_tokens: {quantiles: {min: 1, max: 9}}\n";
  EXPECT_EQ(error_of(both + "arrivals: {request_rate: 5 req/s, hourly_weights: [1, 2]}\n"),
            "w.yaml:5:51: error: needs 24 values, one per hour, and has 2");
  EXPECT_EQ(error_of(both + "arrivals: {users: 5}\n"),
            "w.yaml:5:11: error: needs request_rate, or users and messages_per_user_per_day");
  EXPECT_EQ(error_of(both + "arrivals: {request_rate: {value: 5 req/s, source: nowhere}}\n"),
            "w.yaml: error: 'request_rate' names source 'nowhere', which `sources:` does not have");
  EXPECT_EQ(error_of(both), "no error");
}

TEST(Workload, WithoutARateAsksForOne) {
  const WorkloadSpec spec = random_workload({});
  try {
    generate(spec, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "error: workload random states no request rate; give --request-rate (requests per "
                 "second, or inf for all at once)");
  }
  EXPECT_THROW(generate(spec, {.request_rate = 1, .num_prompts = 2'000'000'000}), Error);
  EXPECT_THROW(random_workload({.input_len = 0}), Error);
  EXPECT_THROW(random_workload({.range_ratio = 1}), Error);
}

}  // namespace
}  // namespace moru
