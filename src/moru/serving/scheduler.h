// A batching policy: which requests get how many tokens in the next step. One file each in
// scheduler/, registered by name; each stands for one engine.
#pragma once

#include "moru/serving/rank.h"

#include <cstdint>
#include <vector>

namespace moru {

// What an engine does where its user says nothing, and how it shares out memory.
struct EngineDefaults {
  enum class MemoryRule {
    of_all,          // weights, activations, runtime and KV cache together get the share (vLLM)
    weights_and_kv,  // weights and KV cache get the share of what the runtime leaves (SGLang)
    of_free,         // the KV cache gets the share of what all else leaves (TensorRT-LLM)
  };
  std::int64_t block_size = 16;
  std::int64_t max_num_seqs = 256;
  std::int64_t max_num_batched_tokens = 2048;
  bool enable_chunked_prefill = true;
  MemoryRule memory_rule = MemoryRule::of_all;
  double memory_share = 0.9;
  // Batch sizes of the recorded graphs, ascending; empty: vLLM's rule (padded_tokens()).
  std::vector<std::int64_t> graph_sizes;
  // Prefixes are kept in a radix tree, where blocks are single tokens.
  bool has_radix_cache = false;
  // Recorded graphs serve steps with prompts too.
  bool graphs_hold_prompts = true;
};

// Contract: schedule() looks only at the rank; it moves requests between the waiting and the
// running list, takes and frees KV blocks, advances RequestState::computed for what it schedules,
// and fills `plan`. It never sees the time a step takes. Every rank has a scheduler of its own.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  virtual EngineDefaults defaults(const Deployment& deployment, const Chip& chip) const = 0;
  virtual bool supports(SchedulingPolicy policy) const { return policy == SchedulingPolicy::fcfs; }
  virtual void schedule(Rank& rank, SimTime now, StepPlan& plan) = 0;
  // Whether a set of decoding requests can be advanced many steps at once when nobody can join.
  virtual bool runs_ahead() const { return false; }
  // Whether no request that waits, or will, can be admitted while the running list keeps its size
  // and free blocks only become fewer.
  virtual bool is_admission_blocked(const Rank&) const { return false; }
  // So many steps were taken without a call of schedule().
  virtual void ran_ahead(std::int64_t) {}
  // Until told otherwise no waiting prompt may start; schedulers of attention split by requests.
  void hold_prompts(bool is_held) { holds_prompts_ = is_held; }

 protected:
  bool holds_prompts_ = false;
  static std::int32_t blocks_for(const Rank& rank, std::int64_t tokens) {
    const std::int64_t size = rank.config().block_size;
    return static_cast<std::int32_t>((tokens + size - 1) / size);
  }
};

}  // namespace moru
