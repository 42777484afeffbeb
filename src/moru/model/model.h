// A decoder-only language model, read from a Hugging Face config.json with its keys unchanged.
//
// The config is normalised into layers: each layer has one token mixer (attention of some kind, or
// a recurrence) and one feed-forward part (dense, mixture of experts, or none). Blocks in op/ know
// how to read their keys and how to lower themselves to operators. A key that changes the
// arithmetic and is not understood is an error; keys known not to change it are listed as ignored.
#pragma once

#include "moru/base/dtype.h"
#include "moru/model/batch.h"
#include "moru/model/operator.h"
#include "moru/model/parallelism.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moru {

enum class MixerKind { attention, latent_attention, gated_delta, mamba2, mamba1, none };
template <>
struct EnumNames<MixerKind> {
  static constexpr std::array<std::pair<std::string_view, MixerKind>, 6> values = {
      {{"attention", MixerKind::attention},
       {"latent_attention", MixerKind::latent_attention},
       {"gated_delta", MixerKind::gated_delta},
       {"mamba2", MixerKind::mamba2},
       {"mamba1", MixerKind::mamba1},
       {"none", MixerKind::none}}};
};

// Token mixing of one layer. Fields of other kinds stay zero. The rule of a recurrence stays full:
// it names the entry of BatchWork::contexts that tells its prefills from its decodes.
struct Mixer {
  MixerKind kind = MixerKind::attention;
  // attention
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t v_head_dim = 0;
  ContextRule rule;
  bool has_qkv_bias = false;
  bool has_output_bias = false;
  bool has_qk_norm = false;
  bool has_wide_qk_norm = false;  // one norm over all heads (MiniMax-M2) instead of one per head
  bool has_rope = true;
  bool has_sinks = false;        // a learned logit per head (gpt-oss)
  bool has_no_v_proj = false;    // values are the projected keys before their norm (Gemma 4)
  bool has_output_gate = false;  // q_proj is twice as wide (Qwen3.5, Qwen3-Next)
  bool shares_kv = false;        // reads another layer's KV cache, stores none of its own
  // latent attention (MLA): DeepSeek-V2, section 2.1
  std::int64_t q_lora_rank = 0;  // 0: queries are projected directly
  std::int64_t kv_lora_rank = 0;
  std::int64_t qk_nope_head_dim = 0;
  std::int64_t qk_rope_head_dim = 0;
  // sparse attention's indexer (DeepSeek-V3.2): scores all keys, keeps index_topk. index_heads is 0
  // in layers that reuse the choice of a layer before them (GLM-5.2).
  std::int64_t index_heads = 0;
  std::int64_t index_head_dim = 0;
  std::int64_t index_topk = 0;
  // recurrences
  std::int64_t key_heads = 0;
  std::int64_t value_heads = 0;
  std::int64_t key_head_dim = 0;    // state columns; ssm_state_size
  std::int64_t value_head_dim = 0;  // state rows; mamba_head_dim
  std::int64_t groups = 0;          // n_groups (Mamba-2)
  std::int64_t conv_kernel = 0;
  std::int64_t inner = 0;    // d_inner (Mamba)
  std::int64_t dt_rank = 0;  // Mamba-1
  std::int64_t chunk_size = 0;

  friend bool operator==(const Mixer&, const Mixer&) = default;
};

enum class FeedForwardKind { dense, moe, none };
template <>
struct EnumNames<FeedForwardKind> {
  static constexpr std::array<std::pair<std::string_view, FeedForwardKind>, 3> values = {
      {{"dense", FeedForwardKind::dense},
       {"moe", FeedForwardKind::moe},
       {"none", FeedForwardKind::none}}};
};

struct FeedForward {
  FeedForwardKind kind = FeedForwardKind::dense;
  std::int64_t inter = 0;  // dense width, or of one routed expert
  bool is_gated = true;
  bool has_bias = false;
  // mixture of experts
  std::int64_t experts = 0;
  std::int64_t topk = 0;
  std::int64_t shared_inter = 0;  // all shared experts together, 0 if none
  bool has_shared_gate = false;   // a sigmoid gate on the shared expert (Qwen)
  bool has_router_bias = false;
  std::int64_t latent = 0;  // experts work in this narrower width (Nemotron 3), 0: hidden_size

  friend bool operator==(const FeedForward&, const FeedForward&) = default;
};

struct Layer {
  Mixer mixer;
  FeedForward feed_forward;
  int norms = 2;  // norms over hidden_size in this layer (Gemma has four, a lone block has one)

  friend bool operator==(const Layer&, const Layer&) = default;
};

