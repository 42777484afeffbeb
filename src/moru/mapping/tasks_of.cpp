#include "moru/mapping/tasks_of.h"

#include <algorithm>

namespace moru {
namespace {

QuantScheme scheme_of(DType weight, DType activation) {
  const bool is_wide = bytes_per_element(activation) >= 2;
  switch (weight) {
    case DType::fp8:
      return QuantScheme::fp8;
    case DType::int8:
      return is_wide ? QuantScheme::int8_a16 : QuantScheme::int8;
    case DType::nvfp4:
      return is_wide ? QuantScheme::mxfp4_a16 : QuantScheme::nvfp4;
    case DType::mxfp4:
    case DType::fp6:
      return is_wide ? QuantScheme::mxfp4_a16 : QuantScheme::mxfp4_a8;
    case DType::int4:
      return QuantScheme::int4_a16;
    default:
      return QuantScheme::none;
  }
}

DType wide(DType activation) {
  return bytes_per_element(activation) >= 2 ? activation : DType::bf16;
}

Task gemm_task(const Operator& op) {
  GemmTask task;
  task.m = std::max<std::int64_t>(1, op.gemm.m);
  task.n = std::max<std::int64_t>(1, op.gemm.n);
  task.k = std::max<std::int64_t>(1, op.gemm.k);
  task.batch = std::max<std::int64_t>(1, op.gemm.batch);
  task.scheme = scheme_of(op.weight, op.activation);
  task.activation = wide(op.activation);
  task.is_in_graph = true;
  return task;
}

Task moe_task(const Operator& op) {
  MoeTask task;
  task.tokens = std::max<std::int64_t>(1, op.moe.tokens);
  task.hidden = op.moe.hidden;
  task.inter = op.moe.inter;
  task.topk = op.moe.topk;
  task.experts = std::max<std::int64_t>(1, op.moe.experts);
  task.ep =
      std::max<std::int64_t>(1, task.experts / std::max<std::int64_t>(1, op.moe.local_experts));
  task.is_gated = op.moe.is_gated;
  task.experts_hit = op.moe.experts_hit * static_cast<double>(task.ep);
  task.scheme = scheme_of(op.weight, op.activation);
  task.activation = wide(op.activation);
  return task;
}

Task attention_task(const Operator& op, std::int64_t kv_block) {
  const AttentionShape& shape = op.attention;
  const std::int64_t sequences = std::max<std::int64_t>(1, shape.work.sequences);
  AttentionTask task;
  task.batch = sequences;
  task.seq_q = std::max<std::int64_t>(1, shape.work.query_tokens / sequences);
  task.seq_kv = std::max<std::int64_t>(
      task.seq_q, static_cast<std::int64_t>(shape.work.cached_keys) / sequences);
  task.heads = shape.heads;
  task.kv_heads = std::max<std::int64_t>(1, shape.kv_heads);
  task.head_dim = shape.head_dim;
  task.v_head_dim = shape.v_head_dim;
  task.is_decode = shape.is_decode;
  task.is_mean = sequences > 1;
  task.is_beside_prefill = shape.is_beside_prefill;
  task.is_latent = shape.is_latent && shape.is_decode;
  task.window = shape.rule.kind == ContextKind::window ? shape.rule.span : 0;
  task.activation = wide(op.activation);
  task.kv = shape.kv;
  task.kv_block = kv_block;
  return task;
}

}  // namespace

Task task_of(const Operator& op, std::int64_t kv_block) {
  switch (op.op_class) {
    case OperatorClass::gemm:
      return gemm_task(op);
    case OperatorClass::grouped_gemm:
      return moe_task(op);
    case OperatorClass::attention:
      return attention_task(op, kv_block);
    case OperatorClass::collective:
      return CollectiveTask{.kind = op.collective.kind,
                            .ranks = std::max<std::int64_t>(1, op.collective.ranks),
                            .bytes = op.collective.bytes};
    default:
      break;
  }
  VectorTask task;
  task.bytes_read = op.bytes_read + op.weight_bytes;
  task.bytes_written = op.bytes_written;
  task.flops = op.flops;
  task.rows = std::max(1.0, op.rows);
  task.is_cold = op.op_class != OperatorClass::vector;
  return task;
}

}  // namespace moru
