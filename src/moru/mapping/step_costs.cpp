#include "moru/mapping/step_costs.h"

#include "moru/base/error.h"

#include <algorithm>

namespace moru {
namespace {

OperatorTotal& total_named(std::vector<OperatorTotal>& totals, std::string_view name) {
  for (OperatorTotal& total : totals) {
    if (total.name == name) {
      return total;
    }
  }
  return totals.emplace_back(OperatorTotal{name, 0});
}

// The sums that one axis of the tables stands for.
BatchWork axis_work(const Model& model, std::int64_t size, DependsOn part) {
  BatchWork work;
  work.tokens = part == DependsOn::tokens ? size : 1;
  work.sampled = part == DependsOn::sampled ? size : 1;
  work.sequences = 1;
  work.contexts.resize(model.context_rules().size());
  return work;
}

}  // namespace

void StepTime::add(const StepTime& other) {
  seconds += other.seconds;
  low += other.low;
  high += other.high;
  for (std::size_t i = 0; i < kBounds; ++i) {
    by_bound[i] += other.by_bound[i];
  }
  flops += other.flops;
  memory_bytes += other.memory_bytes;
  link_bytes += other.link_bytes;
}

void StepTime::add(const Operator& op, const OpCost& cost) {
  const double times = op.repeat;
  seconds += cost.seconds * times;
  low += cost.low * times;
  high += cost.high * times;
  const double busy = cost.seconds - cost.overhead;
  const Bound bound = busiest(cost);
  by_bound[static_cast<std::size_t>(bound)] += busy * times;
  by_bound[static_cast<std::size_t>(Bound::overhead)] += cost.overhead * times;
  flops += op.flops * times;
  memory_bytes += cost.memory_bytes * times;
  link_bytes += cost.link_bytes * times;
}

StepCosts::StepCosts(const Model& model, const Parallelism& parallelism, const ChipMapper& mapper)
    : model_(model), parallelism_(parallelism), mapper_(mapper) {
  stages_.resize(static_cast<std::size_t>(parallelism.pipeline));
  for (int stage = 0; stage < parallelism.pipeline; ++stage) {
    evaluate(axis_work(model, 1, DependsOn::tokens), DependsOn::tokens, stage);
  }
}

OpCost StepCosts::cost_of(const Operator& op) const {
  const auto cost = mapper_.cost(op);
  if (!cost) {
    throw Error(ErrorKind::infeasible, cost.error().reason);
  }
  return *cost;
}

StepTime StepCosts::evaluate(const BatchWork& work, DependsOn part, int stage) const {
  StepTime sum;
  for (const Operator& op : forward(model_, parallelism_, work, stage)) {
    if (op.depends_on == part) {
      sum.add(op, cost_of(op));
    }
  }
  return sum;
}

StepCosts::Entry& StepCosts::entry(std::vector<Entry>& table, std::int64_t size, DependsOn part,
                                   int stage) {
  const auto index = static_cast<std::size_t>(size);
  if (index >= table.size()) {
    table.resize(std::max(index + 1, table.size() * 2));
  }
  Entry& found = table[index];
  if (!found.is_known) {
    found.is_known = true;
    if (size > 0) {
      found.time = evaluate(axis_work(model_, size, part), part, stage);
    }
  }
  return found;
}

StepTime StepCosts::context_part(const BatchWork& work, int stage,
                                 std::vector<OperatorTotal>& parts) {
  scratch_.clear();
  parts.clear();
  context_operators(model_, parallelism_, work, stage, scratch_);
  StepTime sum;
  for (const Operator& op : scratch_) {
    const OpCost cost = cost_of(op);
    sum.add(op, cost);
    parts.push_back({op.name, cost.seconds * op.repeat});
  }
  return sum;
}

StepTime StepCosts::step(const BatchWork& work, std::int64_t padded_tokens, int stage) {
  Stage& tables = stages_[static_cast<std::size_t>(stage)];
  StepTime time = context_part(work, stage, tables.contexts);
  time.add(entry(tables.by_tokens, padded_tokens, DependsOn::tokens, stage).time);
  time.add(entry(tables.by_sampled, work.sampled, DependsOn::sampled, stage).time);
  tables.tokens = static_cast<std::size_t>(padded_tokens);
  tables.sampled = static_cast<std::size_t>(work.sampled);
  return time;
}

void StepCosts::record(int stage) {
  Stage& tables = stages_[static_cast<std::size_t>(stage)];
  ++tables.by_tokens[tables.tokens].uses;
  ++tables.by_sampled[tables.sampled].uses;
  for (const OperatorTotal& part : tables.contexts) {
    total_named(context_totals_, part.name).seconds += part.seconds;
  }
}

void StepCosts::forget_recorded() {
  context_totals_.clear();
  for (Stage& stage : stages_) {
    for (std::vector<Entry>* table : {&stage.by_tokens, &stage.by_sampled}) {
      for (Entry& known : *table) {
        known.uses = 0;
      }
    }
  }
}

void StepCosts::add_totals(const std::vector<Entry>& table, DependsOn part, int stage,
                           std::vector<OperatorTotal>& totals) const {
  for (std::size_t size = 1; size < table.size(); ++size) {
    const std::int64_t uses = table[size].uses;
    if (uses == 0) {
      continue;
    }
    const BatchWork work = axis_work(model_, static_cast<std::int64_t>(size), part);
    for (const Operator& op : forward(model_, parallelism_, work, stage)) {
      if (op.depends_on == part) {
        total_named(totals, op.name).seconds +=
            static_cast<double>(uses) * op.repeat * cost_of(op).seconds;
      }
    }
  }
}

std::vector<OperatorTotal> StepCosts::totals() const {
  std::vector<OperatorTotal> totals = context_totals_;
  for (int stage = 0; stage < parallelism_.pipeline; ++stage) {
    const Stage& tables = stages_[static_cast<std::size_t>(stage)];
    add_totals(tables.by_tokens, DependsOn::tokens, stage, totals);
    add_totals(tables.by_sampled, DependsOn::sampled, stage, totals);
  }
  std::stable_sort(
      totals.begin(), totals.end(),
      [](const OperatorTotal& a, const OperatorTotal& b) { return a.seconds > b.seconds; });
  return totals;
}

std::vector<CostedOperator> StepCosts::operators(const BatchWork& work, std::int64_t padded_tokens,
                                                 int stage) const {
  BatchWork padded = work;
  padded.tokens = padded_tokens;
  std::vector<Operator> exact = forward(model_, parallelism_, work, stage);
  const std::vector<Operator> as_recorded = forward(model_, parallelism_, padded, stage);
  std::vector<CostedOperator> costed;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const Operator& op = exact[i].depends_on == DependsOn::tokens ? as_recorded[i] : exact[i];
    costed.push_back({op, cost_of(op)});
  }
  return costed;
}

}  // namespace moru
