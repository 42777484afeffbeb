#include "moru/validation/serving.h"

#include "moru/base/testing.h"
#include "moru/validation/prepared_service.h"
#include "moru/validation/serving_summary.h"
#include "moru/validation/text_table.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

using testing::error_of;
using testing::TemporaryFolder;

TEST(TextTable, ReadsQuotedCellsAndPassesOverWhatItDoesNotKnow) {
  const TextTable table("a.csv",
                        "\xEF\xBB\xBF"
                        "name,value,extra\r\n\"a, \"\"b\"\"\n c\",1.5,x\n\nshort\nd,nan,\n");
  ASSERT_EQ(table.rows(), 3U);
  EXPECT_EQ(table.text(0, "name"), "a, \"b\"\n c");
  EXPECT_DOUBLE_EQ(*table.number(0, "value"), 1.5);
  EXPECT_EQ(table.text(1, "value"), "");
  EXPECT_FALSE(table.number(1, "value"));
  EXPECT_FALSE(table.number(2, "value")) << "nan is no measurement";
  EXPECT_EQ(table.line(1), 5);
  EXPECT_EQ(table.text(0, "absent"), "");
}

TEST(ServingSummary, RankCorrelationIsSpearmans) {
  EXPECT_DOUBLE_EQ(rank_correlation({1, 2, 3}, {10, 20, 400}), 1);
  EXPECT_DOUBLE_EQ(rank_correlation({1, 2, 3}, {3, 2, 1}), -1);
  // Ranks 0 1 2 3 against 1 0 3 2: 1 - 6 x 4 / (4 x 15) = 0.6.
  EXPECT_DOUBLE_EQ(rank_correlation({1, 2, 3, 4}, {2, 1, 4, 3}), 0.6);
}

