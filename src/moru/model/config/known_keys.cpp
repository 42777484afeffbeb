#include "moru/model/config/known_keys.h"

#include <algorithm>
#include <array>
#include <utility>

namespace moru {
namespace {

// Kinds of keys told by how they end: token ids, dropout rates, epsilons of norms.
constexpr std::array<std::string_view, 10> kIgnoredEndings = {
    "_token_id", "_token_index", "_token_ids", "_dropout",      "_pdrop",
    "_eps",      "_epsilon",     "_drop",      "_dropout_prob", "_loss_coef"};

// clang-format off
constexpr std::string_view kIgnored[] = {
    // what the file is
    "architectures", "model_type", "auto_map", "transformers_version", "_name_or_path", "name",
    "_attn_implementation", "_commit_hash", "tokenizer_class", "prefix", "finetuning_task",
    "problem_type", "task_specific_params", "id2label", "label2id", "unsloth_version",
    "_attn_implementation_autoset", "_experts_implementation", "is_decoder", "torchscript",
    "model_version", "original_max_position_embeddings", "initial_context_length", "n_ctx",
    // training
    "initializer_range", "initializer_factor", "pretraining_tp", "aux_loss_alpha", "seq_aux",
    "router_aux_loss_coef", "router_z_loss_coef", "output_router_logits", "router_jitter_noise",
    "rescale_prenorm_residual", "time_step_floor", "time_step_limit", "time_step_max",
    "time_step_min", "time_step_rank", "init_std", "use_cache", "gradient_checkpointing",
    "layerdrop", "init_method", "scale_attn_weights", "scale_attn_by_inverse_layer_idx",
    "reorder_and_upcast_attn", "mtp_loss_scaling_factor", "ln_no_scale", "fused_add_norm",
    "residual_in_fp32", "use_mamba_kernels", "ep_size",
    "moe_shared_expert_overlap", "slow_but_exact", "masked_softmax_fusion",
    "seq_length", "rms_norm", "hidden_dropout",
    "attention_softmax_in_fp32", "apply_residual_connection_post_layernorm", "summary_activation",
    "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj",
    "predict_special_tokens", "n_special", "embed_dropout", "unk_token_id",
    // positions: rotary tables cost the same whatever their frequencies
    "rope_theta", "rope_scaling", "rope_parameters", "rope_local_base_freq", "rope_interleave",
    "rotary_dim", "rotary_pct", "rotary_emb_base", "partial_rotary_factor", "swa_rope_theta",
    "compress_rope_theta", "indexer_rope_interleave", "use_mrope", "rotary",
    "rope_ratio", "qk_rope_interleave",
    // routing: which experts are chosen, not how many
    "norm_topk_prob", "routed_scaling_factor", "scoring_func", "topk_method", "n_group",
    "topk_group", "use_routing_bias", "use_moe_router_bias", "moe_router_scaling_factor",
    "moe_router_dtype", "moe_renormalize", "moe_router_activation_func", "use_grouped_topk",
    "num_expert_group", "router_scaling_factor",
    // one factor or clamp per element, within the operator that is counted anyway
    "query_pre_attn_scalar", "attn_logit_softcapping", "final_logit_softcapping", "swiglu_limit",
    "swiglu_alpha", "attention_value_scale", "hidden_act", "hidden_activation",
    "activation_function", "mamba_hidden_act", "attn_temperature_tuning", "attn_scale",
    "vocab_size_per_layer_input", "bskcn_1", "bskcn_2", "bskcn_3", "bskcn_4",
    "floor_scale", "embedding_multiplier", "logits_scaling", "logit_scale", "bskcn_tv",
    "use_gemma_norm", "mlp_hidden_act", "attn_implementation", "mup_base_width",
    // multi-token prediction modules draft tokens; a forward pass of the model does not run them
    "num_nextn_predict_layers", "_num_mtp_layers", "mtp_num_hidden_layers", "mtp_share_layers",
    "mtp_use_dedicated_embeddings", "use_mtp", "mtp_transformer_layers", "num_mtp_modules",
    "mtp_hybrid_override_pattern", "mtp_layers_block_type", "index_share_for_mtp_iteration",
    // towers of other modalities run once per image or clip, not per token
    "vision_config", "audio_config", "image_seq_length", "mm_tokens_per_image", "ignore_index",
    "image_placeholder", "video_placeholder", "vision_soft_tokens_per_image",
    "use_unified_vision_chunk", "boi_token_id", "spatial_merge_size",
    "use_bidirectional_attention", "vision_feature_layer", "multimodal_projector_bias",
    "projector_hidden_act",
    // what generate() would do by default
    "bad_words_ids", "begin_suppress_tokens", "chunk_size_feed_forward",
    "diversity_penalty", "do_sample", "early_stopping",
    "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty", "length_penalty",
    "max_length", "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams",
    "num_return_sequences", "num_logits_to_keep", "output_attentions", "output_hidden_states",
    "output_scores", "remove_invalid_values", "repetition_penalty", "return_dict",
    "return_dict_in_generate", "suppress_tokens", "temperature", "tf_legacy_loss",
    "tie_encoder_decoder", "top_k", "top_p", "typical_p", "use_bfloat16", "cache_implementation",
    "activation_dropout",
};
// clang-format on

constexpr std::pair<std::string_view, std::string_view> kOnlyValues[] = {
    {"is_encoder_decoder", "false"},       // no decoder-only model
    {"add_cross_attention", "false"},      // cross-attention layers
    {"hidden_size_per_layer_input", "0"},  // per-layer embeddings (Gemma 3n)
    {"num_kv_shared_layers", "0"},         // layers that read the cache of others
    {"use_double_wide_mlp", "false"},
    {"attn_layer_idx", "[]"},  // attention layers inside a Mamba model
    {"attn_cfg", "{}"},
    {"pruned_heads", "{}"},
    {"_remove_final_layer_norm", "false"},
    {"d_intermediate", "0"},
    {"do_layer_norm_before", "true"},  // OPT-350m norms after the residual
    {"parallel_attn", "true"},         // Falcon's attention and MLP side by side
    {"new_decoder_architecture", "false"},
};

}  // namespace

bool is_ignored_key(std::string_view key) {
  return std::find(std::begin(kIgnored), std::end(kIgnored), key) != std::end(kIgnored) ||
         std::any_of(kIgnoredEndings.begin(), kIgnoredEndings.end(),
                     [&](std::string_view ending) { return key.ends_with(ending); });
}

std::string_view only_value(std::string_view key) {
  for (const auto& [name, value] : kOnlyValues) {
    if (name == key) {
      return value;
    }
  }
  return "";
}

std::string plain_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::scalar:
      return node.text;
    case Node::Kind::sequence:
      return node.items.empty() ? "[]" : "";
    case Node::Kind::map:
      return node.entries.empty() ? "{}" : "";
    case Node::Kind::null:
      break;
  }
  return "";
}

std::vector<std::string_view> usual_key_names() {
  return {"hidden_size",
          "num_hidden_layers",
          "num_attention_heads",
          "num_key_value_heads",
          "head_dim",
          "intermediate_size",
          "vocab_size",
          "max_position_embeddings",
          "tie_word_embeddings",
          "num_experts",
          "num_local_experts",
          "n_routed_experts",
          "num_experts_per_tok",
          "moe_intermediate_size",
          "n_shared_experts",
          "first_k_dense_replace",
          "sliding_window",
          "layer_types",
          "kv_lora_rank",
          "q_lora_rank",
          "torch_dtype",
          "dtype",
          "quantization_config"};
}

std::vector<std::string_view> known_key_names() {
  std::vector<std::string_view> names = usual_key_names();
  names.insert(names.end(), std::begin(kIgnored), std::end(kIgnored));
  return names;
}

}  // namespace moru
