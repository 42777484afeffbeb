#include "moru/base/text.h"
#include "moru/norms/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace moru {
namespace {

constexpr std::size_t kLongestText = 2000;
constexpr int kDeepest = 40;

struct Token {
  enum class Kind { end, name, number, date, word, symbol };
  Kind kind = Kind::end;
  std::string_view text;
  double number = 0;
  std::string_view unit;
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_name_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_unit_part(char c) { return is_name_part(c) || c == '/' || c == '^'; }

bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 6> kKeywords = {"and", "or", "not", "in", "true", "false"};
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

// What is wrong with the text; caught by parse_expression alone.
struct Mistake {
  std::string reason;
};

}  // namespace

class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, const TypeOf& type_of,
                   const std::vector<std::string>& known_names)
      : text_(text), type_of_(type_of), known_names_(known_names) {}

  Expression parse() {
    if (text_.size() > kLongestText) {
      throw Mistake{fmt::format("a test has at most {} characters", kLongestText)};
    }
    advance();
    disjunction();
    if (token_.kind != Token::Kind::end) {
      wrong(fmt::format("expected 'and', 'or' or the end, found '{}'", token_.text));
    }
    expression_.text_ = std::string(text_);
    return std::move(expression_);
  }

 private:
  using Operation = Expression::Operation;
  using Term = Expression::Term;

  [[noreturn]] void wrong(const std::string& reason) const {
    throw Mistake{fmt::format("{} at character {} of \"{}\"", reason, token_.begin + 1, text_)};
  }

  void advance() {
    previous_end_ = token_.end;
    std::size_t at = token_.end;
    while (at < text_.size() && std::isspace(static_cast<unsigned char>(text_[at])) != 0) {
      ++at;
    }
    token_ = Token{};
    token_.begin = token_.end = at;
    if (at == text_.size()) {
      token_.text = "the end";
      return;
    }
    const char c = text_[at];
    if (is_name_start(c)) {
      scan_name();
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      scan_number();
    } else if (c == '\'') {
      scan_word();
    } else {
      scan_symbol();
    }
  }

  void finish_token(Token::Kind kind, std::size_t end) {
    token_.kind = kind;
    token_.end = end;
    token_.text = text_.substr(token_.begin, end - token_.begin);
  }

  void scan_name() {
    std::size_t end = token_.begin;
    while (end < text_.size() && is_name_part(text_[end])) {
      ++end;
    }
    finish_token(Token::Kind::name, end);
  }

  void scan_number() {
    constexpr std::size_t kDateLength = 10;
    const std::string_view rest = text_.substr(token_.begin);
    if (rest.size() >= kDateLength && rest[4] == '-' &&
        std::isdigit(static_cast<unsigned char>(rest[5])) != 0) {
      if (const auto days = parse_date(rest.substr(0, kDateLength))) {
        finish_token(Token::Kind::date, token_.begin + kDateLength);
        token_.number = *days;
        return;
      }
      wrong(fmt::format("'{}' is not a date such as 2026-01-22", rest.substr(0, kDateLength)));
    }
    std::size_t used = parse_number_prefix(rest, token_.number);
    if (used == 0 || !std::isfinite(token_.number)) {
      wrong("expected a finite number");
    }
    std::size_t unit_begin = used;
    while (unit_begin < rest.size() && rest[unit_begin] == ' ') {
      ++unit_begin;
    }
    std::size_t unit_end = unit_begin;
    if (unit_begin < rest.size() && is_name_start(rest[unit_begin])) {
      while (unit_end < rest.size() && is_unit_part(rest[unit_end])) {
        ++unit_end;
      }
    }
    const std::string_view unit = rest.substr(unit_begin, unit_end - unit_begin);
    if (!unit.empty() && !is_keyword(unit)) {
      token_.unit = unit;
      used = unit_end;
    }
    finish_token(Token::Kind::number, token_.begin + used);
  }

  void scan_word() {
    const std::size_t end = text_.find('\'', token_.begin + 1);
    if (end == std::string_view::npos) {
      wrong("a word has no closing quote");
    }
    finish_token(Token::Kind::word, end + 1);
    token_.text = text_.substr(token_.begin + 1, end - token_.begin - 1);
  }

  void scan_symbol() {
    const std::string_view two = text_.substr(token_.begin, 2);
    if (two == ">=" || two == "<=" || two == "==" || two == "!=") {
      finish_token(Token::Kind::symbol, token_.begin + 2);
      return;
    }
    constexpr std::string_view kSymbols = "><+-*/(){},";
    if (kSymbols.find(text_[token_.begin]) == std::string_view::npos) {
      wrong(fmt::format("'{}' means nothing here", printable(text_.substr(token_.begin, 1), 8)));
    }
    finish_token(Token::Kind::symbol, token_.begin + 1);
  }

  bool take(std::string_view text) {
    const bool is_it =
        token_.kind != Token::Kind::word && token_.kind != Token::Kind::end && token_.text == text;
    if (is_it) {
      advance();
    }
    return is_it;
  }

  void need(std::string_view text) {
    if (!take(text)) {
      wrong(fmt::format("expected '{}', found '{}'", text, token_.text));
    }
  }

  std::size_t add(Term term) {
    expression_.terms_.push_back(std::move(term));
    return expression_.terms_.size() - 1;
  }
  const Term& at(std::size_t index) const { return expression_.terms_[index]; }

  std::size_t binary(Operation operation, const ValueType& type, std::size_t left,
                     std::size_t right) {
    Term term;
    term.operation = operation;
    term.type = type;
    term.left = left;
    term.right = right;
    term.begin = at(left).begin;
    term.end = previous_end_;
    return add(std::move(term));
  }

  void need_flag(std::size_t index) const {
    if (at(index).type.kind != ValueKind::flag) {
      wrong(fmt::format("'and', 'or' and 'not' join what is true or false; \"{}\" is {}",
                        source_of(at(index)), describe(at(index).type)));
    }
  }

  std::string source_of(const Term& term) const {
    return std::string(trim(text_.substr(term.begin, term.end - term.begin)));
  }

  std::size_t disjunction() {
    if (++depth_ > kDeepest) {
      wrong("too many brackets within brackets");
    }
    std::size_t left = conjunction();
    while (take("or")) {
      need_flag(left);
      const std::size_t right = conjunction();
      need_flag(right);
      left = binary(Operation::logical_or, {ValueKind::flag, {}}, left, right);
    }
    --depth_;
    return left;
  }

  std::size_t conjunction() {
    std::size_t left = negation();
    while (take("and")) {
      need_flag(left);
      const std::size_t right = negation();
      need_flag(right);
      left = binary(Operation::logical_and, {ValueKind::flag, {}}, left, right);
    }
    return left;
  }

  std::size_t negation() {
    const std::size_t begin = token_.begin;
    bool is_negated = false;
    bool has_not = false;
    while (take("not")) {
      is_negated = !is_negated;
      has_not = true;
    }
    const std::size_t inner = comparison();
    if (has_not) {
      need_flag(inner);
    }
    if (!is_negated) {
      return inner;
    }
    const std::size_t index = binary(Operation::logical_not, {ValueKind::flag, {}}, inner, inner);
    expression_.terms_[index].begin = begin;
    return index;
  }

  std::size_t comparison() {
    const std::size_t left = sum();
    if (take("in")) {
      return membership(left);
    }
    constexpr std::array<std::pair<std::string_view, Operation>, 6> kComparisons = {
        {{">=", Operation::at_least},
         {">", Operation::above},
         {"<=", Operation::at_most},
         {"<", Operation::below},
         {"==", Operation::equal},
         {"!=", Operation::unequal}}};
    for (const auto& [symbol, operation] : kComparisons) {
      if (take(symbol)) {
        const std::size_t right = sum();
        check_comparable(at(left), at(right), operation);
        return binary(operation, {ValueKind::flag, {}}, left, right);
      }
    }
    return left;
  }

  void check_comparable(const Term& left, const Term& right, Operation operation) const {
    if (!(left.type == right.type)) {
      wrong(fmt::format("\"{}\" is {} and \"{}\" is {}; they cannot be compared", source_of(left),
                        describe(left.type), source_of(right), describe(right.type)));
    }
    const bool has_order = left.type.kind == ValueKind::number || left.type.kind == ValueKind::date;
    if (Expression::is_ordering(operation) && !has_order) {
      wrong(fmt::format("\"{}\" has no order; use == or !=", source_of(left)));
    }
  }

  std::size_t membership(std::size_t left) {
    if (at(left).type.kind != ValueKind::text) {
      wrong(fmt::format("'in' asks about a word; \"{}\" is {}", source_of(at(left)),
                        describe(at(left).type)));
    }
    Term term;
    term.operation = Operation::is_in;
    term.type.kind = ValueKind::flag;
    term.left = left;
    term.begin = at(left).begin;
    need("{");
    do {
      if (token_.kind != Token::Kind::name && token_.kind != Token::Kind::word) {
        wrong("expected a word such as CN or 'two words'");
      }
      term.words.insert(to_lower(token_.text));
      advance();
    } while (take(","));
    need("}");
    term.end = previous_end_;
    return add(std::move(term));
  }

  void need_numbers(std::size_t left, std::size_t right, bool same_dimension) const {
    for (const std::size_t index : {left, right}) {
      if (at(index).type.kind != ValueKind::number) {
        wrong(fmt::format("\"{}\" is {}; arithmetic needs numbers", source_of(at(index)),
                          describe(at(index).type)));
      }
    }
    if (same_dimension && !(at(left).type == at(right).type)) {
      wrong(fmt::format("\"{}\" and \"{}\" measure different things", source_of(at(left)),
                        source_of(at(right))));
    }
  }

  std::size_t sum() {
    std::size_t left = product();
    while (true) {
      const bool is_add = take("+");
      if (!is_add && !take("-")) {
        return left;
      }
      const std::size_t right = product();
      need_numbers(left, right, true);
      left = binary(is_add ? Operation::add : Operation::subtract, at(left).type, left, right);
    }
  }

  std::size_t product() {
    std::size_t left = primary();
    while (true) {
      const bool is_multiply = take("*");
      if (!is_multiply && !take("/")) {
        return left;
      }
      const std::size_t right = primary();
      need_numbers(left, right, false);
      const Dimension a = at(left).type.dimension;
      const Dimension b = at(right).type.dimension;
      left = binary(is_multiply ? Operation::multiply : Operation::divide,
                    {ValueKind::number, is_multiply ? a * b : a / b}, left, right);
    }
  }

  std::size_t primary() {
    if (take("(")) {
      const std::size_t inner = disjunction();
      need(")");
      return inner;
    }
    Term term;
    term.begin = token_.begin;
    term.end = token_.end;
    switch (token_.kind) {
      case Token::Kind::number:
        term.literal = number_literal(term);
        break;
      case Token::Kind::date:
        term.literal = Value::number(token_.number, token_.number);
        term.literal.type.kind = ValueKind::date;
        break;
      case Token::Kind::word:
        term.literal = Value::word(std::string(token_.text));
        break;
      case Token::Kind::name:
        name_term(term);
        break;
      case Token::Kind::symbol:
      case Token::Kind::end:
        wrong(fmt::format("expected a quantity or a number, found '{}'", token_.text));
    }
    if (term.operation == Operation::literal) {
      term.type = term.literal.type;
    }
    advance();
    return add(std::move(term));
  }

  Value number_literal(Term& term) const {
    if (token_.unit.empty()) {
      return Value::number(token_.number, token_.number);
    }
    const auto dimension = dimension_of_unit(token_.unit);
    if (!dimension) {
      wrong(fmt::format("'{}' is not a unit", token_.unit));
    }
    term.unit_scale = parse_quantity(fmt::format("1 {}", token_.unit), *dimension).value;
    const double value = token_.number * term.unit_scale;
    return Value::number(value, value, *dimension);
  }

  void name_term(Term& term) const {
    if (token_.text == "true" || token_.text == "false") {
      term.literal = Value::flag(token_.text == "true" ? Truth::yes : Truth::no);
      return;
    }
    const auto type = type_of_(token_.text);
    if (!type) {
      wrong(fmt::format("'{}' is not a quantity{}", token_.text,
                        did_you_mean(token_.text, std::span<const std::string>(known_names_))));
    }
    term.operation = Operation::name;
    term.type = *type;
    term.name = std::string(token_.text);
  }

  std::string_view text_;
  const TypeOf& type_of_;
  const std::vector<std::string>& known_names_;
  Token token_;
  std::size_t previous_end_ = 0;
  int depth_ = 0;
  Expression expression_;
};

ParsedExpression parse_expression(std::string_view text, const TypeOf& type_of,
                                  const std::vector<std::string>& known_names) {
  try {
    return {ExpressionParser(text, type_of, known_names).parse(), ""};
  } catch (const Mistake& mistake) {
    return {{}, mistake.reason};
  }
}

}  // namespace moru
