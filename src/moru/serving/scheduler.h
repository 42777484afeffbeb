// A batching policy: which requests get how many tokens in the next step. One file each in
// scheduler/, registered by name.
#pragma once

#include "moru/serving/rank.h"

namespace moru {

// Contract: schedule() looks only at the rank; it moves requests between the waiting and the
// running list, takes and frees KV blocks, advances RequestState::computed for what it schedules,
// and fills `plan`. It never sees the time a step takes.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  virtual void schedule(Rank& rank, SimTime now, StepPlan& plan) const = 0;
  // Whether a set of decoding requests can be advanced many steps at once when nobody can join.
  virtual bool runs_ahead() const { return false; }
  // Whether no request that waits, or will, can be admitted while the running list keeps its size
  // and free blocks only become fewer.
  virtual bool is_admission_blocked(const Rank&) const { return false; }
};

}  // namespace moru
