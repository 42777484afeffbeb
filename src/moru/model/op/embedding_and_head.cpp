#include "moru/model/op/embedding_and_head.h"

#include "moru/model/op/block.h"

namespace moru {
namespace {

constexpr double kTokenIdBytes = 8;  // int64 ids, as torch embeddings take them
// Softmax over fp32 logits and one comparison: exp, sum, divide, compare.
constexpr double kSamplingFlops = 4;

void gather_rows(std::string_view name, Lowering& out) {
  Operator& rows = out.add(name, OperatorClass::gather, DependsOn::tokens);
  const double bytes = out.tokens() * static_cast<double>(out.model.hidden_size);
  rows.weight = out.model.weights.embedding;
  rows.bytes_read = bytes * bytes_per_element(rows.weight) + out.tokens() * kTokenIdBytes;
  rows.bytes_written = bytes * out.element_bytes();
}

}  // namespace

void weigh_embedding(WeightTally& tally) {
  const Model& model = tally.model;
  const std::int64_t local = share(model.vocab_size, tally.parallelism.tensor);
  tally.add(WeightPart::embedding, static_cast<double>(model.vocab_size * model.hidden_size),
            static_cast<double>(local * model.hidden_size));
  tally.replicated(WeightPart::plain, model.position_embeddings * model.hidden_size);
  if (model.has_embedding_norm) {
    tally.replicated(WeightPart::plain, (model.has_norm_bias ? 2 : 1) * model.hidden_size);
  }
}

void weigh_head(WeightTally& tally) {
  const Model& model = tally.model;
  if (model.has_final_norm) {
    tally.replicated(WeightPart::plain, (model.has_norm_bias ? 2 : 1) * model.hidden_size);
  }
  const bool is_apart = tally.parallelism.pipeline > 1;
  if (!model.tie_word_embeddings || is_apart) {
    const auto on_rank =
        static_cast<double>(share(model.vocab_size, tally.parallelism.tensor) * model.hidden_size);
    tally.add(
        WeightPart::head,
        model.tie_word_embeddings ? 0 : static_cast<double>(model.vocab_size * model.hidden_size),
        on_rank);
  }
  if (model.has_head_bias) {
    tally.replicated(WeightPart::plain, model.vocab_size);
  }
}

void lower_embedding(Lowering& out) {
  gather_rows("embedding", out);
  // The vocabulary is split: each rank has the rows of its tokens and zeros elsewhere.
  out.reduce_hidden("embedding_all_reduce");
  if (out.model.position_embeddings > 0) {
    gather_rows("position_embedding", out);
  }
  if (out.model.has_embedding_norm) {
    out.norm("embedding_norm", out.model.hidden_size, false);
  }
}

void lower_head(Lowering& out) {
  if (out.model.has_final_norm) {
    out.norm("final_norm", out.model.hidden_size, true);
  }
  const std::int64_t sampled = out.work.sampled;
  if (sampled <= 0) {
    return;
  }
  out.gemm("lm_head",
           {sampled, share(out.model.vocab_size, out.parallelism.tensor), out.model.hidden_size},
           WeightPart::head, DependsOn::sampled);
  const double logits = static_cast<double>(sampled) * static_cast<double>(out.model.vocab_size);
  out.collective("logits_all_gather",
                 {CollectiveKind::all_gather, out.parallelism.tensor, logits * out.element_bytes()},
                 DependsOn::sampled);
  Operator& sampling = out.add("sampling", OperatorClass::gather, DependsOn::sampled);
  sampling.flops = kSamplingFlops * logits;
  sampling.bytes_read = logits * bytes_per_element(DType::fp32);
  sampling.bytes_written = static_cast<double>(sampled) * kTokenIdBytes;
}

}  // namespace moru
