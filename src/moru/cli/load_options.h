// The options that say which requests are served and what users must get.
#pragma once

#include "moru/cli/options.h"
#include "moru/scenario/scenario.h"

#include <cstdint>
#include <string>
#include <vector>

namespace moru {

// Command-line values that override a scenario's load, objective and seed.
struct LoadOptions {
  Load load;
  double request_rate = 0;
  double burstiness = 1;
  std::int64_t max_concurrency = 0;
  std::int64_t num_prompts = 0;
  std::string duration;
  std::int64_t random_input_len = 0;
  std::int64_t random_output_len = 0;
  std::int64_t random_prefix_len = 0;
  std::int64_t seed = 0;
  std::vector<std::string> goodput;

  void declare(Options& options);
  // Writes what was given into the scenario. Throws Error.
  void apply(const Options& options, Scenario& scenario) const;

 private:
  void apply_load(const Options& options, Load& target) const;
  void apply_goodput(Slo& slo) const;
};

}  // namespace moru
