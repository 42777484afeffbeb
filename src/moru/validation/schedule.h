// Step logs of a vLLM-V1-like scheduler, replayed and compared field by field.
//
// A case is a folder with config.json (scheduler settings), requests.csv, steps.jsonl and
// result.csv (each may end in .zst; `steps_vllm`, `result_vllm` win where present). The engine
// under test is the one that `simulate` runs; only the time of a step is the log's own formula.
#pragma once

#include "moru/serving/arrivals.h"
#include "moru/serving/deployment.h"

#include <cstdint>
#include <string>
#include <vector>

namespace moru {

// One rank of one step.
struct LoggedRank {
  bool is_idle = true;
  std::int64_t tokens = 0;       // scheduled
  std::int64_t context = 0;      // sum of (computed before + tokens)
  std::int64_t free_before = 0;  // blocks, right after schedule()
  std::int64_t free_after = 0;   // blocks, after the outputs were processed
  std::vector<std::int64_t> preempted;
  std::vector<std::int64_t> finished;
  struct Entry {
    std::int64_t id;
    std::int64_t tokens;
    std::int64_t computed_before;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> scheduled;
  friend bool operator==(const LoggedRank&, const LoggedRank&) = default;
};

struct LoggedStep {
  std::int64_t decided = -1;  // asynchronous logs only
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::vector<LoggedRank> ranks;
  friend bool operator==(const LoggedStep&, const LoggedStep&) = default;
};

struct LoggedResult {
  std::int64_t id = 0;
  std::int64_t arrival = 0;
  std::int64_t first_scheduled = 0;
  std::int64_t ttft = 0;
  std::int64_t finish = 0;
  std::int64_t preemptions = 0;
  std::int64_t cached_tokens = 0;
  friend bool operator==(const LoggedResult&, const LoggedResult&) = default;
};

struct ScheduleLog {
  std::vector<LoggedStep> steps;
  std::vector<LoggedResult> results;  // by id
};

// Nanoseconds = base + per_token * t + per_context * c.
struct StepFormula {
  std::int64_t base = 5'000'000;
  std::int64_t per_token = 20'000;
  std::int64_t per_context = 500;
};

// What is replayed: settings, requests, formula.
struct ScheduleCase {
  std::string name;
  EngineConfig config;
  Trace trace;
  std::vector<FollowUp> follow_ups;
  std::vector<std::pair<std::int64_t, std::int64_t>> outputs;
  StepFormula formula;
};

// Runs the engine and writes down what it does.
ScheduleLog run_schedule(const ScheduleCase& schedule_case);

struct ScheduleComparison {
  std::string name;
  std::int64_t steps = 0;
  std::int64_t differences = 0;  // steps and results that differ in any field
  std::string first_difference;
};
ScheduleComparison compare_schedules(const std::string& name, const ScheduleLog& expected,
                                     const ScheduleLog& actual);

// All cases below a folder (`cases/*` and `fuzz/*.jsonl.zst`), or the one whose folder is given.
// `only`: a case name, empty for all. Throws Error if nothing is found.
std::vector<ScheduleComparison> validate_schedules(const std::string& folder,
                                                   const std::string& only);

}  // namespace moru
