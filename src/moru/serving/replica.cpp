#include "moru/serving/replica.h"

#include "moru/base/registry.h"

#include <algorithm>

namespace moru {

Replica::Replica(const EngineConfig& config, const ServiceInput& input, StepTimer& timer,
                 ReplicaEvents& events, bool has_identity)
    : config_(config),
      arrivals_(input),
      timer_(timer),
      events_(events),
      depth_(config.async_scheduling ? 2 : static_cast<std::size_t>(config.parallelism.pipeline)),
      has_identity_(has_identity),
      stage_free_(static_cast<std::size_t>(config.parallelism.pipeline), 0) {
  make_ranks();
  works_.resize(ranks_.size());
}

void Replica::make_ranks() {
  const auto count = static_cast<std::size_t>(config_.parallelism.data);
  ranks_.clear();
  schedulers_.clear();
  ranks_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    ranks_.emplace_back(config_, has_identity_);
    schedulers_.push_back(Registry<Scheduler>::make(config_.scheduler, "scheduler"));
  }
}

void Replica::advance_loads(SimTime horizon) {
  if (horizon >= quiet_until_) {
    advance(horizon);
    quiet_until_ = quiet_until();
  }
}

// While all requests decode and have blocks to grow into, one with k tokens to go ends after k
// steps, and the steps only grow with the contexts; half of the last one is their least, which
// on_finish() checks.
SimTime Replica::quiet_until() const {
  if (!arrivals_.empty() || is_deciding_) {
    return 0;
  }
  if (queue_.empty()) {
    return has_unfinished() ? 0 : kForever;
  }
  std::int64_t fewest = std::numeric_limits<std::int32_t>::max();
  for (const Rank& rank : ranks_) {
    if (!rank.waiting().empty()) {
      return 0;
    }
    if (const std::int64_t running = rank.running_count(); running > 0) {
      // In n steps a request takes n / block_size + 1 blocks at most.
      fewest = std::min(fewest, (rank.free_blocks() / running - 1) * config_.block_size);
    }
    for (const std::int32_t slot : rank.running()) {
      const RequestState& request = rank.request(slot);
      if (request.first_token < 0 || request.preemptions > 0) {
        return 0;
      }
      fewest = std::min<std::int64_t>(fewest, request.output - request.generated());
    }
  }
  if (fewest < 1) {
    return 0;
  }
  const StepRecord& last = queue_.back().record;
  return queue_.front().record.end + (fewest - 1) * ((last.end - last.start) / 2);
}

Replica::Lost Replica::fail() {
  Lost lost;
  for (const Rank& rank : ranks_) {
    for (RequestState& state : rank.unfinished()) {
      lost.requests.push_back(state);
    }
  }
  for (const Arrival& arrival : arrivals_.take_all()) {
    if (const auto resumed = resumed_.extract(arrival.id)) {
      lost.requests.push_back(resumed.mapped());
    } else if (arrival.sent > horizon_) {
      lost.later.push_back(arrival);
    } else {
      lost.requests.push_back(arrivals_.input().state(arrival.id));
      lost.requests.back().arrival = arrival.sent;
    }
  }
  for (RequestState& state : lost.requests) {
    state.computed = state.placeholders = state.blocks = state.in_flight = 0;
    state.status = RequestStatus::waiting;
  }
  make_ranks();
  queue_.clear();
  is_deciding_ = false;
  now_ = std::max(now_, horizon_);
  std::fill(stage_free_.begin(), stage_free_.end(), now_);
  last_end_ = std::min(last_end_, now_);
  unanswered_tokens_ = 0;
  quiet_until_ = 0;
  return lost;
}

void Replica::resume(RequestState state, SimTime now) {
  arrivals_.push({pass_front_end(state.id, now), state.id, state.arrival});
  quiet_until_ = 0;
  unanswered_tokens_ += state.first_token < 0 ? state.prompt : 0;
  resumed_.insert_or_assign(state.id, state);
}

void Replica::expect(std::int64_t id, SimTime sent) {
  arrivals_.release({sent + front_end_time(id), id, sent});
  quiet_until_ = 0;
}

