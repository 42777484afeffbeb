#include "moru/model/op/weight_tally.h"

namespace moru {

DType weight_format(const Model& model, WeightPart part) {
  switch (part) {
    case WeightPart::attention:
      return model.weights.attention;
    case WeightPart::mlp:
      return model.weights.mlp;
    case WeightPart::experts:
      return model.weights.experts;
    case WeightPart::embedding:
      return model.weights.embedding;
    case WeightPart::head:
      return model.weights.head;
    case WeightPart::plain:
      break;
  }
  return model.dtype;
}

void WeightTally::add(WeightPart part, double parameters, double on_rank) {
  total += repeat_ * parameters;
  active += repeat_ * parameters;
  bytes_on_rank += repeat_ * on_rank * bytes_per_element(weight_format(model, part));
}

void WeightTally::add_routed(double parameters, double on_rank, double active_parameters) {
  total += repeat_ * parameters;
  active += repeat_ * active_parameters;
  bytes_on_rank += repeat_ * on_rank * bytes_per_element(model.weights.experts);
}

}  // namespace moru
