#include "moru/base/ledger.h"

#include "moru/base/error.h"
#include "moru/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

namespace moru {

double Ledger::fact(std::string_view name) {
  if (const auto known = used_.find(name); known != used_.end()) {
    return fact(name, known->second);
  }
  return fact(name, book_.at(name));
}

double Ledger::fact(std::string_view name, const Fact& stated) {
  if (keeps_words_) {
    used_.try_emplace(std::string(name), stated);
  }
  if (name == varied_) {
    return varied_low_ ? stated.at_low() : stated.at_high();
  }
  return stated.value;
}

double Ledger::figure(std::string_view id, std::string_view unit, double value,
                      std::string_view formula) {
  values_.push_back(value);
  if (keeps_words_) {
    figures_.push_back({scope_ + std::string(id),
                        std::string(unit),
                        value,
                        value,
                        value,
                        std::string(formula),
                        {}});
  }
  return value;
}

// Runs a calculation with one fact at an end of its range.
class LedgerRun {
 public:
  LedgerRun(const FactBook& book, const std::function<void(Ledger&)>& calculation)
      : book_(book), calculation_(calculation) {}

  Estimates run() {
    Ledger middle(book_);
    calculation_(middle);
    figures_ = std::move(middle.figures_);
    log_low_.assign(figures_.size(), 0);
    log_high_.assign(figures_.size(), 0);
    for (const auto& [name, fact] : middle.used_) {
      if (fact.at_low() < fact.at_high()) {
        vary(name);
      }
    }
    for (std::size_t i = 0; i < figures_.size(); ++i) {
      figures_[i].low = figures_[i].mid * std::exp(-std::sqrt(log_low_[i]));
      figures_[i].high = figures_[i].mid * std::exp(std::sqrt(log_high_[i]));
    }
    return {std::move(figures_), std::move(middle.used_)};
  }

 private:
  static constexpr std::size_t kDrivers = 3;

  std::vector<double> values_at(std::string_view name, bool is_low) const {
    Ledger ledger(book_);
    ledger.keeps_words_ = false;
    ledger.varied_ = name;
    ledger.varied_low_ = is_low;
    calculation_(ledger);
    if (ledger.values_.size() != figures_.size()) {
      throw Error(ErrorKind::internal,
                  "a calculation entered other figures when '" + std::string(name) + "' changed");
    }
    return std::move(ledger.values_);
  }

  static double swing(const Estimate& figure, double at) {
    return figure.mid > 0 && at > 0 ? std::log(at / figure.mid) : 0;
  }

  void vary(const std::string& name) {
    const std::vector<double> low = values_at(name, true);
    const std::vector<double> high = values_at(name, false);
    for (std::size_t i = 0; i < figures_.size(); ++i) {
      const double a = swing(figures_[i], low[i]);
      const double b = swing(figures_[i], high[i]);
      const double down = std::min({a, b, 0.0});
      const double up = std::max({a, b, 0.0});
      log_low_[i] += down * down;
      log_high_[i] += up * up;
      if (up - down > 1e-9) {
        keep_driver(figures_[i], {name, low[i], high[i]});
      }
    }
  }

  static void keep_driver(Estimate& figure, Driver driver) {
    const auto size = [&figure](const Driver& one) {
      const double a = swing(figure, one.at_low);
      const double b = swing(figure, one.at_high);
      return std::max({a, b, 0.0}) - std::min({a, b, 0.0});
    };
    const double own = size(driver);
    const auto place = std::find_if(figure.drivers.begin(), figure.drivers.end(),
                                    [&](const Driver& one) { return size(one) < own; });
    figure.drivers.insert(place, std::move(driver));
    if (figure.drivers.size() > kDrivers) {
      figure.drivers.pop_back();
    }
  }

