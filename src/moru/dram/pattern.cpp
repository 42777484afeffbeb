#include "moru/dram/pattern.h"

#include "moru/base/error.h"

#include <algorithm>

namespace moru {
namespace {

// Writes that a shared cache sends to one channel in one go. It cannot be seen from outside: 1024
// (32 KiB; 3% of an A100's cache over its 40 channels) leaves reads with writes 2% below reads
// alone (docs/design/dram-sustained.md).
constexpr std::uint64_t kDrained = 1024;

// Consecutive bytes that stay in one row: a line of the shared cache.
constexpr int kLineBytes = 128;

}  // namespace

DramRequest sequential_access(const DramGeometry& g, std::uint64_t x) {
  const auto take = [&x](std::uint64_t count) {
    const std::uint64_t digit = x % count;
    x /= count;
    return static_cast<int>(digit);
  };
  const int pc = take(static_cast<std::uint64_t>(g.pseudo_channels));
  const int group = take(static_cast<std::uint64_t>(g.bank_groups));
  // Without bank groups consecutive accesses must change the bank to use the data bus fully.
  const bool is_spread = g.bank_groups == 1 && g.banks % 2 == 0;
  const int spread = is_spread ? take(2) : 0;
  const int burst = take(static_cast<std::uint64_t>(g.bursts()));
  const int bank = is_spread ? spread + 2 * take(static_cast<std::uint64_t>(g.banks / 2))
                             : take(static_cast<std::uint64_t>(g.banks));
  const int sid = take(static_cast<std::uint64_t>(g.sids));
  DramRequest request;
  request.row = static_cast<std::uint32_t>(x % static_cast<std::uint64_t>(g.rows));
  request.burst = static_cast<std::uint16_t>(burst);
  request.bank =
      static_cast<std::uint8_t>(((pc * g.sids + sid) * g.bank_groups + group) * g.banks + bank);
  return request;
}

DramRequest local_access(const DramGeometry& g, int pseudo_channel, std::uint64_t x) {
  const auto take = [&x](std::uint64_t count) {
    const std::uint64_t digit = x % count;
    x /= count;
    return static_cast<int>(digit);
  };
  const int line = std::max(kLineBytes / g.access_bytes(), 1);
  const int piece = g.bursts() % line == 0 ? line : 1;
  const int low = take(static_cast<std::uint64_t>(piece));
  const int group = take(static_cast<std::uint64_t>(g.bank_groups));
  const int high = take(static_cast<std::uint64_t>(g.bursts() / piece));
  const int bank = take(static_cast<std::uint64_t>(g.banks));
  const int sid = take(static_cast<std::uint64_t>(g.sids));
  DramRequest request;
  request.row = static_cast<std::uint32_t>(x % static_cast<std::uint64_t>(g.rows));
  request.burst = static_cast<std::uint16_t>(high * piece + low);
  request.bank = static_cast<std::uint8_t>(
      ((pseudo_channel * g.sids + sid) * g.bank_groups + group) * g.banks + bank);
  return request;
}

PatternSource::PatternSource(const DramSpec& spec, const Settings& settings)
    : geometry_(spec.geometry),
      settings_(settings),
      random_(settings.seed),
      ticks_per_request_(std::max<std::int64_t>(1, spec.burst / spec.geometry.pseudo_channels)) {
  if (settings.load_permille < 1 || settings.load_permille > 1000) {
    fail("the load must be 0.1% to 100% of the peak request rate");
  }
  if (settings.pattern == DramPattern::local) {
    for (DramRequest& stream : streams_) {
      stream = sequential_access(geometry_, random_.next());
    }
  }
}

void PatternSource::draw_arrival() {
  const std::int64_t load = settings_.load_permille;
  if (settings_.pattern == DramPattern::burst) {
    if (left_in_burst_ == 0) {
      left_in_burst_ = 1 + random_.next() % 64;
      const auto mean = static_cast<std::uint64_t>(ticks_per_request_ * 32 * 1000 / load);
      available_ += static_cast<Tick>(1 + random_.next() % (2 * mean - 1));
    }
    --left_in_burst_;
  } else if (load < 1000) {
    const auto mean = static_cast<std::uint64_t>(ticks_per_request_ * 1000 / load);
    available_ += static_cast<Tick>(1 + random_.next() % (2 * mean - 1));
  }
}

DramRequest PatternSource::draw_hot() {
  DramRequest request = sequential_access(geometry_, random_.next());
  const int bank = request.bank % geometry_.banks;
  request.bank = static_cast<std::uint8_t>(request.bank - bank + bank % 2);
  request.row %= 4;
  request.burst %= 2;
  request.is_write = random_.next() % 2 != 0;
  return request;
}

DramRequest PatternSource::draw_local() {
  DramRequest& stream = streams_[random_.next() % streams_.size()];
  if (random_.next() % 16 == 0) {
    stream = sequential_access(geometry_, random_.next());
  }
  stream.burst = static_cast<std::uint16_t>((stream.burst + 1) % geometry_.bursts());
  DramRequest request = stream;
  request.is_write = random_.next() % 100 < 30;
  return request;
}

DramRequest PatternSource::draw_paged() {
  const auto pcs = static_cast<std::uint64_t>(geometry_.pseudo_channels);
  const std::uint64_t length = std::max<std::uint64_t>(settings_.run_length, 1);
  const auto pc = static_cast<std::size_t>(made_ % pcs);
  const std::uint64_t x = made_ / pcs;
  if (x % length == 0) {
    page_at_[pc] = random_.next() / length * length;
  }
  return local_access(geometry_, static_cast<int>(pc), page_at_[pc] + x % length);
}

DramRequest PatternSource::draw_drained() {
  const std::uint64_t at = made_ % (3 * kDrained);
  const std::uint64_t round = made_ / (3 * kDrained);
  const bool is_write = at >= 2 * kDrained;
  // Two arrays: what is read, and half as long what is written.
  DramRequest request = sequential_access(
      geometry_, is_write ? round * kDrained + at - 2 * kDrained : round * 2 * kDrained + at);
  request.is_write = is_write;
  if (is_write) {
    request.row = static_cast<std::uint32_t>((request.row + geometry_.rows / 2) % geometry_.rows);
  }
  return request;
}

DramRequest PatternSource::draw() {
  const bool every_third = made_ % 3 == 2;
  DramRequest request;
  switch (settings_.pattern) {
    case DramPattern::stream:
    case DramPattern::mixed:
      request = sequential_access(geometry_, made_);
      request.is_write = settings_.pattern == DramPattern::mixed && every_third;
      return request;
    case DramPattern::random:
    case DramPattern::randmix:
    case DramPattern::burst:
      request = sequential_access(geometry_, random_.next());
      request.is_write = settings_.pattern != DramPattern::random && every_third;
      return request;
    case DramPattern::wrheavy:
      request = sequential_access(geometry_, random_.next());
      request.is_write = made_ % 3 != 0;
      return request;
    case DramPattern::stride:
      request = sequential_access(geometry_, made_ * 37 + 5);
      request.is_write = made_ % 3 == 1;
      return request;
    case DramPattern::hot:
      return draw_hot();
    case DramPattern::local:
      return draw_local();
    case DramPattern::paged:
      return draw_paged();
    case DramPattern::drained:
      return draw_drained();
  }
  return request;
}

std::span<const DramRequest> PatternSource::next() {
  constexpr std::size_t kPiece = 1024;
  piece_.clear();
  while (!ended_ && piece_.size() < kPiece) {
    if (made_ >= settings_.count) {
      ended_ = true;
      break;
    }
    draw_arrival();
    if (available_ > settings_.last) {
      ended_ = true;
      break;
    }
    DramRequest request = draw();
    request.available = available_;
    piece_.push_back(request);
    ++made_;
  }
  return piece_;
}

}  // namespace moru
