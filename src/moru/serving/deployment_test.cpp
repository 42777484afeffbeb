#include "moru/serving/deployment.h"

#include "moru/base/catalogue.h"
#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/base/text.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace moru {
namespace {

EngineConfig graph_config(std::int64_t max_num_seqs, std::int64_t budget) {
  EngineConfig config;
  config.max_num_seqs = max_num_seqs;
  config.max_num_batched_tokens = budget;
  return config;
}

// cudagraph_sizes.csv of the golden logs: settings and the sizes a vLLM 0.19 run captures.
TEST(PaddedTokens, GoToTheNextSizeThatVllmCaptures) {
  const std::string path = measured_data_root() + "/golden_sched/cudagraph_sizes.csv";
  if (!file_exists(path)) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << path << " is missing";
    GTEST_SKIP() << "SKIP: " << path << " is not there";
  }
  int rows = 0;
  const std::string text = read_file(path);
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> cells = split(trim(line), ',');
    if (cells.size() != 4 || !parse_int64(cells[0])) {
      continue;
    }
    ++rows;
    const EngineConfig config = graph_config(*parse_int64(cells[0]), *parse_int64(cells[1]));
    std::int64_t previous = 0;
    for (const std::string_view word : split(cells[3], ' ')) {
      const std::int64_t size = *parse_int64(word);
      for (std::int64_t tokens = previous + 1; tokens <= size; ++tokens) {
        ASSERT_EQ(padded_tokens(config, tokens), size) << line << " tokens " << tokens;
      }
      previous = size;
    }
    EXPECT_EQ(padded_tokens(config, previous + 1), previous + 1) << line;
  }
  EXPECT_GT(rows, 10);
}

Model llama_8b() { return load_model("meta-llama/Llama-3.1-8B"); }

TEST(Deployment, DefaultsFollowTheChipsMemoryAsInVllm019) {
  const Model model = llama_8b();
  const EngineConfig h100 = resolve({}, model, load_chip("h100_sxm"));
  EXPECT_EQ(h100.max_num_batched_tokens, 8192);
  EXPECT_EQ(h100.max_num_seqs, 1024);
  // The A100 has 80 GB as well and is excepted by name.
  const EngineConfig a100 = resolve({}, model, load_chip("a100_sxm"));
  EXPECT_EQ(a100.max_num_batched_tokens, 2048);
  EXPECT_EQ(a100.max_num_seqs, 256);
  const EngineConfig l40s = resolve({}, model, load_chip("l40s"));
  EXPECT_EQ(l40s.max_num_batched_tokens, 2048);
}

TEST(Deployment, PromptsThatMayNotBeSplitFitOneStepByDefault) {
  Deployment deployment;
  deployment.enable_chunked_prefill = false;
  deployment.max_model_len = 16384;
  EXPECT_EQ(resolve(deployment, llama_8b(), load_chip("h100_sxm")).max_num_batched_tokens, 16384);
  deployment.max_num_batched_tokens = 4096;
  EXPECT_THROW(resolve(deployment, llama_8b(), load_chip("h100_sxm")), Error);
}

TEST(Deployment, KvBlocksAreWhatWeightsActivationsAndRuntimeLeave) {
  const EngineConfig config = resolve({}, llama_8b(), load_chip("a100_sxm"));
  const KvCapacity& memory = config.memory;
  // 8.03e9 parameters of two bytes; 16 tokens x 131,072 B (facts/demand.yaml) per block.
  EXPECT_NEAR(memory.weights, 16.06e9, 0.02e9);
  EXPECT_EQ(memory.block_bytes, 16 * 131072);
  EXPECT_DOUBLE_EQ(memory.usable, 0.9 * 80e9);
  const double left = memory.usable - memory.weights - memory.activations - memory.context;
  EXPECT_EQ(config.blocks, static_cast<std::int64_t>(left / memory.block_bytes));
}

TEST(Deployment, AModelThatDoesNotFitIsInfeasibleAndSaysWhatWouldHelp) {
  try {
    resolve({}, load_model("meta-llama/Llama-3.1-70B"), load_chip("a100_sxm"));
    FAIL() << "140 GB of weights went into 80 GB";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::infeasible);
    EXPECT_NE(std::string(error.what()).find("tensor_parallel_size"), std::string::npos);
  }
}

TEST(Deployment, DataParallelRanksOfADenseModelAreReplicas) {
  Deployment deployment;
  deployment.data_parallel_size = 4;
  const EngineConfig config = resolve(deployment, llama_8b(), load_chip("h100_sxm"));
  EXPECT_EQ(config.replicas, 4);
  EXPECT_EQ(config.parallelism.data, 1);
}

TEST(Deployment, PipelinedLayersAreScheduledSynchronously) {
  Deployment deployment;
  deployment.pipeline_parallel_size = 2;
  EXPECT_FALSE(resolve(deployment, llama_8b(), load_chip("h100_sxm")).async_scheduling);
}

}  // namespace
}  // namespace moru