  const FactBook& book_;
  const std::function<void(Ledger&)>& calculation_;
  std::vector<Estimate> figures_;
  std::vector<double> log_low_;
  std::vector<double> log_high_;
};

Estimates estimate(const FactBook& book, const std::function<void(Ledger&)>& calculation) {
  return LedgerRun(book, calculation).run();
}

const Estimate* Estimates::find(std::string_view id) const {
  const auto found = std::find_if(figures.begin(), figures.end(),
                                  [&](const Estimate& one) { return one.id == id; });
  return found == figures.end() ? nullptr : &*found;
}

const Estimate& Estimates::at(std::string_view id) const {
  if (const Estimate* figure = find(id)) {
    return *figure;
  }
  std::vector<std::string> ids;
  for (const Estimate& figure : figures) {
    ids.push_back(figure.id);
  }
  fail(fmt::format("no figure is called '{}'{}", id,
                   did_you_mean(id, std::span<const std::string>(ids))));
}

std::string figure_text(double value) {
  const double size = std::abs(value);
  if (!std::isfinite(value)) {
    return "beyond measure";
  }
  if (size != 0 && (size >= 1e15 || size < 1e-4)) {
    return fmt::format("{:.4g}", value);
  }
  if (size >= 1e4) {
    return with_thousands(static_cast<std::int64_t>(std::llround(value)));
  }
  return fmt::format("{:.4g}", value);
}

namespace {

// The names a formula mentions, in order, each once.
std::vector<std::string> names_in(std::string_view formula) {
  std::vector<std::string> names;
  std::string word;
  const auto flush = [&] {
    const bool is_name =
        !word.empty() && std::isalpha(static_cast<unsigned char>(word.front())) != 0;
    if (is_name && std::find(names.begin(), names.end(), word) == names.end()) {
      names.push_back(word);
    }
    word.clear();
  };
  for (const char c : formula) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.') {
      word += c;
    } else {
      flush();
    }
  }
  flush();
  return names;
}

std::string range_text(double low, double high, std::string_view unit) {
  const std::string shown = unit == "1" ? "" : fmt::format(" {}", unit);
  return low < high ? fmt::format("{} ({} to {})", shown, figure_text(low), figure_text(high))
                    : shown;
}

std::string fact_text(const std::string& name, const Fact& fact) {
  return fmt::format("  {} = {}{}: {}; trust {}: {}\n", name, figure_text(fact.value),
                     range_text(fact.at_low(), fact.at_high(), fact.unit), fact.meaning, fact.trust,
                     fact.source);
}

}  // namespace

std::string explain(const Estimates& estimates, std::string_view id) {
  const Estimate& figure = estimates.at(id);
  std::string text = fmt::format("{} = {}{}\n  formula  {}\n", figure.id, figure_text(figure.mid),
                                 range_text(figure.low, figure.high, figure.unit), figure.formula);
  const std::size_t dot = figure.id.find('.');
  const std::string scope = dot == std::string::npos ? "" : figure.id.substr(0, dot + 1);
  for (const std::string& name : names_in(figure.formula)) {
    const Estimate* inner = estimates.find(scope + name);
    inner = inner == nullptr ? estimates.find(name) : inner;
    if (inner != nullptr && inner != &figure) {
      text += fmt::format("  {} = {}{}, computed (--explain {})\n", name, figure_text(inner->mid),
                          range_text(inner->low, inner->high, inner->unit), inner->id);
      continue;
    }
    // "wafer_price" stands for the one of the node, "hbm_wafers_" for all that begin so.
    for (const auto& [known, fact] : estimates.facts) {
      const bool is_family =
          known.starts_with(name) && known.size() > name.size() &&
          (known[name.size()] == '.' || name.back() == '_' || name.find('.') != std::string::npos);
      if (known == name || is_family) {
        text += fact_text(known, fact);
      }
    }
  }
  for (const Driver& driver : figure.drivers) {
    text += fmt::format("  moved by {}: {} to {}\n", driver.fact, figure_text(driver.at_low),
                        figure_text(driver.at_high));
  }
  return text;
}

}  // namespace moru
