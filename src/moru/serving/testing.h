// For tests: what a replica does, step by step, as text that a hand computation can be held
// against.
#pragma once

#include "moru/serving/replica.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace moru::testing {

// Every step takes a millisecond, whatever it holds.
class ConstantTimer final : public StepTimer {
 public:
  std::span<const ContextRule> rules() const override { return kRules; }
  void time(std::span<const BatchWork>, std::vector<SimTime>& stages) override {
    stages.assign(1, kNanosecondsPerSecond / 1000);
  }

 private:
  static constexpr ContextRule kRules[] = {{ContextKind::full, 0}};
};

// One text per step: "A5 B1" for five tokens of request 0 and one of request 1, "-A" for a
// preemption of request 0.
class StepLog final : public ReplicaEvents {
 public:
  std::vector<std::string> steps;
  std::map<std::int64_t, RequestState> finished;

  bool wants_steps() const override { return true; }
  void on_token(const RequestState&, SimTime) override {}
  void on_tokens(std::int64_t, SimTime, SimTime) override {}
  void on_finish(const RequestState& request, SimTime) override { finished[request.id] = request; }
  void on_step(const StepRecord& record, const Replica& replica) override {
    std::string text;
    for (std::size_t i = 0; i < replica.ranks().size(); ++i) {
      text += i > 0 ? " |" : "";
      for (const ScheduledRequest& entry : (*record.plans)[i].scheduled) {
        text += fmt::format(" {}{}", name(replica.ranks()[i].request(entry.slot).id), entry.tokens);
      }
      for (const std::int64_t id : (*record.plans)[i].preempted) {
        text += fmt::format(" -{}", name(id));
      }
    }
    steps.push_back(text.substr(text.starts_with(' ') ? 1 : 0));
  }

 private:
  static char name(std::int64_t id) { return static_cast<char>('A' + id); }
};

// Serves the trace to its end on one replica.
inline StepLog log_steps(const EngineConfig& config, const Trace& trace,
                         bool has_identity = false) {
  ServiceInput input;
  input.trace = &trace;
  ConstantTimer timer;
  StepLog log;
  Replica replica(config, input, timer, log, has_identity);
  for (std::size_t i = 0; i < trace.requests.size(); ++i) {
    replica.push(static_cast<std::int64_t>(i), trace.requests[i].arrival);
  }
  replica.advance();
  return log;
}

// A small engine without prefix cache, one step in flight.
inline EngineConfig small_engine(std::int64_t blocks, std::int64_t block_size = 4) {
  EngineConfig config;
  config.block_size = block_size;
  config.blocks = blocks;
  config.max_num_seqs = 8;
  config.max_num_batched_tokens = 100;
  config.max_model_len = blocks * block_size;
  config.async_scheduling = false;
  config.enable_prefix_caching = false;
  return config;
}

}  // namespace moru::testing
