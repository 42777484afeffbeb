#include "moru/model/op/lowering.h"

#include "moru/base/error.h"

namespace moru {
namespace {

// Square, sum, scale by 1/rms and by the weight: four operations; one more to add the residual.
constexpr double kNormFlops = 4;

}  // namespace

DType activation_format(const Model& model, DType weight) {
  return bytes_per_element(weight) < bytes_per_element(model.dtype) ? model.weights.activation
                                                                    : model.dtype;
}

Operator& Lowering::add(std::string_view name, OperatorClass op_class, DependsOn depends_on) {
  Operator& added = operators_.emplace_back();
  added.name = name;
  added.op_class = op_class;
  added.depends_on = depends_on;
  added.repeat = repeat_;
  added.activation = model.dtype;
  added.weight = model.dtype;
  added.rows = depends_on == DependsOn::sampled ? static_cast<double>(work.sampled) : tokens();
  return added;
}

void Lowering::gemm(std::string_view name, const GemmShape& shape, WeightPart part,
                    DependsOn depends_on) {
  if (shape.m <= 0) {
    return;
  }
  Operator& product = add(name, OperatorClass::gemm, depends_on);
  product.weight = weight_format(model, part);
  product.activation = activation_format(model, product.weight);
  product.gemm = shape;
  const auto m = static_cast<double>(shape.m);
  const auto n = static_cast<double>(shape.n);
  const auto k = static_cast<double>(shape.k);
  const auto batch = static_cast<double>(shape.batch);
  product.flops = 2 * batch * m * n * k;
  product.bytes_read = batch * m * k * bytes_per_element(product.activation);
  product.bytes_written = batch * m * n * element_bytes();
  product.weight_bytes = batch * n * k * bytes_per_element(product.weight);
}

void Lowering::vector(std::string_view name, const Pass& pass, DependsOn depends_on) {
  if (pass.read + pass.written <= 0) {
    return;
  }
  Operator& added = add(name, OperatorClass::vector, depends_on);
  added.flops = pass.flops;
  added.bytes_read = pass.read * element_bytes();
  added.bytes_written = pass.written * element_bytes();
}

void Lowering::norm(std::string_view name, std::int64_t width, bool has_residual) {
  const double elements = tokens() * static_cast<double>(width);
  const double streams = has_residual ? 2 : 1;
  vector(name, {streams * elements, streams * elements,
                (kNormFlops + (has_residual ? 1 : 0)) * elements});
}

void Lowering::attention(std::string_view name, const AttentionShape& shape) {
  if (shape.work.sequences <= 0) {
    return;
  }
  Operator& added = add(name, OperatorClass::attention, DependsOn::context);
  added.weight = shape.kv;
  added.attention = shape;
  const auto heads = static_cast<double>(shape.heads);
  const auto queries = static_cast<double>(shape.work.query_tokens);
  const auto head_dim = static_cast<double>(shape.head_dim);
  const auto v_head_dim = static_cast<double>(shape.v_head_dim);
  // A latent key holds its value as its first columns.
  const double cached =
      static_cast<double>(shape.kv_heads) * (head_dim + (shape.is_latent ? 0 : v_head_dim));
  added.flops = 2 * shape.work.pairs * heads * (head_dim + v_head_dim);
  added.bytes_read = queries * heads * head_dim * element_bytes() +
                     shape.work.cached_keys * cached * bytes_per_element(shape.kv);
  added.bytes_written = queries * heads * v_head_dim * element_bytes();
}

void Lowering::recurrence(std::string_view name, const RecurrenceShape& shape, double flops,
                          double activation_elements) {
  if (shape.sequences <= 0) {
    return;
  }
  Operator& added = add(name, OperatorClass::recurrence, DependsOn::context);
  added.weight = model.state;
  added.recurrence = shape;
  added.flops = flops;
  const double state = static_cast<double>(shape.sequences) * static_cast<double>(shape.heads) *
                       static_cast<double>(shape.rows) * static_cast<double>(shape.columns) *
                       bytes_per_element(model.state);
  const double output = static_cast<double>(shape.tokens) * static_cast<double>(shape.heads) *
                        static_cast<double>(shape.rows);
  added.bytes_read = state + activation_elements * element_bytes();
  added.bytes_written = state + output * element_bytes();
}

void Lowering::collective(std::string_view name, const CollectiveShape& shape,
                          DependsOn depends_on) {
  if (shape.ranks <= 1 || shape.bytes <= 0) {
    return;
  }
  Operator& added = add(name, OperatorClass::collective, depends_on);
  added.collective = shape;
}

void Lowering::reduce_hidden(std::string_view name) {
  collective(name, {CollectiveKind::all_reduce, parallelism.tensor,
                    tokens() * static_cast<double>(model.hidden_size) * element_bytes()});
}

const ContextWork& Lowering::context(const ContextRule& rule) const {
  const std::vector<ContextRule>& rules = model.context_rules();
  for (std::size_t i = 0; i < rules.size() && i < work.contexts.size(); ++i) {
    if (rules[i] == rule) {
      return work.contexts[i];
    }
  }
  throw Error(ErrorKind::internal,
              "the batch has no sums for a context rule of the model; build it from "
              "Model::context_rules()");
}

}  // namespace moru
