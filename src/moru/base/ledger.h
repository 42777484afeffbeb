// Figures computed from facts, so that each carries its interval, what moves it, and how it came
// about.
//
// A calculation is a function that asks a Ledger for facts and enters what it computes:
//
//   const double good = ledger.figure("good_dies", "dies/wafer",
//       ledger.figure("dies", …) * ledger.fact("yield"), "dies * yield");
//
// estimate() runs it once with every fact at its value and twice for every fact that has a range,
// with that fact at either end. A figure's interval combines the swings of independent facts as the
// root of the sum of squares of their logarithms (each is a factor on the result); its drivers are
// the facts with the largest swings.
#pragma once

#include "moru/base/facts.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

// A fact's effect on one figure.
struct Driver {
  std::string fact;
  double at_low = 0;   // the figure, with the fact at its low end
  double at_high = 0;  // … at its high end
};

struct Estimate {
  std::string id;
  std::string unit;
  double low = 0;
  double mid = 0;
  double high = 0;
  std::string formula;          // names of facts and figures of the same scope
  std::vector<Driver> drivers;  // largest swing first, at most three
};

class Ledger {
 public:
  explicit Ledger(const FactBook& book) : book_(book) {}

  double fact(std::string_view name);
  // A value stated elsewhere (a plan, a chip), under a name of its own.
  double fact(std::string_view name, const Fact& stated);
  // Enters a figure and gives its value back. The sequence of figures must not depend on facts.
  double figure(std::string_view id, std::string_view unit, double value, std::string_view formula);
  // Prefix of every id entered from now on ("2026-03."); formulas look there first.
  void set_scope(std::string scope) { scope_ = std::move(scope); }
  const FactBook& book() const { return book_; }

 private:
  friend class LedgerRun;
  const FactBook& book_;
  std::string scope_;
  bool keeps_words_ = true;
  std::string_view varied_;
  bool varied_low_ = false;
  std::map<std::string, Fact, std::less<>> used_;
  std::vector<double> values_;
  std::vector<Estimate> figures_;
};

struct Estimates {
  std::vector<Estimate> figures;
  std::map<std::string, Fact, std::less<>> facts;  // those that were asked for

  const Estimate* find(std::string_view id) const;
  // Throws Error with the nearest ids.
  const Estimate& at(std::string_view id) const;
};

Estimates estimate(const FactBook& book, const std::function<void(Ledger&)>& calculation);

// Formula, inputs with their ranges, sources and trust flags, and what moves the figure.
std::string explain(const Estimates& estimates, std::string_view id);

// "1.23e+09 tokens/s" as a person reads it.
std::string figure_text(double value);

}  // namespace moru
