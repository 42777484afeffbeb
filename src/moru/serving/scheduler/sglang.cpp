// SGLang 0.5: prompts first, in steps of their own; decoding in between.
//
// python/sglang/srt/managers/scheduler.py (get_next_batch_to_run), schedule_policy.py
// (PrefillAdder) and schedule_batch.py (retract_decode) of 0.5.9:
// * While prompts wait and fit, a step computes prompts only, at most chunked_prefill_size tokens
//   (here max_num_batched_tokens); the prompt that did not fit whole goes on in the next step.
//   Decodes pause, unless --enable-mixed-chunk lets them join.
// * A prompt is admitted if it fits beside what is expected of everybody's answer: for running
//   requests a share `new_token_ratio` of what they may still generate, for itself all of it (4,096
//   tokens at most). The share falls with every decode step.
// * When decodes run out of memory the requests with the shortest answers are retracted, and the
//   share is set anew.
// Page size 1: memory is counted in tokens.
#include "moru/base/registry.h"
#include "moru/serving/scheduler.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace moru {
namespace {

// CLIP_MAX_NEW_TOKENS and the environment variables SGLANG_INIT_NEW_TOKEN_RATIO, …
constexpr std::int64_t kMostExpectedTokens = 4096;
constexpr double kFirstRatio = 0.7;
constexpr double kLeastRatio = 0.7 * 0.14;
constexpr double kRatioDecay = (kFirstRatio - kLeastRatio) / 600;
constexpr std::int64_t kRetractSteps = 20;
// --max-prefill-tokens
constexpr std::int64_t kMostPromptTokens = 16384;
// Longer queues are not sorted by cached prefix.
constexpr std::size_t kLongestSortedQueue = 128;

class Sglang final : public Scheduler {
 public:
  EngineDefaults defaults(const Deployment& deployment, const Chip& chip) const override;

  bool supports(SchedulingPolicy policy) const override {
    return policy == SchedulingPolicy::fcfs || policy == SchedulingPolicy::lpm;
  }

  void schedule(Rank& rank, SimTime now, StepPlan& plan) override {
    plan_prompts(rank, now, plan);
    const bool is_prompt_step = !plan.scheduled.empty();
    if (!is_prompt_step || rank.config().enable_mixed_chunk) {
      decode(rank, is_prompt_step, plan);
    }
  }

  bool runs_ahead() const override { return true; }
  bool is_admission_blocked(const Rank& rank) const override {
    return chunked_ < 0 &&
           (full_at_ == rank.running_count() || rank.running_count() >= rank.config().max_num_seqs);
  }
  void ran_ahead(std::int64_t steps) override {
    ratio_ = std::max(kLeastRatio, ratio_ - kRatioDecay * static_cast<double>(steps));
  }

 private:
  static std::int64_t expected(const RequestState& request) {
    return std::clamp<std::int64_t>(request.output - request.generated() - request.placeholders, 0,
                                    kMostExpectedTokens);
  }
  static bool ends_in_flight(const Rank& rank, const RequestState& request) {
    return rank.config().knows_output_length &&
           request.generated() + request.placeholders >= request.output;
  }
  static bool is_decoding(const RequestState& request) {
    return request.length + request.placeholders - request.computed == 1;
  }

  // What a step of prompts may still take; PrefillAdder's budgets.
  struct Budget {
    std::int64_t memory = 0;  // tokens, with everybody's expected answers taken off
    std::int64_t prompt_tokens = 0;
    std::int64_t chunk = 0;
    bool has_room() const { return memory > 0 && prompt_tokens > 0 && chunk > 0; }
    void take(std::int64_t tokens, std::int64_t answer) {
      memory -= tokens + answer;
      prompt_tokens -= tokens;
      chunk -= tokens;
    }
  };

  Budget budget_of(const Rank& rank) const {
    Budget budget;
    std::int64_t decoding = 0;
    double answers = 0;
    for (const std::int32_t slot : rank.running()) {
      if (slot != chunked_) {
        answers += static_cast<double>(expected(rank.request(slot)));
        ++decoding;
      }
    }
    const std::int64_t mixed = rank.config().enable_mixed_chunk ? decoding : 0;
    budget.memory = rank.free_blocks() * rank.config().block_size - mixed -
                    static_cast<std::int64_t>(answers * ratio_);
    budget.prompt_tokens = kMostPromptTokens - mixed;
    budget.chunk = (rank.config().enable_chunked_prefill ? rank.config().max_num_batched_tokens
                                                         : kMostPromptTokens) -
                   mixed;
    return budget;
  }