TEST(ServingSummary, QuantilesAreInterpolatedLikeNumpys) {
  EXPECT_DOUBLE_EQ(quantile_of({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile_of({1, 2, 3, 4}, 0.9), 3.7);
  EXPECT_DOUBLE_EQ(quantile_of({}, 0.5), 0);
}

ServingRow row(double measured, double predicted) {
  ServingRow row;
  row.group = "m";
  row.is_complete = true;
  row.tpot_measured = row.ttft_measured = measured;
  row.tpot_predicted = row.ttft_predicted = predicted;
  row.tpot_low = predicted * 0.9;
  row.tpot_high = predicted * 1.1;
  return row;
}

TEST(ServingSummary, LeavesRefusedAndRepeatedRowsOutOfTheMedian) {
  AggregateComparison comparison;
  comparison.rows = {row(10, 11), row(10, 9.5), row(10, 12), row(10, 100), row(10, 1)};
  comparison.rows[3].is_repeated = true;
  comparison.rows[4].refused = "why";
  const AggregateSummary summary = summarise(comparison);
  EXPECT_EQ(summary.rows, 5);
  EXPECT_EQ(summary.predicted, 4);
  EXPECT_EQ(summary.repeated, 1);
  EXPECT_NEAR(summary.tpot_median_ape, 10, 1e-9);
  EXPECT_NEAR(summary.tpot_bias, 10, 1e-9);
  EXPECT_NEAR(summary.repeated_tpot_median_ape, 900, 1e-9);
  // 10 lies in 9.9 … 12.1 and 8.55 … 10.45, not in 10.8 … 13.2.
  EXPECT_NEAR(summary.coverage90, 200.0 / 3, 1e-9);
  EXPECT_EQ(summary.refused.at("why"), 1);
}

TEST(ServingSummary, RatesAboveAndTimesBelowThePredictionAreBothBetter) {
  PublishedRow rate;
  rate.what = "x output_tokens_per_s_total";
  rate.measured = 20;
  rate.predicted = 10;
  PublishedRow time = rate;
  time.what = "x tpot_mean";
  EXPECT_DOUBLE_EQ(ratio_of(rate), 2);
  EXPECT_DOUBLE_EQ(ratio_of(time), 0.5);
}

constexpr std::string_view kHeader =
    "id,backend,model_path,system,mode,isl,osl,gemm_quant_mode,moe_quant_mode,tp_size,pp_size,"
    "attention_dp_size,moe_tp_size,moe_ep_size,prefill_num_workers,decode_num_workers,"
    "measured_ttft_ms,measured_tpot_ms,concurrency,provenance\n";

ServingValidation validate(const std::string& rows) {
  const TemporaryFolder folder;
  ServingQuestion question;
  question.path = folder.write("표.csv", std::string(kHeader) + rows);
  return validate_serving(question);
}

TEST(ServingAggregate, PredictsCompleteRowsAndSaysWhyItDoesNotTheOthers) {
  const ServingValidation result = validate(
      "a,vllm,meta-llama/Llama-3.1-8B,h100_sxm,agg,512,32,,,1,1,1,1,1,,,40,7,4,own\n"
      "b,vllm,meta-llama/Llama-3.1-8B,h100_sxm,agg,512,32,,,1,1,1,1,1,,,40,7,,own\n"
      "c,vllm,no/such-model,h100_sxm,agg,512,32,,,1,1,1,1,1,,,40,7,4,own\n"
      "d,vllm,meta-llama/Llama-3.1-8B,h100_sxm,agg,512,32,,,3,1,1,1,1,,,40,7,4,own\n");
  ASSERT_EQ(result.aggregates.size(), 1U);
  const std::vector<ServingRow>& rows = result.aggregates.front().rows;
  EXPECT_EQ(rows[0].refused, "");
  // Weights alone take 15 GB / 3.35 TB/s = 4.5 ms.
  EXPECT_GT(rows[0].tpot_predicted, 4.5);
  EXPECT_LT(rows[0].tpot_predicted, 12);
  EXPECT_FALSE(rows[1].is_complete);
  EXPECT_NE(rows[2].refused.find("no/such-model"), std::string::npos) << rows[2].refused;
  EXPECT_EQ(rows[3].refused, "") << "three chips that split the requests";
}

TEST(ServingAggregate, ReadsADegreeThatWasSquaredAsItsRoot) {
  const ServingValidation result = validate(
      "a,sglang,Qwen/Qwen3-30B-A3B,h100_sxm,agg,512,16,,,16,1,1,4,4,,,40,7,4,own\n"
      "b,sglang,Qwen/Qwen3-30B-A3B,h100_sxm,agg,512,16,,,4,1,1,1,4,,,40,7,4,own\n");
  const std::vector<ServingRow>& rows = result.aggregates.front().rows;
  ASSERT_EQ(rows[0].refused, "");
  EXPECT_DOUBLE_EQ(rows[0].tpot_predicted, rows[1].tpot_predicted);
}

TEST(ServingAggregate, TakesNoRowWithImpossibleLoadOrMeasurement) {
  const std::string start = "x,vllm,meta-llama/Llama-3.1-8B,h100_sxm,agg,";
  const ServingValidation result = validate(
      start + "512,32,,,1,1,1,1,1,,,40,7,1e18,own\n" + start + "512,32,,,1,1,1,1,1,,,40,0,4,own\n" +
      start + "512,1,,,1,1,1,1,1,,,40,7,4,own\n" + start + "-3,32,,,1,1,1,1,1,,,40,7,4,own\n" +
      start + "512,32,,,1,1,1,1,1,,,40,7,2.5,own\n" + start +
      "512,32,,,4294967297,1,1,1,1,,,40,7,4,own\n");
  for (const ServingRow& row : result.aggregates.front().rows) {
    EXPECT_FALSE(row.is_complete) << row.line;
    EXPECT_FALSE(row.refused.empty()) << row.line;
  }
  EXPECT_NE(serving_validation_json(result).find("\"tpot_median_ape\": null"), std::string::npos);
}

TEST(ServingValidation, LeavesOutWhatItCannotReadAndGoesOn) {
  const TemporaryFolder folder;
  folder.write("H100__zero/engine_config.json",
               R"({"model": "meta-llama/Llama-3.1-8B", "max_num_seqs": 0})");
  folder.write("H100__zero/results.csv",
               "input_toks,output_toks,arrival_s,first_token_s,last_token_s\n10,2,0,0.1,0.2\n");
  folder.write("H100__bad/engine_config.json", "{");
  folder.write("H100__bad/results.csv", "a\n1\n");
  folder.write("H100__good/meta.json",
               R"({"model": "meta-llama/Llama-3.1-8B", "max_num_seqs": "4"})");
  folder.write("H100__good/results.csv",
               "input_toks,output_toks,arrival_s,first_token_s,last_token_s\n"
               "10,2,0,0.1,0.2\n1e11,2,0,0.1,0.2\n");
  folder.write("other.csv", "x\n1\n");
  ServingQuestion question;
  question.path = folder.path("");
  const ServingValidation result = validate_serving(question);
  ASSERT_EQ(result.runs.size(), 3U);
  EXPECT_NE(result.runs[0].refused.find("not JSON"), std::string::npos) << result.runs[0].refused;
  EXPECT_EQ(result.runs[1].refused, "");
  EXPECT_EQ(result.runs[1].skipped, 1);
  EXPECT_DOUBLE_EQ(result.runs[1].ttft.measured.mean(), 100);
  EXPECT_NE(result.runs[2].refused.find("max_num_seqs 0 must be at least 1"), std::string::npos);
}

TEST(TextTable, RefusesAQuoteThatIsNotClosed) {
  EXPECT_NE(
      error_of([] { TextTable("a.csv", "x,y\n1,\"2\n3,4\n"); }).find("a.csv:2: error: a quoted"),
      std::string::npos);
}

TEST(ServingRun, IsReplayedFromItsFolder) {
  const TemporaryFolder folder;
  folder.write("H100__tiny/engine_config.json",
               R"({"engine_kwargs": {"model": "meta-llama/Llama-3.1-8B", "max_num_seqs": 8}})");
  folder.write("H100__tiny/results.csv",
               "request_id,input_toks,output_toks,arrival_s,ttft_ms,tpot_ms,e2e_ms\n"
               "b,100,10,1.5,20,7,83\na,100,10,1.0,20,7,83\nfailed,100,0,2,,,\n");
  ServingQuestion question;
  question.path = folder.path("");
  const ServingValidation result = validate_serving(question);
  ASSERT_EQ(result.runs.size(), 1U);
  const RunComparison& run = result.runs.front();
  EXPECT_EQ(run.refused, "");
  EXPECT_EQ(run.chip, "h100_sxm");
  EXPECT_EQ(run.requests, 2);
  EXPECT_EQ(run.ttft.predicted.count(), 2);
  EXPECT_NEAR(run.makespan_measured, 0.583, 1e-9);
  EXPECT_GT(run.kv_blocks_predicted, 10'000);
  EXPECT_FALSE(run.kv_blocks_measured);
}

TEST(ServingValidation, RefusesWhatIsNotMeasuredService) {
  const TemporaryFolder folder;
  ServingQuestion question;
  question.path = folder.write("a.csv", "x,y\n1,2\n");
  EXPECT_NE(error_of([&] { validate_serving(question); }).find("columns are of no kind"),
            std::string::npos);
  question.path = folder.write("b.csv", "");
  EXPECT_NE(error_of([&] { validate_serving(question); }).find("the file is empty"),
            std::string::npos);
  question.path = folder.path("absent");
  EXPECT_NE(error_of([&] { validate_serving(question); }).find("no such file"), std::string::npos);
}

TEST(PreparedService, OneRequestAtATimeSeesNoOther) {
  Deployment deployment;
  deployment.max_model_len = 2048;
  PreparedService service("meta-llama/Llama-3.1-8B", "h100_sxm", deployment, "tiled");
  const Trace trace = equal_requests(20, 500, 50, 0);
  const PreparedService::Answer alone = service.serve_trace(trace, 1);
  EXPECT_EQ(alone.metrics.completed, 20);
  EXPECT_NEAR(alone.metrics.ttft_ms.max(), alone.metrics.ttft_ms.quantile(0), 1e-3);
  const PreparedService::Answer together = service.serve_trace(trace, 0);
  EXPECT_GT(together.metrics.ttft_ms.max(), 2 * alone.metrics.ttft_ms.max());
  // Little's law: requests in service never exceed the limit.
  const PreparedService::Answer four = service.serve_trace(trace, 4);
  const double in_service = four.metrics.e2el_ms.sum() / 1e3 / four.metrics.duration_seconds();
  EXPECT_LE(in_service, 4.0 + 1e-9);
  EXPECT_GT(in_service, 3.5);
}

TEST(PreparedService, PromptsThatNoGraphHoldsTakeAtLeastTheHostsTime) {
  Deployment deployment;
  deployment.max_model_len = 2048;
  deployment.tensor_parallel_size = 8;
  PreparedService service("meta-llama/Llama-3.1-8B", "h100_sxm", deployment, "tiled");
  const double host = service.costs().host_seconds(0);
  // 32 layers of about ten operators at tens of microseconds each.
  EXPECT_GT(host, 32 * 8 * 5e-6);
  EXPECT_LT(host, 32 * 20 * 60e-6);
  EXPECT_GE(service.prompt_seconds(1, 600), host);
  EXPECT_LT(service.prompt_seconds(1, 128), host);
}

TEST(EqualRequests, SpreadLengthsEvenlyBelowTheNominal) {
  const Trace trace = equal_requests(2000, 1000, 100, 0.2);
  double sum = 0;
  for (const Request& request : trace.requests) {
    ASSERT_GE(request.prompt_tokens, 800);
    ASSERT_LE(request.prompt_tokens, 1000);
    sum += request.prompt_tokens;
  }
  EXPECT_NEAR(sum / 2000, 900, 5);
}

}  // namespace
}  // namespace moru
