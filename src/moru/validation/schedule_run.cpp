#include "moru/serving/metrics.h"
#include "moru/serving/replica.h"
#include "moru/validation/schedule.h"

#include <algorithm>
#include <map>

namespace moru {
namespace {

class FormulaTimer final : public StepTimer {
 public:
  explicit FormulaTimer(const StepFormula& formula) : formula_(formula) {}
  std::span<const ContextRule> rules() const override { return kRules; }
  void time(std::span<const BatchWork> ranks, std::vector<SimTime>& stages) override {
    // An idle rank of a group counts as one token with a context of one.
    std::int64_t tokens = 1;
    std::int64_t context = 1;
    for (const BatchWork& work : ranks) {
      const ContextWork& sums = work.contexts.front();
      tokens = std::max(tokens, work.tokens);
      context = std::max(
          context, static_cast<std::int64_t>(sums.prefill.cached_keys + sums.decode.cached_keys));
    }
    stages.assign(1, formula_.base + formula_.per_token * tokens + formula_.per_context * context);
  }

 private:
  static constexpr ContextRule kRules[] = {{ContextKind::full, 0}};
  StepFormula formula_;
};

class Recorder final : public ReplicaEvents {
 public:
  explicit Recorder(bool is_async) : is_async_(is_async) {}
  ScheduleLog log;

  bool wants_steps() const override { return true; }
  void on_token(const RequestState&, SimTime) override {}
  void on_tokens(std::int64_t, SimTime, SimTime) override {}

  void on_step(const StepRecord& record, const Replica& replica) override {
    LoggedStep step;
    step.decided = is_async_ ? record.decided : -1;
    step.start = record.start;
    step.end = record.end;
    for (std::size_t i = 0; i < replica.ranks().size(); ++i) {
      const StepPlan& plan = (*record.plans)[i];
      LoggedRank rank;
      rank.preempted = plan.preempted;
      rank.tokens = plan.tokens;
      rank.free_before = (*record.free_after_schedule)[i];
      rank.is_idle = plan.scheduled.empty() && plan.preempted.empty();
      for (const ScheduledRequest& entry : plan.scheduled) {
        const std::int64_t id = replica.ranks()[i].request(entry.slot).id;
        rank.context += entry.computed_before + entry.tokens;
        rank.scheduled.push_back({id, entry.tokens, entry.computed_before});
        rank_of_[id] = i;
      }
      step.ranks.push_back(std::move(rank));
    }
    const auto index = static_cast<std::size_t>(record.index);
    log.steps.resize(std::max(log.steps.size(), index + 1));
    log.steps[index] = std::move(step);
  }

  void on_step_done(const StepRecord& record, const Replica& replica) override {
    LoggedStep& step = log.steps[static_cast<std::size_t>(record.index)];
    for (std::size_t i = 0; i < replica.ranks().size(); ++i) {
      step.ranks[i].free_after = replica.ranks()[i].free_blocks();
    }
    for (const std::int64_t id : finished_) {
      step.ranks[rank_of_[id]].finished.push_back(id);
    }
    finished_.clear();
    for (LoggedRank& rank : step.ranks) {
      if (rank.is_idle && step.ranks.size() > 1) {
        rank = {};
      }
    }
  }

  void on_finish(const RequestState& request, SimTime now) override {
    finished_.push_back(request.id);
    log.results.push_back({request.id, request.arrival, request.first_scheduled,
                           request.first_token - request.arrival, now, request.preemptions,
                           request.cached_tokens});
  }