  void plan_prompts(Rank& rank, SimTime now, StepPlan& plan) {
    if (chunked_ >= 0 && rank.request(chunked_).status != RequestStatus::running) {
      chunked_ = -1;
    }
    // Once something did not fit, nothing is tried until a request has left.
    if (rank.running_count() < full_at_ || rank.running().empty()) {
      full_at_ = kNotFull;
    }
    if (chunked_ < 0 && (rank.waiting().empty() || full_at_ != kNotFull ||
                         rank.running_count() >= rank.config().max_num_seqs)) {
      return;
    }
    Budget budget = budget_of(rank);
    if (chunked_ >= 0) {
      go_on(rank, budget, plan);
    } else {
      sort_by_cached_prefix(rank);
    }
    // A whole prompt or nothing may stand behind one that was cut.
    while (chunked_ < 0 && budget.has_room() && !rank.waiting().empty() &&
           rank.running_count() < rank.config().max_num_seqs) {
      if (!admit(rank, now, budget, plan)) {
        break;
      }
    }
  }

  // The next chunk of the prompt that was cut. What it computed so far can be found by others.
  void go_on(Rank& rank, Budget& budget, StepPlan& plan) {
    const std::int32_t slot = chunked_;
    RequestState& request = rank.request(slot);
    rank.pool().publish(slot, request, request.computed);
    const std::int64_t left = request.length - request.computed;
    std::int64_t tokens = std::min(left, budget.chunk);
    tokens = budget.memory > 0 ? std::min(tokens, budget.memory) : tokens;
    const std::int64_t room =
        (rank.free_blocks() + request.blocks) * rank.config().block_size - request.computed;
    tokens = std::min(tokens, room);
    if (tokens <= 0) {
      return;
    }
    extend(rank, slot, static_cast<std::int32_t>(tokens), plan);
    const bool is_last = tokens == left;
    budget.take(tokens, is_last ? expected(request) : 0);
    chunked_ = is_last ? -1 : slot;
  }

  // The head of the queue; false if it has to wait.
  bool admit(Rank& rank, SimTime now, Budget& budget, StepPlan& plan) {
    const std::int64_t page = rank.config().block_size;
    const std::int32_t slot = rank.waiting().front();
    RequestState& request = rank.request(slot);
    const PrefixHit hit = rank.pool().lookup(slot, request);
    const std::int64_t cached = hit.blocks * page;
    const std::int64_t tokens = request.length - cached;
    // What is cached but unused stops being free once it is used.
    const std::int64_t memory = budget.memory - hit.unreferenced * page;
    // An empty engine takes whatever it holds, or the request would wait for ever.
    const bool is_alone = rank.running().empty() && plan.scheduled.empty();
    if (!is_alone && tokens + expected(request) >= memory) {
      full_at_ = rank.running_count();
      return false;
    }
    if (tokens >= budget.prompt_tokens && !plan.scheduled.empty()) {
      return false;
    }
    const std::int64_t part = tokens <= budget.chunk ? tokens : chunk_of(budget.chunk, page, plan);
    const std::int32_t fresh = blocks_for(rank, cached + part) - hit.blocks;
    if (part == 0 || fresh + hit.unreferenced > rank.free_blocks()) {
      return false;
    }
    rank.waiting().pop_front();
    rank.running().push_back(slot);
    rank.start(slot, hit, now);
    rank.pool().admit(slot, request, hit, fresh);
    rank.launch(slot, static_cast<std::int32_t>(part), plan);
    budget.memory = memory;
    budget.take(part, part == tokens ? expected(request) : 0);
    chunked_ = part == tokens ? -1 : slot;
    return true;
  }

  // Whole pages, if the step is not to be empty.
  static std::int64_t chunk_of(std::int64_t budget, std::int64_t page, const StepPlan& plan) {
    const std::int64_t whole = budget / page * page;
    return whole == 0 && plan.scheduled.empty() ? budget : whole;
  }

  static void extend(Rank& rank, std::int32_t slot, std::int32_t tokens, StepPlan& plan) {
    RequestState& request = rank.request(slot);
    const std::int32_t wanted = blocks_for(rank, request.computed + tokens) - request.blocks;
    if (wanted > 0) {
      rank.pool().grow(slot, request, wanted);
    }
    rank.launch(slot, tokens, plan);
  }

