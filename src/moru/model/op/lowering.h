// Collects the operators of one step on one rank. Blocks call it; it fills in formats, bytes and
// flops that follow from a shape, so that each rule stands in one place.
#pragma once

#include "moru/model/model.h"
#include "moru/model/op/weight_tally.h"

#include <string_view>
#include <vector>

namespace moru {

class Lowering {
 public:
  Lowering(const Model& of_model, const Parallelism& split_by, const BatchWork& of_work,
           std::vector<Operator>& operators)
      : model(of_model), parallelism(split_by), work(of_work), operators_(operators) {}

  // Layers that the following operators stand for.
  void set_repeat(int times) { repeat_ = times; }

  // [m x k] x [k x n], `batch` times. Reads and writes activations once; nothing if m is 0.
  void gemm(std::string_view name, const GemmShape& shape, WeightPart part,
            DependsOn depends_on = DependsOn::tokens);

  // One pass over data: elements read and written in the model's dtype, and arithmetic.
  struct Pass {
    double read = 0;
    double written = 0;
    double flops = 0;
  };
  void vector(std::string_view name, const Pass& pass, DependsOn depends_on = DependsOn::tokens);
  // The same for a norm over `width` columns of all tokens. With `has_residual` the sum with the
  // residual stream is read and written too.
  void norm(std::string_view name, std::int64_t width, bool has_residual);

  // Fused attention. flops = 2 pairs heads (head_dim + v_head_dim); reads queries once and the keys
  // and values of all cached keys in the cache's format.
  void attention(std::string_view name, const AttentionShape& shape);
  // A scan. `bytes_per_state_element` of the state is read and written once per sequence.
  void recurrence(std::string_view name, const RecurrenceShape& shape, double flops,
                  double activation_elements);
  // Nothing if there is one rank.
  void collective(std::string_view name, const CollectiveShape& shape,
                  DependsOn depends_on = DependsOn::tokens);
  // The sum over tensor-parallel ranks of hidden states.
  void reduce_hidden(std::string_view name);

  // An operator with name, class, formats and repeat set; the caller fills in the rest.
  Operator& add(std::string_view name, OperatorClass op_class, DependsOn depends_on);

  const ContextWork& context(const ContextRule& rule) const;
  double element_bytes() const { return bytes_per_element(model.dtype); }
  double tokens() const { return static_cast<double>(work.tokens); }

  const Model& model;
  const Parallelism& parallelism;
  const BatchWork& work;

 private:
  std::vector<Operator>& operators_;
  int repeat_ = 1;
};

// What a product with weights of this format takes in: narrow formats may narrow activations too.
DType activation_format(const Model& model, DType weight);

}  // namespace moru
