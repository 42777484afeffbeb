// Adds up weight tensors: how many parameters a model has, how many one token uses, and how many
// bytes of them lie on one rank. A block states each tensor once and all three follow.
#pragma once

#include "moru/model/model.h"

namespace moru {

// What quantization_config speaks of; `plain` parts (norms, routers, convolutions) are never
// converted.
enum class WeightPart { attention, mlp, experts, embedding, head, plain };

// The format that a part's weights are stored in.
DType weight_format(const Model& model, WeightPart part);

class WeightTally {
 public:
  WeightTally(const Model& model_of, const Parallelism& split_by)
      : model(model_of), parallelism(split_by) {}

  // Every rank holds all of it.
  void replicated(WeightPart part, std::int64_t parameters) {
    add(part, static_cast<double>(parameters), static_cast<double>(parameters));
  }
  // `total` parameters, of which one rank holds `on_rank`.
  void add(WeightPart part, double total, double on_rank);
  // As add(); one token uses `active` of them.
  void add_routed(double total, double on_rank, double active);
  // Layers that the following tensors stand for.
  void set_repeat(int times) { repeat_ = times; }

  const Model& model;
  const Parallelism& parallelism;
  double total = 0;
  double active = 0;
  double bytes_on_rank = 0;

 private:
  double repeat_ = 1;
};

}  // namespace moru