 private:
  bool is_async_;
  std::vector<std::int64_t> finished_;
  std::map<std::int64_t, std::size_t> rank_of_;
};

template <class T>
std::string where(const std::string& name, std::size_t index, std::span<const T> expected,
                  std::span<const T> actual) {
  if (index >= expected.size()) {
    return name + " " + std::to_string(index) + " is not in the log";
  }
  if (index >= actual.size()) {
    return name + " " + std::to_string(index) + " is missing";
  }
  return name + " " + std::to_string(index);
}

std::string describe_rank(const LoggedRank& expected, const LoggedRank& actual) {
  const auto pair = [](const char* what, auto a, auto b) {
    return std::string(what) + " " + std::to_string(a) + " in the log, " + std::to_string(b) +
           " here";
  };
  if (expected.is_idle != actual.is_idle) {
    return pair("idle", expected.is_idle, actual.is_idle);
  }
  if (expected.preempted != actual.preempted) {
    return pair("preempted requests:", expected.preempted.size(), actual.preempted.size());
  }
  if (expected.scheduled != actual.scheduled) {
    return pair("scheduled requests:", expected.scheduled.size(), actual.scheduled.size()) + ", " +
           pair("tokens", expected.tokens, actual.tokens);
  }
  if (expected.free_before != actual.free_before) {
    return pair("free blocks after schedule", expected.free_before, actual.free_before);
  }
  if (expected.free_after != actual.free_after) {
    return pair("free blocks after outputs", expected.free_after, actual.free_after);
  }
  return "finished requests or sums differ";
}

std::string describe_step(const LoggedStep& expected, const LoggedStep& actual) {
  if (expected.start != actual.start || expected.end != actual.end ||
      expected.decided != actual.decided) {
    return ": runs " + std::to_string(expected.start) + " to " + std::to_string(expected.end) +
           " in the log, " + std::to_string(actual.start) + " to " + std::to_string(actual.end) +
           " here";
  }
  for (std::size_t i = 0; i < std::min(expected.ranks.size(), actual.ranks.size()); ++i) {
    if (!(expected.ranks[i] == actual.ranks[i])) {
      return ": " + describe_rank(expected.ranks[i], actual.ranks[i]);
    }
  }
  return ": another number of ranks";
}

}  // namespace

ScheduleLog run_schedule(const ScheduleCase& schedule_case) {
  ServiceInput input;
  input.trace = &schedule_case.trace;
  input.follow_ups = schedule_case.follow_ups;
  input.outputs = schedule_case.outputs;
  FormulaTimer timer(schedule_case.formula);
  Recorder recorder(schedule_case.config.async_scheduling);
  Replica replica(schedule_case.config, input, timer, recorder,
                  schedule_case.config.enable_prefix_caching);
  for (std::size_t i = 0; i < schedule_case.trace.requests.size(); ++i) {
    const Request& request = schedule_case.trace.requests[i];
    if (request.arrival >= 0) {
      replica.push(static_cast<std::int64_t>(i), request.arrival);
    }
  }
  replica.advance();
  std::sort(recorder.log.results.begin(), recorder.log.results.end(),
            [](const LoggedResult& a, const LoggedResult& b) { return a.id < b.id; });
  return std::move(recorder.log);
}

ScheduleComparison compare_schedules(const std::string& name, const ScheduleLog& expected,
                                     const ScheduleLog& actual) {
  ScheduleComparison comparison{name, static_cast<std::int64_t>(expected.steps.size()), 0, ""};
  const auto differ = [&](const std::string& text) {
    if (comparison.differences++ == 0) {
      comparison.first_difference = text;
    }
  };
  const std::size_t steps = std::max(expected.steps.size(), actual.steps.size());
  for (std::size_t i = 0; i < steps; ++i) {
    const bool is_in_both = i < expected.steps.size() && i < actual.steps.size();
    if (is_in_both && expected.steps[i] == actual.steps[i]) {
      continue;
    }
    differ(where<LoggedStep>("step", i, expected.steps, actual.steps) +
           (is_in_both ? describe_step(expected.steps[i], actual.steps[i]) : ""));
  }
  const std::size_t results = std::max(expected.results.size(), actual.results.size());
  for (std::size_t i = 0; i < results; ++i) {
    if (i >= expected.results.size() || i >= actual.results.size() ||
        !(expected.results[i] == actual.results[i])) {
      differ(where<LoggedResult>("result", i, expected.results, actual.results));
    }
  }
  return comparison;
}

}  // namespace moru
