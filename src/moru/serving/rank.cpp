#include "moru/serving/rank.h"

#include <algorithm>
#include <tuple>

namespace moru {

void StepPlan::clear() {
  scheduled.clear();
  preempted.clear();
  tokens = 0;
}

Rank::Rank(const EngineConfig& config, bool has_identity)
    : config_(config), content_(config.block_size), has_identity_(has_identity) {
  if (!has_identity) {
    pool_ = make_counting_pool(config.blocks);
  } else if (config.has_radix_cache && config.block_size == 1) {
    pool_ = make_radix_pool(config.blocks, content_);
  } else {
    pool_ = make_prefix_pool(config.blocks, config.block_size, content_);
  }
}

void Rank::enqueue(const RequestState& request, const TokenContent& content) {
  std::int32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::int32_t>(slots_.size());
    slots_.push_back(request);
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[static_cast<std::size_t>(slot)] = request;
  }
  if (has_identity_) {
    content_.assign(slot, content);
  }
  if (config_.scheduling_policy == SchedulingPolicy::priority) {
    insert_by_priority(slot);
  } else {
    waiting_.push_back(slot);
  }
}

void Rank::insert_by_priority(std::int32_t slot) {
  const auto goes_first = [this](std::int32_t a, std::int32_t b) {
    const RequestState& left = request(a);
    const RequestState& right = request(b);
    return std::tie(left.priority, left.arrival, left.id) <
           std::tie(right.priority, right.arrival, right.id);
  };
  waiting_.insert(std::upper_bound(waiting_.begin(), waiting_.end(), slot, goes_first), slot);
}

void Rank::start(std::int32_t slot, const PrefixHit& hit, SimTime now) {
  RequestState& started = request(slot);
  started.status = RequestStatus::running;
  started.computed = static_cast<std::int32_t>(hit.blocks * config_.block_size);
  if (started.first_scheduled < 0) {
    started.first_scheduled = now;
    started.cached_tokens = started.computed;
  }
}

void Rank::drop(std::int32_t slot, StepPlan& plan) {
  RequestState& victim = request(slot);
  pool_->release(slot, victim);
  victim.computed = 0;
  victim.status = RequestStatus::preempted;
  ++victim.preemptions;
  plan.preempted.push_back(victim.id);
}

void Rank::retract(std::int32_t slot, StepPlan& plan) {
  drop(slot, plan);
  waiting_.push_back(slot);
}

void Rank::preempt(std::int32_t slot, StepPlan& plan) {
  drop(slot, plan);
  if (config_.scheduling_policy == SchedulingPolicy::priority) {
    insert_by_priority(slot);
  } else {
    waiting_.push_front(slot);
  }
}

std::int32_t Rank::withdraw(std::int32_t slot, StepPlan& plan) {
  const auto entry = std::find_if(plan.scheduled.begin(), plan.scheduled.end(),
                                  [slot](const ScheduledRequest& e) { return e.slot == slot; });
  if (entry == plan.scheduled.end()) {
    return 0;
  }
  const ScheduledRequest launched = *entry;
  plan.scheduled.erase(entry);
  plan.tokens -= launched.tokens;
  RequestState& chosen = request(slot);
  chosen.computed = launched.computed_before;
  chosen.placeholders -= launched.samples && uses_placeholders() ? 1 : 0;
  --chosen.in_flight;
  return launched.tokens;
}

void Rank::launch(std::int32_t slot, std::int32_t tokens, StepPlan& plan) {
  RequestState& chosen = request(slot);
  const std::int32_t before = chosen.computed;
  chosen.computed += tokens;
  const bool samples = chosen.computed >= chosen.length + chosen.placeholders;
  if (samples && uses_placeholders()) {
    ++chosen.placeholders;
  }
  ++chosen.in_flight;
  plan.scheduled.push_back({slot, tokens, before, samples});
  plan.tokens += tokens;
}

void Rank::process(const StepPlan& plan, SimTime now, RankEvents& events) {
  bool any_finished = false;
  for (const ScheduledRequest& entry : plan.scheduled) {
    RequestState& state = request(entry.slot);
    --state.in_flight;
    if (state.status == RequestStatus::finished) {
      free_slot_if_unused(entry.slot);
      continue;
    }
    if (!entry.samples) {
      continue;
    }
    ++state.length;
    state.placeholders -= uses_placeholders() ? 1 : 0;
    events.on_token(state, now);
    if (state.first_token < 0) {
      state.first_token = now;
    }
    if (state.first_sent < 0 &&
        (state.generated() >= config_.first_chunk_tokens || state.generated() == state.output)) {
      state.first_sent = now;
    }
    state.last_token = now;
    if (has_identity_ && state.status == RequestStatus::running) {
      pool_->publish(entry.slot, state, state.computed - state.placeholders);
    }
    if (state.generated() == state.output) {
      finish(entry.slot, now, events);
      any_finished = true;
    }
  }
  if (any_finished) {
    has_finished_ = true;
    std::erase_if(running_, [this](std::int32_t slot) {
      if (request(slot).status != RequestStatus::finished) {
        return false;
      }
      free_slot_if_unused(slot);
      return true;
    });
  }
}

void Rank::finish(std::int32_t slot, SimTime now, RankEvents& events) {
  RequestState& state = request(slot);
  pool_->release(slot, state);
  const bool was_waiting = state.status == RequestStatus::preempted;
  state.status = RequestStatus::finished;
  events.on_finish(state, now);
  if (was_waiting) {
    // Its last token was in flight when it was preempted.
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), slot));
    free_slot_if_unused(slot);
  }
}

// A finished request's slot may be named by a step still in flight.
void Rank::free_slot_if_unused(std::int32_t slot) {
  if (request(slot).in_flight > 0) {
    return;
  }
  if (has_identity_) {
    pool_->forget(slot);
    content_.forget(slot);
  }
  free_slots_.push_back(slot);
}

std::vector<RequestState> Rank::unfinished() const {
  std::vector<RequestState> all;
  for (const std::int32_t slot : waiting_) {
    all.push_back(request(slot));
  }
  for (const std::int32_t slot : running_) {
    all.push_back(request(slot));
  }
  std::sort(all.begin(), all.end(),
            [](const RequestState& a, const RequestState& b) { return a.id < b.id; });
  return all;
}

bool Rank::take_finished_flag() { return std::exchange(has_finished_, false); }

}  // namespace moru
