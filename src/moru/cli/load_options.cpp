#include "moru/cli/load_options.h"

#include "moru/base/error.h"
#include "moru/base/text.h"

#include <fmt/format.h>

#include <limits>

namespace moru {

void LoadOptions::declare(Options& options) {
  options.text("--trace,--dataset-path", load.trace, "file of requests ('-': standard input)");
  options.text("--trace-format", load.trace_format, "instead of recognising it by its header");
  options.text("--workload", load.workload, "draw requests from these statistics");
  options.number("--request-rate", request_rate, "requests per second");
  options.number("--burstiness", burstiness, "1 is Poisson, below 1 burstier");
  options.count("--max-concurrency", max_concurrency,
                "most requests in the service at once; clients wait with the next one");
  options.count("--num-prompts", num_prompts, "how many requests");
  options.text("--duration", duration, "requests that arrive within it, e.g. '1 h'");
  options.count("--random-input-len", random_input_len, "prompt tokens of every request");
  options.count("--random-output-len", random_output_len, "output tokens of every request");
  options.number("--random-range-ratio", load.random_range_ratio, "spread of both lengths");
  options.count("--random-prefix-len", random_prefix_len, "tokens that all prompts share");
  options.count("--seed", seed, "of everything random");
  options.list("--goodput", goodput, "objective, e.g. ttft:2000 tpot:50 (milliseconds)");
}

void LoadOptions::apply(const Options& options, Scenario& scenario) const {
  apply_load(options, scenario.load);
  apply_goodput(scenario.slo);
  if (seed < 0 || seed > std::numeric_limits<std::uint32_t>::max()) {
    fail(fmt::format("--seed {} must lie between 0 and 4294967295", seed));
  }
  scenario.seed = options.given("--seed") ? static_cast<std::uint32_t>(seed) : scenario.seed;
}

void LoadOptions::apply_load(const Options& options, Load& target) const {
  const bool names_source =
      !load.trace.empty() || !load.workload.empty() || options.given("--random-input-len");
  if (names_source) {
    target = load;
  }
  const auto positive = [&](const std::string& name, double value) {
    if (!(value > 0)) {
      fail(fmt::format("{} {} must be above zero", name, value));
    }
    return value;
  };
  const auto at_least_one = [&](const std::string& name, std::int64_t value) {
    if (value < 1) {
      fail(fmt::format("{} {} must be at least 1", name, value));
    }
    return value;
  };
  if (options.given("--request-rate")) {
    target.request_rate = positive("--request-rate", request_rate);
  }
  if (options.given("--burstiness")) {
    target.burstiness = positive("--burstiness", burstiness);
  }
  if (options.given("--max-concurrency")) {
    target.max_concurrency = at_least_one("--max-concurrency", max_concurrency);
  }
  if (options.given("--num-prompts")) {
    target.num_prompts = at_least_one("--num-prompts", num_prompts);
  }
  if (options.given("--random-input-len")) {
    target.random_input_len = at_least_one("--random-input-len", random_input_len);
  }
  if (options.given("--random-output-len")) {
    target.random_output_len = at_least_one("--random-output-len", random_output_len);
  }
  if (options.given("--random-prefix-len")) {
    target.random_prefix_len = at_least_one("--random-prefix-len", random_prefix_len);
  }
  if (!duration.empty()) {
    const ParsedQuantity parsed = parse_quantity(duration, Seconds::dimension);
    if (!parsed.reason.empty() || !(parsed.value > 0)) {
      fail(fmt::format("--duration: {}",
                       parsed.reason.empty() ? "must be above zero" : parsed.reason));
    }
    target.duration = Seconds{parsed.value};
  }
  const int sources = (target.trace.empty() ? 0 : 1) + (target.workload.empty() ? 0 : 1) +
                      (target.random_input_len || target.random_output_len ? 1 : 0);
  if (sources > 1) {
    fail(
        "name one source of requests: --trace, --workload, or --random-input-len with "
        "--random-output-len");
  }
}

// vLLM's form: "ttft:2000" in milliseconds.
void LoadOptions::apply_goodput(Slo& slo) const {
  for (const std::string& part : goodput) {
    const std::vector<std::string_view> halves = split(part, ':');
    const auto value = halves.size() == 2 ? parse_double(halves[1]) : std::nullopt;
    if (!value || !(*value > 0)) {
      fail(fmt::format("--goodput '{}' is not of the form ttft:2000 (milliseconds)", part));
    }
    const Seconds limit{*value * 1e-3};
    if (halves[0] == "ttft") {
      slo.ttft = limit;
    } else if (halves[0] == "tpot") {
      slo.tpot = limit;
    } else if (halves[0] == "e2el") {
      slo.e2el = limit;
    } else {
      fail(fmt::format("--goodput '{}' is not one of ttft, tpot, e2el", halves[0]));
    }
  }
}

}  // namespace moru