  // --schedule-policy lpm: longest cached prefix first, else in order of arrival.
  static void sort_by_cached_prefix(Rank& rank) {
    std::deque<std::int32_t>& waiting = rank.waiting();
    if (rank.config().scheduling_policy != SchedulingPolicy::lpm ||
        waiting.size() > kLongestSortedQueue) {
      return;
    }
    std::vector<std::pair<std::int32_t, std::int32_t>> order;  // blocks, slot
    for (const std::int32_t slot : waiting) {
      order.emplace_back(-rank.pool().lookup(slot, rank.request(slot)).blocks, slot);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::transform(order.begin(), order.end(), waiting.begin(),
                   [](const auto& entry) { return entry.second; });
  }

  void decode(Rank& rank, bool is_mixed, StepPlan& plan) {
    std::vector<std::int32_t> decoding;
    std::int64_t wanted = 0;
    for (const std::int32_t slot : rank.running()) {
      const RequestState& request = rank.request(slot);
      const bool is_planned =
          is_mixed && std::any_of(plan.scheduled.begin(), plan.scheduled.end(),
                                  [&](const ScheduledRequest& e) { return e.slot == slot; });
      if (slot != chunked_ && !is_planned && is_decoding(request) &&
          !ends_in_flight(rank, request)) {
        decoding.push_back(slot);
        wanted += blocks_for(rank, request.computed + 1) - request.blocks;
      }
    }
    if (wanted > rank.free_blocks()) {
      retract(rank, decoding, plan);
    } else if (!decoding.empty()) {
      ran_ahead(1);
    }
    for (const std::int32_t slot : decoding) {
      extend(rank, slot, 1, plan);
    }
  }

  // Shortest answers first, of equal ones the longest prompt, until the next token of the rest
  // fits; then the share expected of answers follows from what the rest has generated.
  void retract(Rank& rank, std::vector<std::int32_t>& decoding, StepPlan& plan) {
    std::vector<std::int32_t> order = decoding;
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
      const RequestState& left = rank.request(a);
      const RequestState& right = rank.request(b);
      return std::tuple(-left.generated(), left.prompt) <
             std::tuple(-right.generated(), right.prompt);
    });
    const auto wanted = [&] {
      std::int64_t blocks = 0;
      for (const std::int32_t slot : order) {
        const RequestState& request = rank.request(slot);
        blocks += blocks_for(rank, request.computed + 1) - request.blocks;
      }
      return blocks;
    };
    while (!order.empty() && wanted() > rank.free_blocks()) {
      const std::int32_t victim = order.back();
      order.pop_back();
      std::erase(rank.running(), victim);
      std::erase(decoding, victim);
      rank.retract(victim, plan);
    }
    std::int64_t generated = kRetractSteps * static_cast<std::int64_t>(order.size());
    std::int64_t all = 1;
    for (const std::int32_t slot : order) {
      generated += rank.request(slot).generated();
      all += rank.request(slot).output;
    }
    ratio_ = std::min(1.0, static_cast<double>(generated) / static_cast<double>(all));
  }

  double ratio_ = kFirstRatio;
  std::int32_t chunked_ = -1;  // slot of the prompt that was cut
  static constexpr std::int64_t kNotFull = std::numeric_limits<std::int64_t>::max();
  std::int64_t full_at_ = kNotFull;  // size of the running list beside which a prompt did not fit
};

// server_args.py of 0.5.9, _handle_gpu_memory_settings.
EngineDefaults Sglang::defaults(const Deployment& deployment, const Chip& chip) const {
  constexpr double kGib = 1024.0 * 1024 * 1024;
  const double memory = chip.main_memory()->capacity->value.value / kGib;
  const bool is_wide = deployment.tensor_parallel_size >= 4;
  EngineDefaults defaults;
  defaults.block_size = 1;
  defaults.has_radix_cache = true;
  defaults.max_num_seqs = 2048;  // its least; more where memory holds many long contexts
  defaults.max_num_batched_tokens = memory < 35    ? 2048
                                    : memory < 60  ? 4096
                                    : memory < 160 ? 8192
                                                   : 16384;
  std::int64_t largest = memory < 60 ? (is_wide ? 80 : 24) : is_wide ? 512 : 256;
  largest = memory < 35    ? largest
            : memory < 60  ? (is_wide ? 160 : 32)
            : memory < 160 ? largest
                           : 512;
  for (const std::int64_t size : {1, 2, 4, 8, 12}) {
    defaults.graph_sizes.push_back(size);
  }
  for (std::int64_t size = 16; size <= largest; size += size < 256 ? 8 : size < 512 ? 16 : 32) {
    defaults.graph_sizes.push_back(size);
  }
  defaults.graphs_hold_prompts = false;
  defaults.memory_rule = EngineDefaults::MemoryRule::weights_and_kv;
  // MiB of metadata, activations of a chunk, graphs and parallel groups.
  const double parallel =
      deployment.tensor_parallel_size * deployment.pipeline_parallel_size / 8.0 * 1024;
  double reserved = 512 + 1.5 * static_cast<double>(defaults.max_num_batched_tokens) +
                    2 * static_cast<double>(largest) + parallel;
  if (deployment.data_parallel_size > 1) {
    reserved +=
        static_cast<double>(largest) * deployment.data_parallel_size * (largest > 300 ? 4.5 : 3.0);
  }
  reserved = memory > 60 ? std::max(reserved, 10.0 * 1024) : reserved;
  defaults.memory_share = std::max(0.1, 1 - reserved / (memory * 1024));
  return defaults;
}

MORU_REGISTER(Scheduler, Sglang, "sglang",
              "SGLang 0.5: prompts before decodes in steps of their own, admission by expected "
              "answers, retraction of the shortest answers");

}  // namespace
}  // namespace moru
