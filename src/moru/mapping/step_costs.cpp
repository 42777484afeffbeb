#include "moru/mapping/step_costs.h"

#include "moru/base/error.h"

#include <algorithm>

namespace moru {
namespace {

// The sums that one axis of the tables stands for.
BatchWork axis_work(const Model& model, std::int64_t size, DependsOn part) {
  BatchWork work;
  work.tokens = part == DependsOn::tokens ? size : 1;
  work.sampled = part == DependsOn::sampled ? size : 1;
  work.sequences = 1;
  work.contexts.resize(model.context_rules().size());
  return work;
}

void add_cost(const Operator& op, const OpCost& cost, double times, RunTotals& totals) {
  totals.time.add(op, cost, times);
  const double seconds = cost.seconds * op.repeat * times;
  for (OperatorTotal& total : totals.operators) {
    if (total.name == op.name) {
      total.seconds += seconds;
      return;
    }
  }
  totals.operators.push_back({op.name, seconds});
}

}  // namespace

void StepTime::add(const Operator& op, const OpCost& cost, double times) {
  const double launches = op.repeat * times;
  seconds += cost.seconds * launches;
  low += cost.low * launches;
  high += cost.high * launches;
  by_bound[static_cast<std::size_t>(busiest(cost))] += (cost.seconds - cost.overhead) * launches;
  by_bound[static_cast<std::size_t>(Bound::overhead)] += cost.overhead * launches;
  flops += op.flops * launches;
  memory_bytes += cost.memory_bytes * launches;
  link_bytes += cost.link_bytes * launches;
}

StepCosts::StepCosts(const Model& model, const Parallelism& parallelism, const ChipMapper& mapper)
    : model_(model), parallelism_(parallelism), mapper_(mapper) {
  stages_.resize(static_cast<std::size_t>(parallelism.pipeline));
  const std::size_t rules = model.context_rules().size();
  for (int stage = 0; stage < parallelism.pipeline; ++stage) {
    stages_[static_cast<std::size_t>(stage)].decode.resize(rules);
    part_seconds(axis_work(model, 1, DependsOn::tokens), DependsOn::tokens, stage);
  }
}

OpCost StepCosts::cost_of(const Operator& op) const {
  const auto cost = mapper_.cost(op);
  if (!cost) {
    throw Error(ErrorKind::infeasible, cost.error().reason);
  }
  return *cost;
}

double StepCosts::part_seconds(const BatchWork& work, DependsOn part, int stage) const {
  double seconds = 0;
  for (const Operator& op : forward(model_, parallelism_, work, stage)) {
    if (op.depends_on == part) {
      seconds += cost_of(op).seconds * op.repeat;
    }
  }
  return seconds;
}

double StepCosts::entry_seconds(std::vector<Entry>& table, std::int64_t size, DependsOn part,
                                int stage) {
  const auto index = static_cast<std::size_t>(size);
  if (index >= table.size()) {
    table.resize(std::max(index + 1, table.size() * 2));
  }
  Entry& entry = table[index];
  if (entry.seconds < 0) {
    entry.seconds = size > 0 ? part_seconds(axis_work(model_, size, part), part, stage) : 0;
  }
  return entry.seconds;
}

// A batch of equal decode sequences under one rule and nothing else.
BatchWork StepCosts::decode_work(std::size_t rule, std::int64_t sequences, double keys) const {
  BatchWork work;
  work.tokens = work.sampled = work.sequences = sequences;
  work.contexts.resize(model_.context_rules().size());
  work.contexts[rule].decode = {sequences, sequences, keys, keys,
                                static_cast<std::int64_t>(keys / static_cast<double>(sequences))};
  return work;
}

double StepCosts::knot_seconds(std::size_t rule, const DecodeTable::Position& position,
                               std::size_t index, int stage) {
  const double keys = DecodeTable::keys_at(index) * static_cast<double>(position.sequences);
  scratch_.clear();
  context_operators(model_, parallelism_, decode_work(rule, position.sequences, keys), stage,
                    scratch_);
  double seconds = 0;
  for (const Operator& op : scratch_) {
    seconds += cost_of(op).seconds * op.repeat;
  }
  return seconds;
}

double StepCosts::decode_seconds(const BatchWork& work, int stage) {
  Stage& tables = stages_[static_cast<std::size_t>(stage)];
  tables.positions.clear();
  double seconds = 0;
  for (std::size_t rule = 0; rule < work.contexts.size(); ++rule) {
    const AttentionWork& decode = work.contexts[rule].decode;
    if (decode.sequences == 0) {
      tables.positions.push_back({0, 0, 0});
      continue;
    }
    const DecodeTable::Position position =
        DecodeTable::position(decode.sequences, decode.cached_keys);
    DecodeTable::Knot* knots = tables.decode[rule].knots(position);
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      if (knots[side].seconds < 0) {
        knots[side].seconds = knot_seconds(rule, position, position.index + side, stage);
      }
    }
    seconds += knots[0].seconds + position.fraction * (knots[1].seconds - knots[0].seconds);
    tables.positions.push_back(position);
  }
  return seconds;
}

// Operators may serve the prefills and the decodes of a step together, so a mixed step is not a
// sum.
double StepCosts::mixed_seconds(const BatchWork& work, int stage) {
  Stage& tables = stages_[static_cast<std::size_t>(stage)];
  tables.positions.clear();
  scratch_.clear();
  context_operators(model_, parallelism_, work, stage, scratch_);
  double seconds = 0;
  for (const Operator& op : scratch_) {
    const OpCost cost = cost_of(op);
    seconds += cost.seconds * op.repeat;
    tables.mixed.push_back({op, cost});
  }
  return seconds;
}