std::int64_t Replica::waiting() const {
  std::int64_t sum = 0;
  for (const Rank& rank : ranks_) {
    sum += rank.waiting_count();
  }
  return sum;
}

std::int64_t Replica::used_blocks() const {
  std::int64_t sum = 0;
  for (const Rank& rank : ranks_) {
    sum += config_.blocks - rank.free_blocks();
  }
  return sum;
}

std::int64_t Replica::running() const {
  std::int64_t sum = 0;
  for (const Rank& rank : ranks_) {
    sum += rank.running_count();
  }
  return sum;
}

bool Replica::has_unfinished() const {
  return std::any_of(ranks_.begin(), ranks_.end(),
                     [](const Rank& rank) { return rank.has_unfinished(); });
}

SimTime Replica::front_end_time(std::int64_t id) const {
  const Request& request = arrivals_.input().trace->requests[static_cast<std::size_t>(id)];
  const double seconds = config_.front_end_seconds +
                         config_.tokenisation_seconds * static_cast<double>(request.prompt_tokens);
  return static_cast<SimTime>(seconds * 1e9 + 0.5);
}

// One process takes in requests, one after the other.
SimTime Replica::pass_front_end(std::int64_t id, SimTime sent) {
  front_end_free_ = std::max(front_end_free_, sent) + front_end_time(id);
  return front_end_free_;
}

void Replica::push(std::int64_t id, SimTime arrival) {
  arrivals_.push({pass_front_end(id, arrival), id, arrival});
  quiet_until_ = 0;
  unanswered_tokens_ +=
      arrivals_.input().trace->requests[static_cast<std::size_t>(id)].prompt_tokens;
}

void Replica::advance(SimTime horizon) {
  horizon_ = horizon;
  while (!needs_identity_) {
    if (is_deciding_) {
      if (now_ >= horizon) {
        return;
      }
      if (is_polling()) {
        deliver(now_, true);
      }
      if (!run_ahead(horizon)) {
        decide();
      }
    } else if (!queue_.empty()) {
      const SimTime end = queue_.front().record.end;
      // Requests that arrive during the step are routed by what the ranks held then.
      if (config_.scheduler_recv_interval <= 1) {
        deliver(std::min(end, horizon), false);
      }
      if (end > horizon) {
        return;
      }
      now_ = std::max(now_, end);
      complete();
      is_deciding_ = true;
    } else {
      if (arrivals_.empty() || arrivals_.next_time() > horizon) {
        return;
      }
      now_ = std::max(now_, arrivals_.next_time());
      is_deciding_ = true;
    }
  }
}

bool Replica::is_polling() {
  if (config_.scheduler_recv_interval <= 1 || !has_decoded_ || !has_unfinished() ||
      ++decodes_since_poll_ >= config_.scheduler_recv_interval) {
    decodes_since_poll_ = 0;
    return true;
  }
  return false;
}

void Replica::deliver(SimTime until, bool is_inclusive) {
  while (!arrivals_.empty() &&
         (arrivals_.next_time() < until || (is_inclusive && arrivals_.next_time() == until))) {
    const bool is_counted = arrivals_.is_pushed_next();
    const auto [time, id, sent] = arrivals_.pop();
    RequestState state = arrivals_.input().state(id);
    unanswered_tokens_ += is_counted ? 0 : state.prompt;
    state.arrival = sent;
    if (!resumed_.empty()) {
      if (const auto resumed = resumed_.extract(id)) {
        state = resumed.mapped();
      }
    }
    ranks_[route()].enqueue(state, arrivals_.input().content(id));
    totals_.peak_waiting = std::max(totals_.peak_waiting, waiting());
  }
}

std::size_t Replica::route() {
  const std::size_t count = ranks_.size();
  if (count == 1) {
    return 0;
  }
  if (config_.rank_routing == RankRouting::round_robin) {
    return next_rank_++ % count;
  }
  const std::size_t first = config_.rank_routing == RankRouting::rotating ? next_rank_ : 0;
  std::size_t best = first;
  std::int64_t best_score = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < count; ++i) {
    const Rank& rank = ranks_[(first + i) % count];
    const std::int64_t score = 4 * rank.waiting_count() + rank.running_count();
    if (score < best_score) {
      best_score = score;
      best = (first + i) % count;
    }
  }
  next_rank_ = (best + 1) % count;
  return best;
}

