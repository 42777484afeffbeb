#include "moru/model/batch.h"

#include <algorithm>

namespace moru {
namespace {

// Sum of min(i, limit) for i = first..last.
double clipped_sum(std::int64_t first, std::int64_t last, std::int64_t limit) {
  const auto triangle = [](std::int64_t n) {
    return static_cast<double>(n) * static_cast<double>(n + 1) / 2;
  };
  if (last <= limit) {
    return triangle(last) - triangle(first - 1);
  }
  if (first > limit) {
    return static_cast<double>(last - first + 1) * static_cast<double>(limit);
  }
  return triangle(limit) - triangle(first - 1) +
         static_cast<double>(last - limit) * static_cast<double>(limit);
}

// Sum of ((i - 1) mod span) + 1 for i = 1..n: keys seen inside chunks of `span`.
double chunked_sum(std::int64_t n, std::int64_t span) {
  const double whole = static_cast<double>(n / span);
  const double rest = static_cast<double>(n % span);
  const double size = static_cast<double>(span);
  return whole * size * (size + 1) / 2 + rest * (rest + 1) / 2;
}

}  // namespace

void AttentionWork::add(const AttentionWork& other) {
  sequences += other.sequences;
  query_tokens += other.query_tokens;
  pairs += other.pairs;
  cached_keys += other.cached_keys;
  longest = std::max(longest, other.longest);
}

AttentionWork attention_work(const ContextRule& rule, const Sequence& sequence) {
  const std::int64_t first = sequence.context + 1;  // keys the first query may see
  const std::int64_t last = sequence.context + sequence.new_tokens;
  AttentionWork work{1, sequence.new_tokens, 0, 0, 0};
  switch (rule.kind) {
    case ContextKind::full:
      work.pairs = clipped_sum(first, last, last);
      work.longest = last;
      break;
    case ContextKind::window:
      work.pairs = clipped_sum(first, last, rule.span);
      work.longest = std::min(last, rule.span + sequence.new_tokens - 1);
      break;
    case ContextKind::chunk:
      work.pairs = chunked_sum(last, rule.span) - chunked_sum(sequence.context, rule.span);
      work.longest = last - (sequence.context / rule.span) * rule.span;
      break;
    case ContextKind::sparse:
      work.pairs = clipped_sum(first, last, rule.span);
      // Each query chooses its own keys; one read of all of them bounds what a kernel can share.
      work.longest = std::min(last, rule.span * sequence.new_tokens);
      break;
  }
  work.cached_keys = static_cast<double>(work.longest);
  return work;
}

BatchWork batch_work(std::span<const ContextRule> rules, std::span<const Sequence> sequences) {
  BatchWork batch;
  batch.contexts.resize(rules.size());
  for (const Sequence& sequence : sequences) {
    batch.tokens += sequence.new_tokens;
    batch.sampled += 1;
    batch.sequences += 1;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      ContextWork& context = batch.contexts[i];
      (sequence.new_tokens == 1 ? context.decode : context.prefill)
          .add(attention_work(rules[i], sequence));
    }
  }
  return batch;
}

BatchWork equal_batch_work(std::span<const ContextRule> rules, std::int64_t count,
                           const Sequence& each) {
  BatchWork batch;
  batch.tokens = count * each.new_tokens;
  batch.sampled = batch.sequences = count;
  for (const ContextRule& rule : rules) {
    AttentionWork all = attention_work(rule, each);
    all.sequences *= count;
    all.query_tokens *= count;
    all.pairs *= static_cast<double>(count);
    all.cached_keys *= static_cast<double>(count);
    ContextWork context;
    (each.new_tokens == 1 ? context.decode : context.prefill) = all;
    batch.contexts.push_back(context);
  }
  return batch;
}

}  // namespace moru
