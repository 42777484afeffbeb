// The time of one forward pass, from per-chip tables: O(1) in batch size and model depth.
//
// A pass is a sum over operators of three kinds: those that depend only on the number of tokens
// (projections, MLPs, experts, norms, all-reduces), those that depend on the number of sampled
// sequences (vocabulary projection), and those that depend on contexts (attention, recurrences).
// The first two are tabulated as they are met, the third for steps that only decode
// (decode_table.h) and computed for each step that prefills. Recorded steps are counted in the
// tables, so what a run was made of is summed once, at its end.
#pragma once

#include "moru/mapping/decode_table.h"
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

  // `times` such operators, each repeated as it says itself.
  void add(const Operator& op, const OpCost& cost, double times = 1);
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

// What a run was made of.
struct RunTotals {
  StepTime time;
  std::vector<OperatorTotal> operators;  // largest first
};

class StepCosts {
 public:
  // The arguments must outlive the object. Throws Error (infeasible) if some operator cannot run.
  StepCosts(const Model& model, const Parallelism& parallelism, const ChipMapper& mapper);

  // Seconds of one step on pipeline stage `stage`. Operators that depend on tokens are computed for
  // `padded_tokens` of them (as recorded graphs are), the rest for the batch as it is.
  double seconds(const BatchWork& work, std::int64_t padded_tokens, int stage);
  // What the host needs to start every operator of a step one by one.
  double host_seconds(int stage);
  // Counts the step last asked for on that stage.
  void record(int stage);
  void forget_recorded();
  // All recorded steps.
  RunTotals totals() const;

  // Every operator of such a step with its cost, in execution order; no table, nothing counted.
  std::vector<CostedOperator> operators(const BatchWork& work, std::int64_t padded_tokens,
                                        int stage) const;

  const Model& model() const { return model_; }
  const Parallelism& parallelism() const { return parallelism_; }

 private:
  struct Entry {
    double seconds = -1;  // below zero: not computed yet
    std::int64_t uses = 0;
  };
  struct Stage {
    double host_seconds = -1;  // below zero: not computed yet
    std::vector<Entry> by_tokens;
    std::vector<Entry> by_sampled;
    std::vector<DecodeTable> decode;  // one per context rule
    // The last step asked for.
    std::size_t tokens = 0;
    std::size_t sampled = 0;
    std::vector<DecodeTable::Position> positions;  // by rule; no sequences: no decode
    std::vector<CostedOperator> mixed;             // context operators, if it prefills
  };

  OpCost cost_of(const Operator& op) const;
  double part_seconds(const BatchWork& work, DependsOn part, int stage) const;
  double entry_seconds(std::vector<Entry>& table, std::int64_t size, DependsOn part, int stage);
  BatchWork decode_work(std::size_t rule, std::int64_t sequences, double keys) const;
  double knot_seconds(std::size_t rule, const DecodeTable::Position& position, std::size_t index,
                      int stage);
  double decode_seconds(const BatchWork& work, int stage);
  double mixed_seconds(const BatchWork& work, int stage);
  void add_table(const std::vector<Entry>& table, DependsOn part, int stage,
                 RunTotals& totals) const;
  void add_decode(std::size_t rule, const DecodeTable& table, int stage, RunTotals& totals) const;

  const Model& model_;
  Parallelism parallelism_;
  const ChipMapper& mapper_;
  std::vector<Stage> stages_;
  std::vector<Operator> scratch_;
  RunTotals mixed_totals_;
};

}  // namespace moru