double StepCosts::seconds(const BatchWork& work, std::int64_t padded_tokens, int stage) {
  Stage& tables = stages_[static_cast<std::size_t>(stage)];
  tables.tokens = static_cast<std::size_t>(padded_tokens);
  tables.sampled = static_cast<std::size_t>(work.sampled);
  tables.mixed.clear();
  const bool has_prefill =
      std::any_of(work.contexts.begin(), work.contexts.end(),
                  [](const ContextWork& context) { return context.prefill.sequences > 0; });
  return entry_seconds(tables.by_tokens, padded_tokens, DependsOn::tokens, stage) +
         entry_seconds(tables.by_sampled, work.sampled, DependsOn::sampled, stage) +
         (has_prefill ? mixed_seconds(work, stage) : decode_seconds(work, stage));
}

double StepCosts::host_seconds(int stage) {
  Stage& tables = stages_[static_cast<std::size_t>(stage)];
  if (tables.host_seconds < 0) {
    const std::vector<Sequence> prompt = {{2, 0}};
    tables.host_seconds = 0;
    for (const Operator& op :
         forward(model_, parallelism_, batch_work(model_.context_rules(), prompt), stage)) {
      tables.host_seconds += op.repeat * mapper_.host_seconds(op);
    }
  }
  return tables.host_seconds;
}

void StepCosts::record(int stage) {
  Stage& tables = stages_[static_cast<std::size_t>(stage)];
  ++tables.by_tokens[tables.tokens].uses;
  ++tables.by_sampled[tables.sampled].uses;
  for (std::size_t rule = 0; rule < tables.positions.size(); ++rule) {
    const DecodeTable::Position& position = tables.positions[rule];
    if (position.sequences > 0) {
      DecodeTable::Knot* knots = tables.decode[rule].knots(position);
      knots[0].uses += 1 - position.fraction;
      knots[1].uses += position.fraction;
    }
  }
  for (const CostedOperator& costed : tables.mixed) {
    add_cost(costed.op, costed.cost, 1, mixed_totals_);
  }
}

void StepCosts::forget_recorded() {
  mixed_totals_ = {};
  for (Stage& stage : stages_) {
    for (std::vector<Entry>* table : {&stage.by_tokens, &stage.by_sampled}) {
      for (Entry& entry : *table) {
        entry.uses = 0;
      }
    }
    for (DecodeTable& table : stage.decode) {
      table.forget_uses();
    }
  }
}

void StepCosts::add_table(const std::vector<Entry>& table, DependsOn part, int stage,
                          RunTotals& totals) const {
  for (std::size_t size = 1; size < table.size(); ++size) {
    if (table[size].uses == 0) {
      continue;
    }
    const BatchWork work = axis_work(model_, static_cast<std::int64_t>(size), part);
    for (const Operator& op : forward(model_, parallelism_, work, stage)) {
      if (op.depends_on == part) {
        add_cost(op, cost_of(op), static_cast<double>(table[size].uses), totals);
      }
    }
  }
}

void StepCosts::add_decode(std::size_t rule, const DecodeTable& table, int stage,
                           RunTotals& totals) const {
  std::vector<Operator> operators;
  for (std::size_t sequences = 1; sequences < table.rows().size(); ++sequences) {
    const std::vector<DecodeTable::Knot>& row = table.rows()[sequences];
    for (std::size_t index = 0; index < row.size(); ++index) {
      if (row[index].uses <= 0) {
        continue;
      }
      operators.clear();
      context_operators(model_, parallelism_,
                        decode_work(rule, static_cast<std::int64_t>(sequences),
                                    DecodeTable::keys_at(index) * static_cast<double>(sequences)),
                        stage, operators);
      for (const Operator& op : operators) {
        add_cost(op, cost_of(op), row[index].uses, totals);
      }
    }
  }
}

RunTotals StepCosts::totals() const {
  RunTotals totals = mixed_totals_;
  for (int stage = 0; stage < parallelism_.pipeline; ++stage) {
    const Stage& tables = stages_[static_cast<std::size_t>(stage)];
    add_table(tables.by_tokens, DependsOn::tokens, stage, totals);
    add_table(tables.by_sampled, DependsOn::sampled, stage, totals);
    for (std::size_t rule = 0; rule < tables.decode.size(); ++rule) {
      add_decode(rule, tables.decode[rule], stage, totals);
    }
  }
  std::stable_sort(
      totals.operators.begin(), totals.operators.end(),
      [](const OperatorTotal& a, const OperatorTotal& b) { return a.seconds > b.seconds; });
  return totals;
}

std::vector<CostedOperator> StepCosts::operators(const BatchWork& work, std::int64_t padded_tokens,
                                                 int stage) const {
  BatchWork padded = work;
  padded.tokens = padded_tokens;
  const std::vector<Operator> exact = forward(model_, parallelism_, work, stage);
  const std::vector<Operator> as_recorded = forward(model_, parallelism_, padded, stage);
  std::vector<CostedOperator> costed;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const Operator& op = exact[i].depends_on == DependsOn::tokens ? as_recorded[i] : exact[i];
    costed.push_back({op, cost_of(op)});
  }
  return costed;
}

}  // namespace moru