Replica::InFlight Replica::take_spare() {
  InFlight step;
  if (!spare_.empty()) {
    step = std::move(spare_.back());
    spare_.pop_back();
  }
  step.plans.resize(ranks_.size());
  for (StepPlan& plan : step.plans) {
    plan.clear();
  }
  step.free_after_schedule.clear();
  return step;
}

// _balance_adp_requests of TensorRT-LLM (pyexecutor/py_executor.py): prompts wait until every rank
// has one, because a step takes as long as its slowest rank, but not for ever, and not for a rank
// that has nothing else to do.
void Replica::balance_prompts() {
  const auto all = [this](auto&& holds) {
    return std::all_of(ranks_.begin(), ranks_.end(), holds);
  };
  const bool have_prompts = all([](const Rank& rank) { return !rank.waiting().empty(); });
  const bool have_room =
      all([this](const Rank& rank) { return rank.running_count() < config_.max_num_seqs; });
  const bool have_decodes = all([](const Rank& rank) { return !rank.running().empty(); });
  ++held_steps_;
  const bool is_held = !(have_prompts && have_room) && have_decodes &&
                       held_steps_ < config_.attention_dp_timeout_iters;
  held_steps_ = is_held ? held_steps_ : 0;
  for (const auto& scheduler : schedulers_) {
    scheduler->hold_prompts(is_held);
  }
}

bool Replica::only_decodes(const std::vector<StepPlan>& plans) const {
  for (std::size_t i = 0; i < plans.size(); ++i) {
    for (const ScheduledRequest& entry : plans[i].scheduled) {
      if (entry.computed_before < ranks_[i].request(entry.slot).prompt) {
        return false;
      }
    }
  }
  return true;
}

void Replica::decide() {
  is_deciding_ = false;
  bool has_work = false;
  for (Rank& rank : ranks_) {
    has_work = rank.take_finished_flag() || rank.has_unfinished() || has_work;
  }
  if (!has_work) {
    return;
  }
  if (config_.attention_dp_timeout_iters > 0 && ranks_.size() > 1) {
    balance_prompts();
  }
  InFlight step = take_spare();
  std::int64_t tokens = 0;
  bool has_preempted = false;
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    StepPlan& plan = step.plans[i];
    schedulers_[i]->schedule(ranks_[i], now_, plan);
    tokens += plan.tokens;
    totals_.preemptions += static_cast<std::int64_t>(plan.preempted.size());
    has_preempted = has_preempted || !plan.preempted.empty();
    step.free_after_schedule.push_back(ranks_[i].free_blocks());
  }
  has_decoded_ = config_.scheduler_recv_interval > 1 && only_decodes(step.plans);
  needs_identity_ = has_preempted && config_.enable_prefix_caching && !has_identity_;
  step.record.decided = now_;
  if (tokens > 0) {
    launch(std::move(step));
    is_deciding_ = queue_.size() < depth_;
    return;
  }
  // A decision that schedules nothing takes a place in the queue and no time; it is worth telling
  // only if it preempted.
  step.record.start = std::max(now_, stage_free_.front());
  step.record.end = step.record.start;
  step.record.index = has_preempted ? step_index_++ : -1;
  if (queue_.empty() && !has_preempted && has_unfinished()) {
    throw Error(ErrorKind::internal,
                "the scheduler can start none of the waiting requests and nothing is running");
  }
  enqueue(std::move(step));
}

