#include "moru/validation/ops_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace moru {
namespace {

using F = OpField;

std::int64_t whole(double number) { return static_cast<std::int64_t>(number); }

QuantScheme scheme_of(std::string_view dtype) {
  constexpr std::pair<std::string_view, QuantScheme> kSchemes[] = {
      {"fp8", QuantScheme::fp8},
      {"fp8_static", QuantScheme::fp8_static},
      {"fp8_block", QuantScheme::fp8_block},
      {"nvfp4", QuantScheme::nvfp4},
      {"w4a16_mxfp4", QuantScheme::mxfp4_a16},
      {"w4a8_mxfp4_mxfp8", QuantScheme::mxfp4_a8},
      {"int4_wo", QuantScheme::int4_a16},
      {"int8_wo", QuantScheme::int8_a16},
      {"sq", QuantScheme::int8},
      {"int8", QuantScheme::int8}};
  for (const auto& [name, scheme] : kSchemes) {
    if (name == dtype) {
      return scheme;
    }
  }
  return QuantScheme::none;
}

DType dtype_of(std::string_view name) {
  for (const auto& [known, dtype] : EnumNames<DType>::values) {
    if (known == name) {
      return dtype;
    }
  }
  return DType::bf16;
}

Task gemm_task(const MeasuredOp& row, const Engine& engine) {
  GemmTask task;
  task.m = whole(row[F::m]);
  task.n = whole(row[F::n]);
  task.k = whole(row[F::k]);
  task.scheme = scheme_of(row.dtype);
  task.activation = row.dtype == "fp16" ? DType::fp16 : DType::bf16;
  task.is_quantised_before = engine.name == "llmcompassplus";
  task.weight_copies = engine.weight_copies;
  if (row.source.find(":trt_flow_") != row.source.npos) {
    // TensorRT's profiler times one layer of one inference, between two events; weights of other
    // layers were read before.
    task.is_quantised_before = true;
    task.weight_copies = 0;
    task.further_kernels = 2;
  }
  return task;
}

DType attention_dtype(std::string_view name) { return name == "fp8" ? DType::fp8 : dtype_of(name); }

Task attention_task(std::string_view op, const MeasuredOp& row) {
  AttentionTask task;
  task.batch = whole(row[F::batch]);
  task.activation = attention_dtype(row.dtype);
  task.kv = row.kv_dtype.empty() ? task.activation : attention_dtype(row.kv_dtype);
  // A profiled engine runs whole layers, whose weights replace what the cache held of the keys.
  task.is_repeated = row.backend() != "llmservingsim";
  const auto is_kernel = [&](std::string_view part) {
    return row.source.find(part) != row.source.npos;
  };
  task.is_generic = is_kernel("triton");
  task.is_flashinfer = is_kernel("flashinfer");
  task.packs_queries = is_kernel(":sglang:") && is_kernel("flash_attention");
  if (row.backend() == "sglang") {
    // TensorRT-LLM's kernels get queries (and, at prefill, keys and values) cast to 8 bits one by
    // one; FlashInfer's decode as well; the others cast the new key and value only.
    const bool is_narrow = task.activation == DType::fp8;
    const bool is_foreign = is_kernel("trtllm_mha") || is_kernel("flashinfer");
    const bool is_decode = op == "attention_decode";
    if (is_decode && task.kv == DType::fp8) {
      task.cast_kernels = is_foreign ? 3 : 1;
    } else if (is_narrow && is_kernel("trtllm_mha")) {
      task.cast_kernels = 2;
    }
  }
  if (op == "attention_encoder") {
    task.seq_q = task.seq_kv = whole(row[F::seq]);
    task.heads = task.kv_heads = whole(row[F::heads]);
    task.head_dim = task.v_head_dim = whole(row[F::head_dim]);
    task.is_causal = false;
    task.is_encoder = true;
    return task;
  }
  task.seq_q = whole(row[F::seq_q]);
  task.seq_kv = whole(row[F::seq_kv]);
  task.heads = whole(row[F::heads_q]);
  task.kv_heads = whole(row[F::heads_kv]);
  task.head_dim = whole(row[F::head_dim]);
  task.v_head_dim = whole(row[F::v_head_dim]);
  task.window = whole(row[F::window]);
  task.is_decode = op == "attention_decode";
  return task;
}

// DeepSeek's dimensions: prefill with 128 + 64 keys and 128 values per head, decode absorbed into
// one latent head of 512 + 64.
Task latent_task(std::string_view op, const MeasuredOp& row) {
  AttentionTask task;
  task.batch = whole(row[F::batch]);
  task.seq_q = whole(row[F::seq_q]);
  task.seq_kv = whole(row[F::seq_kv]);
  task.heads = whole(row[F::heads]);
  task.activation = attention_dtype(row.dtype);
  task.kv = attention_dtype(row.kv_dtype);
  task.is_repeated = true;
  task.is_decode = op == "mla_decode";
  task.is_latent = task.is_decode;
  task.kv_heads = task.is_decode ? 1 : task.heads;
  task.head_dim = task.is_decode ? 576 : 192;
  task.v_head_dim = task.is_decode ? 512 : 128;
  const auto is_kernel = [&](std::string_view part) {
    return row.source.find(part) != row.source.npos;
  };
  const bool is_sglang_flash = is_kernel(":sglang:") && is_kernel("flash_attention");
  task.is_generic = is_kernel("triton");
  // FlashAttention-3 takes no latent keys of 8 bits: SGLang widens the cache before every call.
  task.converts_cache = task.kv == DType::fp8 && is_sglang_flash;
  // SGLang's collector extends prompts through the absorbed form where the backend is its own.
  if (!task.is_decode && (is_sglang_flash || is_kernel(":sglang:0.5.14:triton"))) {
    task.kv_heads = 1;
    task.head_dim = 576;
    task.v_head_dim = 512;
  }
  task.is_expanded_latent = !task.is_decode && task.kv_heads > 1;
  // vLLM's modules of 0.14 are timed eagerly: projection, KV write, kernel; FlashMLA's metadata and
  // Triton's launches through Python come on top.
  const double launches = is_kernel("triton") ? 6 : is_kernel("flashmla") ? 4 : 3;
  task.host_launches = row.backend() == "vllm" && row.gemm_dtype.empty() ? launches : 0;
  return task;
}

Task moe_task(const MeasuredOp& row) {
  MoeTask task;
  task.tokens = whole(row[F::tokens]);
  task.hidden = whole(row[F::hidden]);
  task.inter = whole(row[F::inter]);
  task.topk = whole(row[F::topk]);
  task.experts = whole(row[F::experts]);
  task.tp = std::max<std::int64_t>(1, whole(row[F::tp]));
  task.ep = std::max<std::int64_t>(1, whole(row[F::ep]));
  task.is_gated = row[F::gated] != 0;
  task.scheme = scheme_of(row.dtype);
  const auto is_kernel = [&](std::string_view part) {
    return row.source.find(part) != row.source.npos;
  };
  task.kernel = is_kernel("marlin")                                      ? ExpertKernel::marlin
                : is_kernel("triton") || is_kernel("vllm_fused_moe")     ? ExpertKernel::triton
                : is_kernel("flashinfer_trtllm") || is_kernel("min_lat") ? ExpertKernel::fused
                                                                         : ExpertKernel::grouped;
  // What vLLM's collector calls Marlin is use_int4_w4a16 of fused_experts, written in Triton.
  if (is_kernel("vllm_marlin_int4_moe")) {
    task.kernel = ExpertKernel::triton;
  }
  task.computes_all_tokens = is_kernel("triton_fp8_block");
  task.computes_all_pairs = is_kernel(":sglang:0.5.10:") || task.computes_all_tokens;
  // vLLM's modular experts prepare and finalise in kernels of their own.
  const bool is_modular =
      is_kernel("flashinferexperts") || is_kernel("modular") || is_kernel("marlinexperts");
  // No fused router takes more than 16 of 512 experts: sigmoid, bias, top-k, gather, sum, division
  // and scaling run one by one.
  const bool is_routed_apart = task.topk > 16;
  task.further_kernels =
      (is_modular ? kModularExpertKernels : 0) + (is_routed_apart ? kPlainRouterKernels : 0);
  constexpr std::string_view kForced = "forced_active_experts=";
  if (row.distribution.starts_with(kForced)) {
    const std::string_view text = row.distribution.substr(kForced.size());
    std::from_chars(text.data(), text.data() + text.size(), task.experts_hit);
  }
  constexpr std::string_view kSkewed = "power_law_";
  if (row.distribution.starts_with(kSkewed)) {
    const std::string_view text = row.distribution.substr(kSkewed.size());
    std::from_chars(text.data(), text.data() + text.size(), task.skew);
  }
  return task;
}

Task bmm_task(const MeasuredOp& row, const Engine& engine) {
  GemmTask task;
  const bool is_pre = row.name == "mla_gen_pre";
  task.m = whole(row[F::tokens]);
  task.n = is_pre ? 512 : 128;
  task.k = is_pre ? 128 : 512;
  task.batch = whole(row[F::heads]);
  task.scheme = scheme_of(row.dtype);
  task.weight_copies = engine.weight_copies > 0 ? 1 : 0;
  // TensorRT-LLM has block scales before tcgen05 and 16-bit copies of the weights with it.
  if (row.source.find("fp8_block") != row.source.npos) {
    task.scheme = QuantScheme::fp8_block;
  } else if (row.source.find("dequant_bf16") != row.source.npos) {
    task.scheme = QuantScheme::none;
  }
  task.is_in_graph = true;
  return task;
}

Task collective_task(std::string_view op, const MeasuredOp& row) {
  CollectiveTask task;
  task.kind = op == "allreduce"       ? CollectiveKind::all_reduce
              : op == "allgather"     ? CollectiveKind::all_gather
              : op == "reducescatter" ? CollectiveKind::reduce_scatter
              : op == "alltoall"      ? CollectiveKind::all_to_all
                                      : CollectiveKind::send_receive;
  task.ranks = whole(row[F::ranks]);
  task.bytes = row[F::bytes];
  task.is_eager = row.source.find("_eager") != row.source.npos;
  task.is_pairwise = row.topology.find("pairwise") != row.topology.npos && task.ranks > 2;
  constexpr std::string_view kPerNode = "devices_per_node=";
  const std::size_t at = row.topology.find(kPerNode);
  if (at != row.topology.npos) {
    const std::string_view text = row.topology.substr(at + kPerNode.size());
    int per_node = 0;
    std::from_chars(text.data(), text.data() + text.size(), per_node);
    task.node_ranks = per_node;
  }
  return task;
}

tl::expected<Task, Infeasible> vector_task(const MeasuredOp& row) {
  VectorTask task;
  const double tokens = row[F::tokens];
  const double elements = tokens * row[F::width];
  const double size = row.dtype == "fp32" ? 4 : 2;
  const std::string_view op = row.name;
  task.rows = tokens;
  task.bytes_written = elements * size;
  task.bytes_read = elements * size;
  task.flops = 8 * elements;
  const bool is_vidur = row.backend() == "vidur";
  // LLMServingSim's vLLM profile looks the same token up again and again.
  task.is_cold = op == "embedding" && row.backend() != "llmservingsim";
  if (op == "silu_and_mul") {
    task.bytes_read *= 2;
    task.is_reduction = is_vidur;  // vLLM's kernel of then: a block of threads per token
    task.width = is_vidur ? row[F::width] : 0;
  } else if (op == "residual_add") {
    task.bytes_read *= 2;
  } else if (op == "fused_add_rmsnorm_or_rmsnorm") {
    task.bytes_read *= 2;
    task.bytes_written *= 2;
    task.is_reduction = true;
  } else if (op == "rmsnorm" || op == "layernorm") {
    task.is_reduction = true;
    task.width = row[F::width];
    // A program of its own per step, each reads the row: mean, variance, result.
    task.bytes_read *= row.backend() == "pytorchsim" ? 3 : 1;
  } else if (op == "qk_rmsnorm") {
    constexpr double kHead = 128;
    task.is_reduction = true;
    task.width = kHead;
    task.rows = elements / kHead;
  } else if (op == "softmax") {
    task.is_reduction = true;
  } else if (op.ends_with("_hf") && row.source.find(":tpu:") != row.source.npos) {
    task.is_reduction = op == "rmsnorm_hf";  // XLA fuses the module into one pass
  } else if (op == "rmsnorm_hf") {
    task.kernels = 6;  // cast, square, mean, rsqrt and multiply, cast and multiply
    task.bytes_read *= 8;
    task.bytes_written *= 8;
  } else if (op == "rope_hf") {
    task.kernels = 10;  // two tensors: slice, negate, concatenate, two products, sum
    task.bytes_read *= 5;
    task.bytes_written *= 4;
  } else if (op == "compute_scale") {
    task.kernels = 3;
    task.bytes_written = 0;
  } else if (op == "scale_matrix") {
    task.bytes_written = elements;
  } else if (op == "sampler") {
    task.kernels = 4;  // to fp32, softmax, random numbers, argmax
    task.bytes_read *= 2;
    task.bytes_written *= 2;
  }
  return task;
}

GemmTask projection(double m, double n, double k, QuantScheme scheme) {
  GemmTask task;
  task.m = whole(m);
  task.n = whole(n);
  task.k = whole(k);
  task.scheme = scheme;
  task.is_in_graph = true;
  return task;
}

// DeepSeek's attention module: hidden 7168, query rank 1536, latent 512 + 64.
Task latent_module_task(std::string_view op, const MeasuredOp& row) {
  const QuantScheme scheme = scheme_of(row.gemm_dtype);
  const double heads = row[F::heads];
  const double tokens = row[F::batch] * row[F::seq_q];
  const bool is_decode = op == "mla_module_decode";
  ChainTask chain;
  chain.parts.emplace_back(projection(tokens, 1536 + 576, 7168, scheme));
  VectorTask norms;
  norms.bytes_read = norms.bytes_written = tokens * (1536 + 576) * 2;
  norms.rows = tokens;
  norms.kernels = 2;
  chain.parts.emplace_back(norms);
  chain.parts.emplace_back(projection(tokens, heads * 192, 1536, scheme));
  const Task attention = latent_task(is_decode ? "mla_decode" : "mla_prefill", row);
  if (is_decode) {
    GemmTask absorb = projection(tokens, 512, 128, QuantScheme::none);
    absorb.batch = whole(heads);
    chain.parts.emplace_back(absorb);
    chain.parts.emplace_back(std::get<AttentionTask>(attention));
    std::swap(absorb.n, absorb.k);
    chain.parts.emplace_back(absorb);
  } else {
    chain.parts.emplace_back(projection(tokens, heads * 256, 512, scheme));
    chain.parts.emplace_back(std::get<AttentionTask>(attention));
  }
  chain.parts.emplace_back(projection(tokens, 7168, heads * 128, scheme));
  return chain;
}

// One vLLM step: a chunk of a prompt and decodes in one variable-length call.
Task mixed_task(const MeasuredOp& row) {
  AttentionTask chunk;
  chunk.seq_q = whole(row[F::prefill_chunk]);
  chunk.seq_kv = whole(row[F::prefill_kv_prev] + row[F::prefill_chunk]);
  chunk.heads = whole(row[F::heads_q]);
  chunk.kv_heads = whole(row[F::heads_kv]);
  chunk.head_dim = chunk.v_head_dim = whole(row[F::head_dim]);
  AttentionTask decode = chunk;
  decode.batch = whole(row[F::decode_batch]);
  decode.seq_q = 1;
  decode.seq_kv = std::max<std::int64_t>(1, whole(row[F::decode_kv]));
  decode.is_decode = true;
  decode.is_beside_prefill = true;
  ChainTask chain;
  chain.is_one_kernel = true;
  if (chunk.seq_q > 0) {
    chain.parts.emplace_back(chunk);
  }
  if (decode.batch > 0) {
    chain.parts.emplace_back(decode);
  }
  return chain;
}

// DeepEP. Normal kernels send a token once to every rank that has one of its experts, low-latency
// ones once to every expert. Dispatch is timed in 8 bits with a scale per 128, combine in 16.
Task expert_traffic_task(const MeasuredOp& row) {
  constexpr double kRanksOfNode = 8;
  const double nodes = std::max(1.0, row[F::nodes]);
  const double ranks = kRanksOfNode * nodes;
  CollectiveTask task;
  task.kind = CollectiveKind::all_to_all;
  task.is_expert_traffic = true;
  task.ranks = whole(ranks);
  task.node_ranks = whole(kRanksOfNode);
  task.cores = row[F::sms];
  task.tokens = row[F::tokens];
  task.is_combine = row.name.find("combine") != row.name.npos;
  const bool is_low_latency = row.name.find("_ll_") != row.name.npos;
  const double copies =
      is_low_latency ? row[F::topk] : ranks * (1 - std::pow(1 - 1 / ranks, row[F::topk]));
  task.token_bytes = row[F::hidden] * (task.is_combine ? 2 : 1 + 4.0 / 128);
  task.bytes = row[F::tokens] * copies * task.token_bytes;
  return task;
}

// LLMCompass figure 5: a GPT-3 layer of one of four chips, attention unfused.
tl::expected<Task, Infeasible> layer_task(const MeasuredOp& row) {
  const double tokens = row[F::batch] * row[F::seq_q];
  const double heads = 96 / std::max(1.0, row[F::tp]);
  const double width = 12288;
  const double inner = width / std::max(1.0, row[F::tp]);
  GemmTask gemm;
  VectorTask pass;
  pass.rows = tokens;
  const std::string_view op = row.name;
  if (op == "Q_K_V") {
    ChainTask chain;
    for (int i = 0; i < 3; ++i) {
      chain.parts.emplace_back(projection(tokens, inner, width, QuantScheme::none));
    }
    return chain;
  }
  if (op == "Q_mul_K" || op == "A_mul_V") {
    const bool is_scores = op == "Q_mul_K";
    gemm = projection(row[F::seq_q], is_scores ? row[F::seq_kv] : 128,
                      is_scores ? 128 : row[F::seq_kv], QuantScheme::none);
    gemm.batch = whole(row[F::batch] * heads);
    return gemm;
  }
  if (op == "Wo_proj") {
    return projection(tokens, width, inner, QuantScheme::none);
  }
  if (op == "W1_proj" || op == "W2_proj") {
    const double wide = 4 * inner;
    return projection(tokens, op == "W1_proj" ? wide : width, op == "W1_proj" ? width : wide,
                      QuantScheme::none);
  }
  if (op == "Softmax") {
    pass.rows = tokens * heads;
    pass.bytes_read = pass.bytes_written = tokens * heads * row[F::seq_kv] * 2;
    return pass;
  }
  if (op == "LayerNorm_MHA" || op == "LayerNorm_FFN" || op == "GeLU") {
    pass.bytes_read = pass.bytes_written = tokens * (op == "GeLU" ? 4 * inner : width) * 2;
    return pass;
  }
  if (op.starts_with("AllReduce")) {
    CollectiveTask reduce;
    reduce.ranks = whole(row[F::tp]);
    reduce.bytes = tokens * width * 2;
    return reduce;
  }
  return tl::unexpected(Infeasible{fmt::format("'{}' is not an operator of a layer", op)});
}

}  // namespace

tl::expected<Task, Infeasible> task_of(std::string_view op, const MeasuredOp& row,
                                       const Engine& engine) {
  if (op == "gemm") {
    return gemm_task(row, engine);
  }
  if (op == "attention_prefill" || op == "attention_decode" || op == "attention_encoder") {
    return attention_task(op, row);
  }
  if (op == "mla_prefill" || op == "mla_decode") {
    return latent_task(op, row);
  }
  if (op == "mla_bmm") {
    return bmm_task(row, engine);
  }
  if (op == "moe") {
    return moe_task(row);
  }
  if (op == "allreduce" || op == "allgather" || op == "reducescatter" || op == "alltoall" ||
      op == "p2p") {
    return collective_task(op, row);
  }
  if (op == "elementwise") {
    return vector_task(row);
  }
  if (op == "mla_module_decode" || op == "mla_module_prefill") {
    return latent_module_task(op, row);
  }
  if (op == "attention_mixed") {
    return mixed_task(row);
  }
  if (op == "moe_alltoall") {
    return expert_traffic_task(row);
  }
  if (op == "transformer_layer") {
    return layer_task(row);
  }
  return tl::unexpected(Infeasible{fmt::format("no model for the operator file '{}'", op)});
}

}  // namespace moru
