// The time of one forward pass, from per-chip tables: O(1) in batch size and model depth.
//
// A pass is a sum over operators of three kinds: those that depend only on the number of tokens
// (projections, MLPs, experts, norms, all-reduces), those that depend on the number of sampled
// sequences (vocabulary projection), and those that depend on contexts (attention, recurrences).
// The first two are tabulated as they are met; the third is evaluated from the batch's sums.
#pragma once

#include "moru/mapping/mapper.h"
#include "moru/model/model.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

// A sum of operator costs. `by_bound` splits `seconds` by what each operator was bound by, with
// launch overhead apart.
struct StepTime {
  double seconds = 0;
  double low = 0;
  double high = 0;
  std::array<double, kBounds> by_bound = {};
  double flops = 0;
  double memory_bytes = 0;
  double link_bytes = 0;

  void add(const StepTime& other);
  void add(const Operator& op, const OpCost& cost);
};

// One operator of a pass with its cost.
struct CostedOperator {
  Operator op;
  OpCost cost;
  double seconds() const { return cost.seconds * op.repeat; }
};

// What an operator took over a whole run.
struct OperatorTotal {
  std::string_view name;
  double seconds = 0;
};

class StepCosts {
 public:
  // The arguments must outlive the object. Throws Error (infeasible) if some operator cannot run.
  StepCosts(const Model& model, const Parallelism& parallelism, const ChipMapper& mapper);

  // One step of pipeline stage `stage`. Operators that depend on tokens are computed for
  // `padded_tokens` of them (as recorded graphs are), the rest for the batch as it is.
  StepTime step(const BatchWork& work, std::int64_t padded_tokens, int stage);
  // Counts the step last asked for on that stage for totals().
  void record(int stage);
  void forget_recorded();
  // Operators by time over all recorded steps, largest first.
  std::vector<OperatorTotal> totals() const;

  // Every operator of such a step with its cost, in execution order; not counted.
  std::vector<CostedOperator> operators(const BatchWork& work, std::int64_t padded_tokens,
                                        int stage) const;

  const Model& model() const { return model_; }
  const Parallelism& parallelism() const { return parallelism_; }

 private:
  struct Entry {
    StepTime time;
    std::int64_t uses = 0;
    bool is_known = false;
  };
  struct Stage {
    std::vector<Entry> by_tokens;
    std::vector<Entry> by_sampled;
    // The last step.
    std::size_t tokens = 0;
    std::size_t sampled = 0;
    std::vector<OperatorTotal> contexts;
  };

  OpCost cost_of(const Operator& op) const;
  StepTime evaluate(const BatchWork& work, DependsOn part, int stage) const;
  Entry& entry(std::vector<Entry>& table, std::int64_t size, DependsOn part, int stage);
  StepTime context_part(const BatchWork& work, int stage, std::vector<OperatorTotal>& parts);
  void add_totals(const std::vector<Entry>& table, DependsOn part, int stage,
                  std::vector<OperatorTotal>& totals) const;

  const Model& model_;
  Parallelism parallelism_;
  const ChipMapper& mapper_;
  std::vector<Stage> stages_;
  std::vector<Operator> scratch_;
  std::vector<OperatorTotal> context_totals_;
};

}  // namespace moru
