// The tests of rules: "TPP >= 1600 and PD >= 5.92 and not (not dc and TPP < 4800)".
//
//   or, and, not · >= > <= < == != · in {A, 'two words'} · + - * / · ( )
//   numbers with their unit (600 GB/s, 1e26 FLOP), dates (2026-07-01), 'words', true, false, names
//
// Types and units are checked when the text is read. Evaluation cannot fail and cannot loop: it is
// interval arithmetic with three truth values, and says which inputs left a result open.
#pragma once

#include "moru/norms/value.h"

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

// A value and, where it is a range or unknown, the names of the inputs to blame.
struct Evaluated {
  Value value;
  std::set<std::string> blame;
};
using ValueOf = std::function<Evaluated(const std::string& name)>;
// The type of a name; nothing if there is no such quantity.
using TypeOf = std::function<std::optional<ValueType>(std::string_view name)>;

// Where one comparison of a test stands: left minus right, in the unit that the line is written in.
struct Margin {
  std::string line;  // "TPP >= 4800"
  Value distance;    // of left above right, in `unit_scale` SI base units
  double unit_scale = 1;
};

class Expression {
 public:
  ValueType type() const { return terms_.back().type; }
  const std::string& text() const { return text_; }
  Evaluated evaluate(const ValueOf& value_of) const;
  // Of every comparison of numbers, in reading order.
  std::vector<Margin> margins(const ValueOf& value_of) const;
  // Quantities that stand in it, in reading order, each once.
  std::vector<std::string> names() const;

 private:
  friend class ExpressionParser;
  enum class Operation {
    literal,
    name,
    logical_and,
    logical_or,
    logical_not,
    at_least,
    above,
    at_most,
    below,
    equal,
    unequal,
    is_in,
    add,
    subtract,
    multiply,
    divide
  };
  struct Term {
    Operation operation = Operation::literal;
    ValueType type;
    std::size_t left = 0;  // indices of earlier terms
    std::size_t right = 0;
    Value literal;
    double unit_scale = 1;  // of a literal
    std::string name;
    std::set<std::string> words;  // of `in`
    std::size_t begin = 0;        // in the text
    std::size_t end = 0;
  };

  Evaluated evaluate(const Term& term, const ValueOf& value_of) const;
  Evaluated evaluate_logical(const Term& term, const ValueOf& value_of) const;
  Evaluated evaluate_comparison(const Term& term, const ValueOf& value_of) const;
  Evaluated evaluate_arithmetic(const Term& term, const ValueOf& value_of) const;
  double line_unit(const Term& term) const;
  static bool is_ordering(Operation operation);

  std::string text_;
  std::vector<Term> terms_;  // operands before operators; the last one is the whole
};

// `reason` says what is wrong and where in the text; empty if it was read.
struct ParsedExpression {
  Expression expression;
  std::string reason;
};
// `known_names` are offered to those who misspell one.
ParsedExpression parse_expression(std::string_view text, const TypeOf& type_of,
                                  const std::vector<std::string>& known_names);

}  // namespace moru
