#include "moru/scenario/scenario.h"

#include "moru/base/catalogue.h"
#include "moru/base/fields_parse.h"
#include "moru/base/file.h"
#include "moru/base/rng.h"
#include "moru/trace/format.h"
#include "moru/trace/generate.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

namespace moru {
namespace {

ArrivalOptions arrival_options(const Scenario& scenario) {
  ArrivalOptions options;
  options.request_rate = scenario.load.request_rate;
  options.burstiness = scenario.load.burstiness;
  options.num_prompts = scenario.load.num_prompts.value_or(0);
  options.duration_s = scenario.load.duration ? scenario.load.duration->value : 0;
  options.seed = scenario.seed;
  return options;
}

// A file or folder below the scenario's own folder, else a name for the catalogue.
std::string resolve_name(const Scenario& scenario, const std::string& name) {
  const std::string path = expand_path(name, scenario.base_folder);
  return !scenario.base_folder.empty() && file_exists(path) ? path : name;
}

Trace read_or_draw(const Scenario& scenario) {
  const Load& load = scenario.load;
  const ArrivalOptions options = arrival_options(scenario);
  check_arrivals(options);
  if (!load.trace.empty()) {
    Trace trace = read_trace(expand_path(load.trace, scenario.base_folder), load.trace_format);
    const bool is_rescheduled = !trace.has_arrivals || options.request_rate || options.burstiness ||
                                options.num_prompts > 0 || options.duration_s > 0;
    if (is_rescheduled) {
      schedule_arrivals(trace, options);
    }
    return trace;
  }
  if (!load.workload.empty()) {
    return generate(load_workload(resolve_name(scenario, load.workload)), options);
  }
  if (!load.random_input_len || !load.random_output_len) {
    fail(
        "no requests: give --trace FILE, --workload NAME, or --random-input-len and "
        "--random-output-len");
  }
  return generate(random_workload({*load.random_input_len, *load.random_output_len,
                                   load.random_range_ratio, load.random_prefix_len}),
                  options);
}

void draw_priorities(const std::vector<double>& shares, std::uint32_t seed, Trace& trace) {
  if (shares.empty()) {
    return;
  }
  constexpr std::uint64_t kStream = 0x7072696f;  // its own, so that arrivals and lengths stay
  Rng rng(seed, kStream);
  for (Request& request : trace.requests) {
    double left = rng.uniform();
    std::size_t priority = 0;
    while (priority + 1 < shares.size() && left >= shares[priority]) {
      left -= shares[priority++];
    }
    request.priority = static_cast<std::int32_t>(priority);
  }
}

}  // namespace

void Load::validate(const FieldCheck& check) const {
  const bool is_random = random_input_len || random_output_len;
  const int sources = (trace.empty() ? 0 : 1) + (workload.empty() ? 0 : 1) + (is_random ? 1 : 0);
  check.require(sources == 1, "trace",
                "name exactly one of: trace, workload, random_input_len with random_output_len");
  check.require(!is_random || (random_input_len && random_output_len), "random_input_len",
                "random_input_len and random_output_len go together");
  check.require(random_input_len.value_or(1) >= 1 && random_output_len.value_or(1) >= 1,
                "random_input_len", "lengths must be at least 1");
  check.require(random_range_ratio < 1, "random_range_ratio", "must be below 1");
  check.require(!request_rate || *request_rate > 0, "request_rate", "must be above zero");
  check.require(!max_concurrency || *max_concurrency >= 1, "max_concurrency", "must be at least 1");
  check.require(!num_prompts || *num_prompts >= 1, "num_prompts", "must be at least 1");
  const double shares = std::accumulate(priority_shares.begin(), priority_shares.end(), 0.0);
  const bool is_negative = std::any_of(priority_shares.begin(), priority_shares.end(),
                                       [](double share) { return share < 0; });
  check.require(priority_shares.empty() || (!is_negative && std::abs(shares - 1) < 1e-6),
                "priority_shares", "must be shares that add up to 1");
}

Trace load_requests(const Scenario& scenario) {
  Trace trace = read_or_draw(scenario);
  draw_priorities(scenario.load.priority_shares, scenario.seed, trace);
  return trace;
}

Scenario load_scenario(const std::string& path) {
  Scenario scenario = parse_document<Scenario>(read_document(path));
  scenario.base_folder = std::filesystem::path(path).parent_path().string();
  if (scenario.base_folder.empty()) {
    scenario.base_folder = ".";
  }
  scenario.model = resolve_name(scenario, scenario.model);
  scenario.chip = resolve_name(scenario, scenario.chip);
  return scenario;
}

}  // namespace moru
