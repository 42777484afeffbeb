#include "moru/base/catalogue.h"
#include "moru/model/config/test_config.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace moru {
namespace {

std::vector<Operator> run(const Model& model, const std::vector<Sequence>& sequences,
                          const Parallelism& parallelism = {}, int stage = 0) {
  return forward(model, parallelism, batch_work(model.context_rules(), sequences), stage);
}

double sum(const std::vector<Operator>& operators, OperatorClass op_class,
           double Operator::*figure) {
  double total = 0;
  for (const Operator& op : operators) {
    total += op.op_class == op_class ? op.repeat * op.*figure : 0;
  }
  return total;
}

const Operator& named(const std::vector<Operator>& operators, std::string_view name) {
  const auto found = std::find_if(operators.begin(), operators.end(),
                                  [&](const Operator& op) { return op.name == name; });
  if (found == operators.end()) {
    throw Error(ErrorKind::internal, "no operator " + std::string(name));
  }
  return *found;
}

std::vector<std::string> names(const std::vector<Operator>& operators) {
  std::vector<std::string> all;
  for (const Operator& op : operators) {
    all.emplace_back(op.name);
  }
  return all;
}

TEST(Forward, DecodeOfLlamaMultipliesEveryWeightOnce) {
  const Model model = load_model("Llama-3.1-8B");
  const auto operators = run(model, {{1, 1023}});
  // Per layer: 4096 x 6144 + 4096 x 4096 + 3 x 4096 x 14336; the head 4096 x 128256.
  const double weights = 32.0 * 218'103'808 + 525'336'576;
  EXPECT_EQ(sum(operators, OperatorClass::gemm, &Operator::flops), 2 * weights);
  EXPECT_EQ(sum(operators, OperatorClass::gemm, &Operator::weight_bytes), 2 * weights);
  // 1024 keys, 32 heads, scores and values of 128 each.
  EXPECT_EQ(sum(operators, OperatorClass::attention, &Operator::flops),
            32.0 * 2 * 1024 * 32 * (128 + 128));
  // Keys and values of 8 heads, and the query.
  EXPECT_EQ(named(operators, "attention_decode").bytes_read, 1024 * 8 * 256 * 2 + 32 * 128 * 2);
  EXPECT_EQ(named(operators, "lm_head").depends_on, DependsOn::sampled);
  EXPECT_EQ(named(operators, "attention_decode").depends_on, DependsOn::context);
  EXPECT_EQ(named(operators, "qkv_proj").repeat, 32);
}

TEST(Forward, RunsTheOperatorsOfALlamaLayerInOrder) {
  const Model model = model_with({});
  const std::vector<std::string> expected = {
      "embedding",         "input_norm",       "qkv_proj",   "rope",     "kv_cache_write",
      "attention_prefill", "attention_decode", "o_proj",     "mlp_norm", "gate_up_proj",
      "activation",        "down_proj",        "final_norm", "lm_head",  "sampling"};
  EXPECT_EQ(names(run(model, {{5, 0}, {1, 7}})), expected);
}

TEST(Forward, StepWithoutTokensIsEmpty) { EXPECT_TRUE(run(model_with({}), {}).empty()); }

TEST(Forward, ImpossibleSplitIsInfeasible) {
  try {
    run(model_with({}), {{1, 1}}, {.tensor = 3});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::infeasible);
  }
}

TEST(Forward, TensorParallelismSplitsProductsAndAddsAllReduces) {
  const Model model = load_model("Llama-3.1-70B");
  const std::vector<Sequence> batch = {{1, 500}, {100, 20}};
  const auto whole = run(model, batch);
  for (const int tensor : {2, 4, 8}) {
    const auto part = run(model, batch, {.tensor = tensor});
    for (const auto op_class : {OperatorClass::gemm, OperatorClass::attention}) {
      EXPECT_EQ(tensor * sum(part, op_class, &Operator::flops),
                sum(whole, op_class, &Operator::flops));
    }
    EXPECT_EQ(tensor * sum(part, OperatorClass::gemm, &Operator::weight_bytes),
              sum(whole, OperatorClass::gemm, &Operator::weight_bytes));
    const Operator& reduce = named(part, "attention_all_reduce");
    EXPECT_EQ(reduce.collective.bytes, 101 * 8192 * 2);
    EXPECT_EQ(reduce.collective.ranks, tensor);
    EXPECT_EQ(named(part, "logits_all_gather").collective.bytes, 2 * 128256 * 2);
  }
}

TEST(Forward, KeyHeadsAreCopiedWhereThereAreFewerThanRanks) {
  const Model model = load_model("Qwen3-30B-A3B");  // 32 heads, 4 key heads
  const auto part = run(model, {{1, 99}}, {.tensor = 8});
  EXPECT_EQ(named(part, "qkv_proj").gemm.n, (4 + 2) * 128);
  EXPECT_EQ(named(part, "attention_decode").attention.kv_heads, 1);
}

TEST(Forward, PipelineStagesTogetherRunTheWholeModel) {
  const Model model = load_model("DeepSeek-V3");
  const std::vector<Sequence> batch = {{1, 500}, {64, 0}};
  for (const auto op_class : {OperatorClass::gemm, OperatorClass::grouped_gemm,
                              OperatorClass::attention, OperatorClass::vector}) {
    double stages = 0;
    for (int stage = 0; stage < 4; ++stage) {
      stages += sum(run(model, batch, {.pipeline = 4}, stage), op_class, &Operator::flops);
    }
    EXPECT_DOUBLE_EQ(stages, sum(run(model, batch), op_class, &Operator::flops));
  }
  // Hidden state and residual go on.
  EXPECT_EQ(named(run(model, batch, {.pipeline = 4}, 0), "send_hidden").collective.bytes,
            2 * 65 * 7168 * 2);
}

