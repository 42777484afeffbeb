#include "moru/scenario/sweep.h"

#include "moru/base/error.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace moru {
namespace {

bool read_number(std::string_view text, double& value) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

[[noreturn]] void refuse(const std::string& text, const char* why) {
  fail(fmt::format("--sweep '{}' {}; e.g. --sweep rate=1:20:1 or concurrency=8:64:8", text, why));
}

Report evaluate_at(Scenario scenario, SweptLoad swept, double load) {
  if (swept == SweptLoad::rate) {
    scenario.load.request_rate = load;
  } else {
    scenario.load.max_concurrency = static_cast<std::int64_t>(load);
  }
  return evaluate(scenario, load_requests(scenario));
}

double bisect(const Scenario& scenario, SweptLoad swept, double good, double bad) {
  const bool is_whole = swept == SweptLoad::concurrency;
  while (is_whole ? bad - good > 1 : bad / good > 1.01) {
    const double middle = is_whole ? std::floor((good + bad) / 2) : std::sqrt(good * bad);
    (evaluate_at(scenario, swept, middle).meets_slo() ? good : bad) = middle;
  }
  return good;
}

}  // namespace

SweepRange parse_sweep(const std::string& text) {
  SweepRange range;
  const std::size_t equals = text.find('=');
  const std::string_view name = std::string_view(text).substr(0, equals);
  if (equals == std::string::npos || (name != "rate" && name != "concurrency")) {
    refuse(text, "names neither rate nor concurrency");
  }
  range.load = name == "rate" ? SweptLoad::rate : SweptLoad::concurrency;
  std::string_view rest = std::string_view(text).substr(equals + 1);
  for (double* value : {&range.low, &range.high, &range.step}) {
    const std::size_t colon = rest.find(':');
    if (!read_number(rest.substr(0, colon), *value)) {
      refuse(text, "needs three numbers, first:last:step");
    }
    rest = colon == rest.npos ? std::string_view() : rest.substr(colon + 1);
  }
  if (!rest.empty() || !(range.low > 0) || range.high < range.low || !(range.step > 0)) {
    refuse(text, "must rise from above zero in steps above zero");
  }
  constexpr double kMostPoints = 1000;
  if ((range.high - range.low) / range.step >= kMostPoints) {
    refuse(text, "has more than 1,000 points");
  }
  const auto is_whole = [](double value) { return value == std::floor(value); };
  if (range.load == SweptLoad::concurrency && !(is_whole(range.low) && is_whole(range.step))) {
    refuse(text, "takes whole numbers of requests");
  }
  return range;
}

SweepResult sweep(const Scenario& scenario, const SweepRange& range) {
  SweepResult result;
  result.range = range;
  // Counted, not added up: 0.1 + 0.1 + … would miss the last point.
  const auto count = static_cast<int>(std::floor((range.high - range.low) / range.step + 1e-9)) + 1;
  std::vector<double> loads;
  for (int i = 0; i < count; ++i) {
    loads.push_back(range.low + i * range.step);
  }
  if (loads.back() < range.high * (1 - 1e-9)) {
    loads.push_back(range.high);  // the end is always asked
  }
  for (const double load : loads) {
    result.points.push_back({load, evaluate_at(scenario, range.load, load)});
  }
  if (!scenario.slo.is_set()) {
    return result;
  }
  for (std::size_t i = 0; i < result.points.size(); ++i) {
    if (result.points[i].report.meets_slo()) {
      result.knee = result.points[i].load;
      continue;
    }
    if (result.knee) {
      result.knee = bisect(scenario, range.load, *result.knee, result.points[i].load);
    }
    return result;
  }
  result.is_beyond = true;
  return result;
}

}  // namespace moru