// Formats of the parts of the weights: quantization_config says which are converted.
struct WeightFormats {
  DType attention = DType::bf16;
  DType mlp = DType::bf16;      // dense feed-forward and shared experts
  DType experts = DType::bf16;  // routed experts
  DType embedding = DType::bf16;
  DType head = DType::bf16;
  DType activation = DType::bf16;  // what products take in: fp8 in W8A8, bf16 in W4A16
};

struct Model {
  std::string id;    // org/name, or the path given
  std::string type;  // model_type
  std::int64_t hidden_size = 0;
  std::int64_t vocab_size = 0;
  std::int64_t max_position_embeddings = 0;
  bool tie_word_embeddings = false;
  bool has_final_norm = true;
  bool has_norm_bias = false;            // LayerNorm instead of RMSNorm
  bool has_embedding_norm = false;       // a norm after the input table (BLOOM)
  bool has_head_bias = false;            // GPT-J
  std::int64_t position_embeddings = 0;  // learned positions (GPT-2, OPT), 0 if none
  DType dtype = DType::bf16;
  WeightFormats weights;
  DType kv = DType::bf16;     // KV cache
  DType state = DType::bf16;  // recurrent state
  std::vector<Layer> layers;
  std::vector<std::string> notes;  // what a reader of a result should know

  // The distinct rules of its attention layers; BatchWork::contexts follows this order. Never
  // empty: a model without attention has the full rule, whose entry tells its prefills from its
  // decodes.
  const std::vector<ContextRule>& context_rules() const { return context_rules_; }
  // The distinct layers in order of first use, and which one each layer is.
  const std::vector<Layer>& layer_kinds() const { return layer_kinds_; }
  const std::vector<int>& kind_of_layer() const { return kind_of_layer_; }
  void set_context_rules();  // call after `layers` changed; derives all of the above

 private:
  std::vector<ContextRule> context_rules_;
  std::vector<Layer> layer_kinds_;
  std::vector<int> kind_of_layer_;
};

// By org/name, alias or path (a config.json or a folder that holds one). A variant suffix that has
// no file of its own (-Instruct, -FP8, -NVFP4, …) falls back to its base with that quantisation.
// `quantization` replaces the formats of its weights: none, fp8, nvfp4, mxfp4, int8, int4; auto keeps
// what the config says. vLLM's names (modelopt, modelopt_fp4, awq, gptq) are understood.
Model load_model(const std::string& name_or_path, const std::string& quantization = "auto");
Model parse_model(const std::string& json_text, const std::string& file_name);

// The exact operators of one forward pass on one rank of pipeline stage `stage`, in execution
// order; layers of one kind are folded into `repeat`. Embedding belongs to the first stage, final
// norm, vocabulary projection and sampling to the last. Throws Error (infeasible) where
// parallelism_problem() has a reason. A step without tokens is empty.
std::vector<Operator> forward(const Model& model, const Parallelism& parallelism,
                              const BatchWork& work, int stage = 0);
// Appends exactly those operators of forward() that depend on the context, in the same order. For
// tables of step times: the others need to be lowered only once per number of tokens.
void context_operators(const Model& model, const Parallelism& parallelism, const BatchWork& work,
                       int stage, std::vector<Operator>& out);

// Why the model cannot be split this way, in vLLM's terms; nothing if it can.
std::optional<std::string> parallelism_problem(const Model& model, const Parallelism& parallelism);

// Layers [first, last) of a pipeline stage, split as vLLM's get_pp_indices does: the remainder goes
// to the stages before the last one.
struct LayerRange {
  int first = 0;
  int last = 0;
};
LayerRange stage_layers(int layers, int stages, int stage);

// Derived figures.
struct ParameterCount {
  double total = 0;
  double active = 0;     // used for one token: shared parts and topk experts
  double embedding = 0;  // input table and, if not tied, output head
};
ParameterCount count_parameters(const Model& model);

// Bytes of weights that one chip of the most loaded stage holds.
double weight_bytes_per_chip(const Model& model, const Parallelism& parallelism);

// KV cache that one more token adds over all layers of the model with unbounded context (windows
// counted as if full), on all chips of a replica together, in the model's kv format.
double kv_bytes_per_token(const Model& model);
// Bytes of KV cache and recurrent state that a sequence of `tokens` holds on one chip.
double kv_bytes_per_sequence(const Model& model, const Parallelism& parallelism, double tokens);
// Bytes of one block of `block_size` tokens on one chip of the most loaded stage, as a paged
// allocator charges it (windowed layers counted in full, like vLLM's hybrid allocator pads them).
double kv_block_bytes(const Model& model, const Parallelism& parallelism, std::int64_t block_size);
// Largest activations alive at once on one chip for a step of `tokens` tokens and `sampled` logits.
double activation_peak_bytes(const Model& model, const Parallelism& parallelism,
                             std::int64_t tokens, std::int64_t sampled);

}  // namespace moru
