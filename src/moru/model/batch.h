// One forward pass over a batch, described by the sums that its cost depends on.
//
// A batch is a list of sequences, each with `new_tokens` to process after `context` tokens that are
// already in the KV cache. Projections, MLPs and norms see only the total of new tokens; the
// vocabulary projection sees only the sequences that sample; attention sees query-key pairs and
// cached tokens. A serving engine keeps these sums up to date instead of walking a list.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace moru {

struct Sequence {
  std::int64_t new_tokens = 0;  // processed in this step
  std::int64_t context = 0;     // already cached before it
};

// What limits the keys that a query may see.
enum class ContextKind {
  full,    // all before it
  window,  // the last `span` ones (sliding-window attention; the query itself counts)
  chunk,   // those of its own chunk of `span` (Llama 4's chunked attention)
  sparse,  // the `span` best of all, chosen by an indexer (DeepSeek sparse attention)
};

struct ContextRule {
  ContextKind kind = ContextKind::full;
  std::int64_t span = 0;  // unused by full
  friend constexpr bool operator==(const ContextRule&, const ContextRule&) = default;
};

// Sums over sequences under one rule.
struct AttentionWork {
  std::int64_t sequences = 0;
  std::int64_t query_tokens = 0;
  double pairs = 0;          // query-key pairs that are multiplied
  double cached_keys = 0;    // distinct keys read per sequence, new ones included, summed
  std::int64_t longest = 0;  // largest number of keys of one sequence

  void add(const AttentionWork& other);
};

// Sequences with one new token (decode) run in other kernels than longer ones (prefill).
struct ContextWork {
  AttentionWork prefill;
  AttentionWork decode;
};

// The work of one sequence under a rule, in closed form.
AttentionWork attention_work(const ContextRule& rule, const Sequence& sequence);

struct BatchWork {
  std::int64_t tokens = 0;   // new tokens of all sequences
  std::int64_t sampled = 0;  // sequences whose last logits are needed
  std::int64_t sequences = 0;
  std::vector<ContextWork> contexts;  // one per rule of Model::context_rules(), same order
};

// The sums of a list of sequences. `sampled` = all of them.
BatchWork batch_work(std::span<const ContextRule> rules, std::span<const Sequence> sequences);
// Those of `count` sequences like `each`, without walking them.
BatchWork equal_batch_work(std::span<const ContextRule> rules, std::int64_t count,
                           const Sequence& each);

}  // namespace moru
