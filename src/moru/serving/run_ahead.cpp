// Decode steps of an unchanged set of requests, without walking the set at every step.
//
// While nobody joins, leaves or is preempted, a decode step differs from the one before only in its
// contexts, which grow by one token per request: the sums the cost model reads advance linearly, KV
// blocks are needed at offsets that repeat every block_size steps, and every request gets its token
// at the end of the step. So a run of n steps over d requests costs O(d + n), and gives exactly
// what n single steps give (tests/serving_property_test.cpp holds the two equal).
#include "moru/serving/replica.h"

#include <algorithm>

namespace moru {

struct Replica::Run {
  std::int64_t most_steps = 0;
  BatchWork work;                          // of the first step
  std::vector<std::int64_t> growing;       // per rule: requests whose keys grow by one each step
  std::vector<std::int64_t> fresh_blocks;  // by step modulo block size
};

bool Replica::is_steady() const {
  if (ranks_.size() != 1 || stage_free_.size() != 1 || !schedulers_.front()->runs_ahead() ||
      events_.wants_steps() || queue_.size() + 1 != depth_) {
    return false;
  }
  const Rank& rank = ranks_.front();
  const auto size = static_cast<std::int64_t>(rank.running().size());
  if (size == 0 || size > config_.max_num_batched_tokens || !rank.pool().counts_only()) {
    return false;
  }
  const bool is_async = config_.async_scheduling;
  if (is_async && (!config_.knows_output_length || queue_.front().plans.front().tokens != size)) {
    return false;
  }
  // Newcomers stand at the end of the list, so looking from there decides soonest.
  return std::all_of(rank.running().rbegin(), rank.running().rend(), [&](std::int32_t slot) {
    const RequestState& request = rank.request(slot);
    return request.first_token >= 0 && request.placeholders == (is_async ? 1 : 0) &&
           request.length + request.placeholders - request.computed == 1;
  });
}

Replica::Run Replica::plan_run() const {
  const Rank& rank = ranks_.front();
  const std::span<const ContextRule> rules = timer_.rules();
  Run run;
  run.most_steps = std::numeric_limits<std::int64_t>::max();
  run.growing.assign(rules.size(), 0);
  run.fresh_blocks.assign(static_cast<std::size_t>(config_.block_size), 0);
  run.work.contexts.resize(rules.size());
  run.work.tokens = run.work.sampled = run.work.sequences = rank.running_count();
  for (const std::int32_t slot : rank.running()) {
    const RequestState& request = rank.request(slot);
    // The last token goes the ordinary way, because it ends the request.
    run.most_steps = std::min<std::int64_t>(run.most_steps,
                                            request.prompt + request.output - 1 - request.length);
    if (request.first_sent < 0) {
      run.most_steps =
          std::min<std::int64_t>(run.most_steps, config_.first_chunk_tokens - request.generated());
    }
    const std::int64_t room = request.blocks * config_.block_size - request.computed;
    ++run.fresh_blocks[static_cast<std::size_t>(room % config_.block_size)];
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const AttentionWork work = attention_work(rules[i], {1, request.computed});
      run.work.contexts[i].decode.add(work);
      const auto keys = static_cast<std::int64_t>(work.pairs);
      if (rules[i].kind == ContextKind::full) {
        ++run.growing[i];
      } else if (keys < rules[i].span || rules[i].kind == ContextKind::chunk) {
        ++run.growing[i];
        run.most_steps = std::min(run.most_steps, rules[i].span - keys + 1);
      }
    }
  }
  return run;
}

// The first token of a run follows tokens that may lie at different times.
void Replica::emit_first(SimTime now) {
  Rank& rank = ranks_.front();
  for (const std::int32_t slot : rank.running()) {
    RequestState& request = rank.request(slot);
    ++request.length;
    events_.on_token(request, now);
    --request.length;
  }
}

void Replica::commit_run(std::int64_t steps, SimTime last_token) {
  Rank& rank = ranks_.front();
  const auto count = static_cast<std::int32_t>(steps);
  std::int64_t fresh = 0;
  for (const std::int32_t slot : rank.running()) {
    RequestState& request = rank.request(slot);
    request.length += count;
    request.computed += count;
    request.last_token = last_token;
    if (request.first_sent < 0 && request.generated() >= config_.first_chunk_tokens) {
      request.first_sent = last_token;
    }
    const auto blocks =
        static_cast<std::int32_t>((request.computed + config_.block_size - 1) / config_.block_size);
    fresh += std::max(blocks - request.blocks, 0);
    request.blocks = std::max(blocks, request.blocks);
  }
  rank.pool().take(fresh);
  if (!queue_.empty()) {
    for (ScheduledRequest& entry : queue_.front().plans.front().scheduled) {
      entry.computed_before += count;
    }
  }
}

bool Replica::run_ahead(SimTime horizon) {
  if (!is_steady()) {
    return false;
  }
  const bool is_blocked = !ranks_.front().waiting().empty() &&
                          schedulers_.front()->is_admission_blocked(ranks_.front());
  if (!is_blocked && !ranks_.front().waiting().empty()) {
    return false;
  }
  Run run = plan_run();
  const std::int64_t size = run.work.sequences;
  std::int64_t free = ranks_.front().free_blocks();
  std::int64_t steps = 0;
  SimTime last_token = -1;
  // The end of the step in flight (asynchronous), or of the last one.
  SimTime flying_end = queue_.empty() ? now_ : queue_.front().record.end;
  for (; steps < run.most_steps && now_ < horizon; ++steps) {
    const std::int64_t polled = decodes_since_poll_;
    // The decision before the first step has looked already.
    const bool is_expecting = !is_blocked && !arrivals_.empty() && arrivals_.next_time() <= now_;
    if (steps > 0 && is_polling() && is_expecting) {
      decodes_since_poll_ = config_.scheduler_recv_interval;
      break;
    }
    const std::int64_t fresh =
        run.fresh_blocks[static_cast<std::size_t>(steps % config_.block_size)];
    if (fresh > free) {
      decodes_since_poll_ = polled;
      break;
    }
    works_.front() = run.work;
    timer_.time(works_, durations_);
    const SimTime start = std::max(now_, flying_end);
    const SimTime end = start + durations_.front();
    const SimTime token = queue_.empty() ? end : flying_end;
    if (token > horizon) {
      decodes_since_poll_ = polled;
      break;
    }
    timer_.commit();
    free -= fresh;
    account(start, end, size, config_.blocks - free);
    ++step_index_;
    if (steps == 0) {
      emit_first(token);
    } else {
      events_.on_tokens(size, token, token - last_token);
    }
    last_token = token;
    now_ = token;
    flying_end = end;
    for (std::size_t i = 0; i < run.growing.size(); ++i) {
      AttentionWork& decode = run.work.contexts[i].decode;
      decode.pairs += static_cast<double>(run.growing[i]);
      decode.cached_keys += static_cast<double>(run.growing[i]);
      decode.longest += run.growing[i] > 0 ? 1 : 0;
    }
  }
  if (steps == 0) {
    return false;
  }
  commit_run(steps, last_token);
  schedulers_.front()->ran_ahead(steps);
  stage_free_.front() = flying_end;
  if (!queue_.empty()) {
    queue_.front().record.end = flying_end;
  }
  return true;
}

}  // namespace moru