BatchWork Replica::work_of(const StepPlan& plan) const {
  const std::span<const ContextRule> rules = timer_.rules();
  BatchWork work;
  work.contexts.resize(rules.size());
  work.tokens = plan.tokens;
  work.sequences = static_cast<std::int64_t>(plan.scheduled.size());
  // One new token that sees the whole context, nearly all of a batch: the same for every such rule.
  std::int64_t decodes = 0;
  std::int64_t keys = 0;
  std::int64_t longest = 0;
  for (const ScheduledRequest& entry : plan.scheduled) {
    work.sampled += entry.samples ? 1 : 0;
    const Sequence sequence{entry.tokens, entry.computed_before};
    const bool is_decode = entry.tokens == 1;
    if (is_decode) {
      const std::int64_t seen = entry.computed_before + 1;
      ++decodes;
      keys += seen;
      longest = std::max(longest, seen);
    }
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (!is_decode || rules[i].kind != ContextKind::full) {
        ContextWork& context = work.contexts[i];
        (is_decode ? context.decode : context.prefill).add(attention_work(rules[i], sequence));
      }
    }
  }
  const auto sum = static_cast<double>(keys);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].kind == ContextKind::full) {
      work.contexts[i].decode.add({decodes, decodes, sum, sum, longest});
    }
  }
  return work;
}

void Replica::launch(InFlight step) {
  std::int64_t tokens = 0;
  std::int64_t used = 0;
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    works_[i] = work_of(step.plans[i]);
    tokens += step.plans[i].tokens;
    used += config_.blocks - step.free_after_schedule[i];
  }
  timer_.time(works_, durations_);
  timer_.commit();
  SimTime end = now_;
  for (std::size_t stage = 0; stage < durations_.size(); ++stage) {
    const SimTime start = std::max(end, stage_free_[stage]);
    if (stage == 0) {
      step.record.start = start;
    }
    end = start + durations_[stage];
    stage_free_[stage] = end;
  }
  step.record.end = end;
  step.record.index = step_index_++;
  account(step.record.start, end, tokens, used);
  enqueue(std::move(step));
}

void Replica::enqueue(InFlight step) {
  queue_.push_back(std::move(step));
  InFlight& last = queue_.back();
  last.record.plans = &last.plans;
  last.record.free_after_schedule = &last.free_after_schedule;
  if (events_.wants_steps() && last.record.index >= 0) {
    events_.on_step(last.record, *this);
  }
}

void Replica::account(SimTime start, SimTime end, std::int64_t tokens, std::int64_t used_blocks) {
  const SimTime duration = end - std::max(start, last_end_);
  last_end_ = end;
  ++totals_.steps;
  totals_.scheduled_tokens += tokens;
  totals_.busy += duration;
  totals_.used_block_time += static_cast<double>(used_blocks) * static_cast<double>(duration);
  totals_.peak_used_blocks = std::max(totals_.peak_used_blocks, used_blocks);
  totals_.running_time += static_cast<double>(running()) * static_cast<double>(duration);
}

void Replica::complete() {
  InFlight step = std::move(queue_.front());
  queue_.pop_front();
  step.record.plans = &step.plans;
  step.record.free_after_schedule = &step.free_after_schedule;
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    ranks_[i].process(step.plans[i], now_, *this);
  }
  if (events_.wants_steps() && step.record.index >= 0) {
    events_.on_step_done(step.record, *this);
  }
  spare_.push_back(std::move(step));
}

void Replica::on_token(const RequestState& request, SimTime now) {
  unanswered_tokens_ -= request.first_token < 0 ? request.prompt : 0;
  events_.on_token(request, now);
}

void Replica::on_finish(const RequestState& request, SimTime now) {
  if (now < quiet_until_ && quiet_until_ != kForever) {
    throw Error(ErrorKind::internal, "a request ended before it could: steps became much shorter");
  }
  const std::vector<FollowUp>& follow_ups = arrivals_.input().follow_ups;
  if (!follow_ups.empty()) {
    const FollowUp& follow_up = follow_ups[static_cast<std::size_t>(request.id)];
    if (follow_up.next >= 0) {
      const SimTime sent = now + follow_up.think;
      arrivals_.release({sent + front_end_time(follow_up.next), follow_up.next, sent});
      events_.on_finish(request, now);
      return;
    }
  }
  if (const auto held = arrivals_.take_held(now)) {
    arrivals_.release({pass_front_end(held->second, held->first), held->second, held->first});
  }
  events_.on_finish(request, now);
}

}  // namespace moru
