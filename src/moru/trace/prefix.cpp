#include "moru/trace/prefix.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace moru {
namespace {

using Tokens = std::span<const std::int64_t>;

std::size_t common_prefix(Tokens a, Tokens b) {
  const auto [at, ignored] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(at - a.begin());
}

// Where the prompt at one place of the sorted order parts from others: depths and, for each, the
// first prompt of the run that is equal up to it.
struct Parting {
  std::size_t depth = 0;
  std::size_t first = 0;
};

// Depths at which prompt k parts from one before it, deepest last. `common[k]` is what sorted
// prompts k - 1 and k have in common; a stack of its suffix minima holds the runs still open.
std::vector<std::vector<Parting>> partings_from_left(const std::vector<std::size_t>& common) {
  std::vector<std::vector<Parting>> all(common.size());
  std::vector<Parting> open;
  for (std::size_t k = 1; k < common.size(); ++k) {
    std::size_t first = k - 1;
    while (!open.empty() && open.back().depth >= common[k]) {
      first = open.back().first;
      open.pop_back();
    }
    if (common[k] > 0) {
      open.push_back({common[k], first});
    }
    all[k] = open;
  }
  return all;
}

// The same from prompts after k; only depths, since the run's first prompt stands to the left.
std::vector<std::vector<std::size_t>> depths_from_right(const std::vector<std::size_t>& common) {
  std::vector<std::vector<std::size_t>> all(common.size());
  std::vector<std::size_t> open;
  for (std::size_t k = common.size() - 1; k > 0; --k) {
    while (!open.empty() && open.back() >= common[k]) {
      open.pop_back();
    }
    if (common[k] > 0) {
      open.push_back(common[k]);
    }
    all[k - 1] = open;
  }
  return all;
}

std::size_t first_of_run(const std::vector<Parting>& left, std::size_t depth, std::size_t k) {
  const auto run = std::find_if(left.begin(), left.end(),
                                [depth](const Parting& parting) { return parting.depth >= depth; });
  return run == left.end() ? k : run->first;
}

template <class T>
void append_bytes(std::string& key, T value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  // The finaliser of SplitMix64 (Steele et al. 2014), as in base/rng.
  std::uint64_t z = (hash ^ value) + 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

}  // namespace

void TokenPrompts::share_prefixes(Trace& trace) const {
  if (tokens_.empty()) {
    return;
  }
  const auto prompt = [this](std::size_t i) {
    const std::size_t end = i + 1 < begins_.size() ? begins_[i + 1] : tokens_.size();
    return Tokens(tokens_).subspan(begins_[i], end - begins_[i]);
  };
  std::vector<std::size_t> order(begins_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Tokens x = prompt(a);
    const Tokens y = prompt(b);
    return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end());
  });
  std::vector<std::size_t> common(order.size());
  for (std::size_t k = 1; k < order.size(); ++k) {
    common[k] = common_prefix(prompt(order[k - 1]), prompt(order[k]));
  }
  const auto left = partings_from_left(common);
  const auto right = depths_from_right(common);
  std::map<std::pair<std::size_t, std::size_t>, std::int64_t> streams;  // (run's first, depth)
  for (std::size_t k = 0; k < order.size(); ++k) {
    std::vector<std::size_t> depths = right[k];
    for (const Parting& parting : left[k]) {
      depths.push_back(parting.depth);
    }
    std::sort(depths.begin(), depths.end());
    depths.erase(std::unique(depths.begin(), depths.end()), depths.end());
    Request& request = trace.requests[order[k]];
    request.first_segment = static_cast<std::int32_t>(trace.segments.size());
    std::size_t done = 0;
    for (const std::size_t depth : depths) {
      const auto next = static_cast<std::int64_t>(streams.size());
      const auto run = std::pair(first_of_run(left[k], depth, k), depth);
      trace.segments.push_back(
          {streams.emplace(run, next).first->second, static_cast<std::int32_t>(depth - done)});
      done = depth;
    }
    const std::int32_t rest = request.prompt_tokens - static_cast<std::int32_t>(done);
    if (rest > 0) {
      trace.segments.push_back({private_stream(static_cast<std::int64_t>(order[k])), rest});
    }
    request.num_segments = static_cast<std::int32_t>(trace.segments.size()) - request.first_segment;
  }
}

std::vector<std::int64_t> PrefixBlocks::ids_of(const Request& request) {
  std::vector<std::int64_t> ids;
  if (request.num_segments == 0) {
    for (std::int32_t done = 0; done < request.prompt_tokens; done += block_tokens_) {
      ids.push_back(next_id_++);
    }
    return ids;
  }
  std::int64_t before = -1;
  std::string key;
  std::int32_t filled = 0;
  const auto close_block = [&] {
    append_bytes(key, before);
    const auto [at, is_new] = ids_.emplace(std::move(key), next_id_);
    next_id_ += is_new ? 1 : 0;
    before = at->second;
    ids.push_back(before);
    key.clear();
    filled = 0;
  };
  for (const PromptSegment& segment : segments_of(trace_, request)) {
    for (std::int32_t offset = 0; offset < segment.length;) {
      const std::int32_t taken = std::min(segment.length - offset, block_tokens_ - filled);
      append_bytes(key, segment.stream);
      append_bytes(key, offset);
      append_bytes(key, taken);
      offset += taken;
      filled += taken;
      if (filled == block_tokens_) {
        close_block();
      }
    }
  }
  if (filled > 0) {
    close_block();
  }
  return ids;
}

PrefixReuse prefix_reuse(const Trace& trace) {
  PrefixReuse reuse;
  reuse.is_stated = !trace.segments.empty();
  // Longest piece of each stream seen after each prefix.
  std::unordered_map<std::uint64_t, std::int32_t> seen;
  std::int64_t tokens = 0;
  std::int64_t tokens_seen = 0;
  std::int64_t blocks = 0;
  std::int64_t blocks_seen = 0;
  for (const Request& request : trace.requests) {
    tokens += request.prompt_tokens;
    blocks += request.num_segments;
    std::uint64_t prefix = 0;
    bool is_shared = true;
    for (const PromptSegment& segment : segments_of(trace, request)) {
      const std::uint64_t here = mix(prefix, static_cast<std::uint64_t>(segment.stream));
      std::int32_t& longest = seen[here];
      if (is_shared) {
        tokens_seen += std::min(longest, segment.length);
      }
      is_shared = is_shared && longest >= segment.length;
      blocks_seen += is_shared ? 1 : 0;
      longest = std::max(longest, segment.length);
      prefix = mix(here, static_cast<std::uint64_t>(segment.length));
    }
  }
  if (tokens > 0) {
    reuse.tokens = static_cast<double>(tokens_seen) / static_cast<double>(tokens);
  }
  if (blocks > 0) {
    reuse.segments = static_cast<double>(blocks_seen) / static_cast<double>(blocks);
  }
  return reuse;
}

}  // namespace moru
