#include "moru/norms/expression.h"

#include "moru/base/text.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace moru {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// 0 x infinity: the unknown factor may be anything, and nothing of it remains.
double product(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

Value multiplied(const Value& a, const Value& b, Dimension dimension) {
  const double ends[] = {product(a.low, b.low), product(a.low, b.high), product(a.high, b.low),
                         product(a.high, b.high)};
  return Value::number(*std::min_element(std::begin(ends), std::end(ends)),
                       *std::max_element(std::begin(ends), std::end(ends)), dimension);
}

Value inverse(const Value& a) {
  if (a.low < 0 && a.high > 0) {
    return Value::number(-kInfinity, kInfinity);
  }
  return Value::number(a.high == 0 ? -kInfinity : 1 / a.high, a.low == 0 ? kInfinity : 1 / a.low);
}

void merge(std::set<std::string>& into, const std::set<std::string>& from) {
  into.insert(from.begin(), from.end());
}

Truth not_below(const Value& a, const Value& b) {
  if (a.low >= b.high && std::isfinite(b.high)) {
    return Truth::yes;
  }
  return a.high < b.low ? Truth::no : Truth::unknown;
}

Truth above(const Value& a, const Value& b) {
  if (a.low > b.high) {
    return Truth::yes;
  }
  return a.high <= b.low && std::isfinite(a.high) ? Truth::no : Truth::unknown;
}

Truth same(const Value& a, const Value& b) {
  switch (a.type.kind) {
    case ValueKind::text:
      if (!a.text || !b.text) {
        return Truth::unknown;
      }
      return to_lower(*a.text) == to_lower(*b.text) ? Truth::yes : Truth::no;
    case ValueKind::flag:
      if (a.truth == Truth::unknown || b.truth == Truth::unknown) {
        return Truth::unknown;
      }
      return a.truth == b.truth ? Truth::yes : Truth::no;
    case ValueKind::number:
    case ValueKind::date:
      break;
  }
  if (a.high < b.low || b.high < a.low) {
    return Truth::no;
  }
  return a.low == a.high && b.low == b.high ? Truth::yes : Truth::unknown;
}

}  // namespace

bool Expression::is_ordering(Operation operation) {
  return operation == Operation::at_least || operation == Operation::above ||
         operation == Operation::at_most || operation == Operation::below;
}

Evaluated Expression::evaluate(const ValueOf& value_of) const {
  return evaluate(terms_.back(), value_of);
}

Evaluated Expression::evaluate(const Term& term, const ValueOf& value_of) const {
  switch (term.operation) {
    case Operation::literal:
      return {term.literal, {}};
    case Operation::name:
      return value_of(term.name);
    case Operation::logical_and:
    case Operation::logical_or:
    case Operation::logical_not:
      return evaluate_logical(term, value_of);
    case Operation::add:
    case Operation::subtract:
    case Operation::multiply:
    case Operation::divide:
      return evaluate_arithmetic(term, value_of);
    default:
      return evaluate_comparison(term, value_of);
  }
}

Evaluated Expression::evaluate_logical(const Term& term, const ValueOf& value_of) const {
  const Evaluated left = evaluate(terms_[term.left], value_of);
  if (term.operation == Operation::logical_not) {
    return {Value::flag(truth_not(left.value.truth)), left.blame};
  }
  const Evaluated right = evaluate(terms_[term.right], value_of);
  const bool is_and = term.operation == Operation::logical_and;
  const Truth truth = is_and ? truth_and(left.value.truth, right.value.truth)
                             : truth_or(left.value.truth, right.value.truth);
  Evaluated result{Value::flag(truth), {}};
  if (truth == Truth::unknown) {
    for (const Evaluated* side : {&left, &right}) {
      if (side->value.truth == Truth::unknown) {
        merge(result.blame, side->blame);
      }
    }
  }
  return result;
}

Evaluated Expression::evaluate_comparison(const Term& term, const ValueOf& value_of) const {
  const Evaluated left = evaluate(terms_[term.left], value_of);
  Evaluated result{Value::flag(Truth::unknown), {}};
  if (term.operation == Operation::is_in) {
    if (left.value.text) {
      result.value.truth = term.words.contains(to_lower(*left.value.text)) ? Truth::yes : Truth::no;
    }
  } else {
    const Evaluated right = evaluate(terms_[term.right], value_of);
    merge(result.blame, right.blame);
    const auto truth = [&]() {
      switch (term.operation) {
        case Operation::at_least:
          return not_below(left.value, right.value);
        case Operation::at_most:
          return not_below(right.value, left.value);
        case Operation::above:
          return above(left.value, right.value);
        case Operation::below:
          return above(right.value, left.value);
        case Operation::unequal:
          return truth_not(same(left.value, right.value));
        default:
          return same(left.value, right.value);
      }
    };
    result.value.truth = truth();
  }
  if (result.value.truth == Truth::unknown) {
    merge(result.blame, left.blame);
  } else {
    result.blame.clear();
  }
  return result;
}

Evaluated Expression::evaluate_arithmetic(const Term& term, const ValueOf& value_of) const {
  const Evaluated left = evaluate(terms_[term.left], value_of);
  const Evaluated right = evaluate(terms_[term.right], value_of);
  const Value& a = left.value;
  const Value& b = right.value;
  Evaluated result;
  switch (term.operation) {
    case Operation::add:
      result.value = Value::number(a.low + b.low, a.high + b.high, term.type.dimension);
      break;
    case Operation::subtract:
      result.value = Value::number(a.low - b.high, a.high - b.low, term.type.dimension);
      break;
    case Operation::multiply:
      result.value = multiplied(a, b, term.type.dimension);
      break;
    default:
      result.value = multiplied(a, inverse(b), term.type.dimension);
  }
  merge(result.blame, left.blame);
  merge(result.blame, right.blame);
  return result;
}

double Expression::line_unit(const Term& term) const {
  double scale = 1;
  if (term.operation == Operation::literal) {
    scale = term.unit_scale;
  } else if (term.operation != Operation::name) {
    scale = std::max(line_unit(terms_[term.left]), line_unit(terms_[term.right]));
  }
  return scale;
}

std::vector<Margin> Expression::margins(const ValueOf& value_of) const {
  std::vector<Margin> all;
  for (const Term& term : terms_) {
    if (!is_ordering(term.operation) || terms_[term.left].type.kind != ValueKind::number) {
      continue;
    }
    const Value left = evaluate(terms_[term.left], value_of).value;
    const Value right = evaluate(terms_[term.right], value_of).value;
    Margin margin;
    margin.line =
        std::string(trim(std::string_view(text_).substr(term.begin, term.end - term.begin)));
    margin.unit_scale = line_unit(terms_[term.right]);
    margin.distance = left.is_unknown() || right.is_unknown()
                          ? Value::unknown(terms_[term.left].type)
                          : Value::number(left.low - right.high, left.high - right.low,
                                          terms_[term.left].type.dimension);
    all.push_back(std::move(margin));
  }
  return all;
}

std::vector<std::string> Expression::names() const {
  std::vector<std::string> all;
  for (const Term& term : terms_) {
    if (term.operation == Operation::name &&
        std::find(all.begin(), all.end(), term.name) == all.end()) {
      all.push_back(term.name);
    }
  }
  return all;
}

}  // namespace moru