TEST(Forward, ContextOperatorsAreThoseOfTheWholePass) {
  const std::vector<Parallelism> splits = {{}, {.tensor = 2, .pipeline = 2}};
  for (const char* id :
       {"Llama-3.1-8B", "gpt-oss-20b", "DeepSeek-V3", "DeepSeek-V3.2", "GLM-5.2", "Qwen3.5-35B-A3B",
        "Jamba-v0.1", "Nemotron-3-Nano-30B-A3B", "mamba2-130m", "Llama-4-Scout-17B-16E"}) {
    const Model model = load_model(id);
    const std::vector<Sequence> sequences = {{1, 4000}, {1, 3}, {300, 20}, {2, 0}};
    const BatchWork batch = batch_work(model.context_rules(), sequences);
    for (const Parallelism& split : splits) {
      for (int stage = 0; stage < split.pipeline; ++stage) {
        std::vector<Operator> expected = forward(model, split, batch, stage);
        std::erase_if(expected,
                      [](const Operator& op) { return op.depends_on != DependsOn::context; });
        std::vector<Operator> fast;
        context_operators(model, split, batch, stage, fast);
        ASSERT_EQ(names(fast), names(expected)) << id;
        for (std::size_t i = 0; i < fast.size(); ++i) {
          EXPECT_EQ(fast[i].flops, expected[i].flops) << id << ' ' << fast[i].name;
          EXPECT_EQ(fast[i].bytes_read, expected[i].bytes_read) << id << ' ' << fast[i].name;
          EXPECT_EQ(fast[i].bytes_written, expected[i].bytes_written) << id << ' ' << fast[i].name;
          EXPECT_EQ(fast[i].weight_bytes, expected[i].weight_bytes) << id << ' ' << fast[i].name;
          EXPECT_EQ(fast[i].repeat, expected[i].repeat) << id << ' ' << fast[i].name;
        }
      }
    }
  }
}

// What a step-time table relies on: each operator changes only with what it says it depends on.
RC_GTEST_PROP(Forward, OperatorsDependOnNoMoreThanTheySay, ()) {
  static const std::vector<Model> models = {load_model("Llama-3.1-8B"), load_model("DeepSeek-V3.2"),
                                            load_model("Qwen3.5-35B-A3B"),
                                            load_model("Nemotron-3-Nano-30B-A3B")};
  const Model& model = models[*rc::gen::inRange<std::size_t>(0, models.size())];
  const auto prompt = *rc::gen::inRange<std::int64_t>(2, 60);
  // The same new tokens and samples, other contexts and another cut into sequences.
  const auto a = run(model, {{1, 10}, {1, 2000}, {prompt, 0}});
  const auto b = run(model, {{1, 900}, {1, 0}, {prompt, 5000}});
  for (const Operator& op : a) {
    if (op.depends_on != DependsOn::context) {
      const Operator& other = named(b, op.name);
      RC_ASSERT(op.flops == other.flops);
      RC_ASSERT(op.bytes_read == other.bytes_read);
      RC_ASSERT(op.weight_bytes == other.weight_bytes);
    }
  }
}

// Two ways to count weights agree: what the operators read when every expert is hit, and the tally.
TEST(Forward, ReadsEveryStoredWeightOfEveryShippedModel) {
  for (const std::string& id : catalogue_ids(kModels)) {
    Model model = load_model(id);
    model.weights = {};  // absorbed products keep their own format; compare in one
    model.dtype = DType::bf16;
    const auto operators = run(model, {{100'000, 0}});
    double read = 2.0 * static_cast<double>(model.position_embeddings * model.hidden_size);
    for (const Operator& op : operators) {
      read += op.repeat * op.weight_bytes;
    }
    if (!model.tie_word_embeddings) {
      read += 2.0 * static_cast<double>(model.vocab_size * model.hidden_size);  // the input table
    }
    // Norms, biases, convolutions and decay vectors are not products.
    EXPECT_NEAR(read / weight_bytes_per_chip(model, {}), 1, 0.004) << id;
  }
}

TEST(Forward, FlopsOfAPrefillAreTwoPerActiveWeight) {
  for (const char* id : {"Qwen3-235B-A22B", "Mixtral-8x7B", "GLM-4.5", "EXAONE-4.0-32B"}) {
    const Model model = load_model(id);
    const std::int64_t tokens = 4096;
    BatchWork batch = batch_work(model.context_rules(), std::vector<Sequence>{{tokens, 0}});
    const auto operators = forward(model, {}, batch);
    const double products = sum(operators, OperatorClass::gemm, &Operator::flops) +
                            sum(operators, OperatorClass::grouped_gemm, &Operator::flops) -
                            named(operators, "lm_head").flops;
    const ParameterCount count = count_parameters(model);
    const double active = count.active - count.embedding;
    EXPECT_NEAR(products / (2.0 * static_cast<double>(tokens) * active), 1, 0.002) << id;
  }
}

}  // namespace
}  // namespace moru
