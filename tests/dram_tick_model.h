// A slow model of the reference's controllers, tick by tick and request by request, written from
// the prose of the golden data's specification. It shares no code with the engine except the
// constraint table and the request generator, and stands in for the reference where there is no
// golden trace.
#pragma once

#include "moru/dram/channel.h"
#include "moru/dram/spec.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace moru::testing {

class DramTickModel {
 public:
  DramTickModel(const DramSpec& spec, const ControllerOptions& options)
      : spec_(spec),
        options_(options),
        g_(spec.geometry),
        bank_(static_cast<std::size_t>(g_.flat_banks())) {
    next_refresh_bank_ = spec.has("nREFIpb") ? spec.ticks("nREFIpb") : 0;
    allowed_.assign(static_cast<std::size_t>(g_.ranks()), 0);
    moved_.assign(static_cast<std::size_t>(g_.ranks()), 0);
  }

  void run(const std::vector<DramRequest>& requests, Tick ticks) {
    std::size_t head = 0;
    for (clk_ = 1; clk_ <= ticks; ++clk_) {
      if (head < requests.size() && requests[head].available <= clk_ - 1 &&
          accept(requests[head])) {
        ++head;
      }
      complete();
      refresh();
      select();
    }
  }

  std::vector<CommandRecord> commands;
  RequestTimes times;

 private:
  using C = DramCommand;
  struct Request {
    int kind;  // 0 read, 1 write, -1 refresh
    int bank;
    std::uint32_t row;
    int burst;
    Tick arrived;
    std::size_t id;
    int first_rank = 0, end_rank = 0;  // of an all-bank refresh (bank == -1)
  };
  struct Bank {
    int state = 0;  // 0 closed, 1 open, 2 activating
    std::uint32_t row = 0;
  };
  using Queue = std::vector<Request>;

  bool accept(const DramRequest& r) {
    const bool in_writes = std::any_of(write_.begin(), write_.end(), [&](const Request& w) {
      return w.bank == r.bank && w.row == r.row && w.burst == r.burst;
    });
    const std::size_t id = times.accept.size();
    if (!in_writes) {
      Queue& queue = r.is_write ? write_ : read_;
      if (static_cast<int>(queue.size()) >=
          (r.is_write ? options_.write_queue : options_.read_queue)) {
        return false;
      }
      queue.push_back({r.is_write, r.bank, r.row, r.burst, clk_ - 1, id});
    }
    times.accept.push_back(clk_ - 1);
    times.done.push_back(in_writes && r.is_write ? clk_ - 1 : -1);
    if (in_writes && !r.is_write) {
      fifo_.push_back({id, clk_});
    }
    return true;
  }
  void complete() {
    while (!fifo_.empty() && fifo_.front().second <= clk_) {
      times.done[fifo_.front().first] = clk_;
      fifo_.pop_front();
    }
  }

  // --- tree -------------------------------------------------------------------------------------
  int node(DramLevel level, int bank) const {
    switch (level) {
      case DramLevel::channel:
        return 0;
      case DramLevel::pseudo_channel:
        return bank / (g_.banks * g_.bank_groups * g_.sids);
      case DramLevel::sid:
        return bank / (g_.banks * g_.bank_groups);
      case DramLevel::bank_group:
        return bank / g_.banks;
      case DramLevel::bank:
        return bank;
    }
    return 0;
  }
  std::vector<int> banks_of(const Request& r) const {
    if (r.bank >= 0) {
      return {r.bank};
    }
    std::vector<int> banks;
    for (int b = 0; b < g_.flat_banks(); ++b) {
      if (node(DramLevel::sid, b) >= r.first_rank && node(DramLevel::sid, b) < r.end_rank) {
        banks.push_back(b);
      }
    }
    return banks;
  }
  static bool has(const std::vector<C>& list, C c) {
    return std::find(list.begin(), list.end(), c) != list.end();
  }
  Tick& ready(DramLevel level, int n, C c) {
    return ready_[{static_cast<int>(level), n, index_of(c)}];
  }
  bool can(C c, const Request& r) {
    for (int b : banks_of(r)) {
      for (int level = 0; level < 5; ++level) {
        if (ready(static_cast<DramLevel>(level), node(static_cast<DramLevel>(level), b), c) >
            clk_) {
          return false;
        }
      }
    }
    return true;
  }
  void apply(C c, const Request& r) {
    for (int level = 0; level < 5; ++level) {
      const auto l = static_cast<DramLevel>(level);
      std::vector<int> nodes;
      for (int b : banks_of(r)) {
        if (nodes.empty() || nodes.back() != node(l, b)) {
          nodes.push_back(node(l, b));
        }
      }
      for (int n : nodes) {
        std::vector<Tick>& past = past_[{level, n, index_of(c)}];
        past.push_back(clk_);
        for (const DramConstraint& row : spec_.constraints) {
          if (row.level != l || !has(row.from, c) || static_cast<int>(past.size()) < row.window) {
            continue;
          }
          const Tick p = past[past.size() - static_cast<std::size_t>(row.window)];
          for (const C to : row.to) {
            if (!row.siblings) {
              ready(l, n, to) = std::max(ready(l, n, to), p + row.min);
              continue;
            }
            const int children = l == DramLevel::pseudo_channel ? g_.pseudo_channels
                                 : l == DramLevel::sid          ? g_.sids
                                 : l == DramLevel::bank_group   ? g_.bank_groups
                                                                : g_.banks;
            for (int s = n / children * children; s < (n / children + 1) * children; ++s) {
              if (s != n) {
                ready(l, s, to) = std::max(ready(l, s, to), clk_ + row.min);
              }
            }
          }
        }
      }
    }
  }

  // --- commands ---------------------------------------------------------------------------------
  C current(const Request& r) const {
    if (r.kind < 0) {
      for (int b : banks_of(r)) {
        if (bank_[static_cast<std::size_t>(b)].state != 0) {
          return r.bank < 0 ? C::pre_all : C::pre;
        }
      }
      return r.bank < 0 ? C::ref_all : C::ref_bank;
    }
    const Bank& b = bank_[static_cast<std::size_t>(r.bank)];
    if (b.state == 0) {
      return C::act;
    }
    if (b.state == 2) {
      return C::act2;
    }
    if (b.row == r.row) {
      return r.kind == 0 ? C::rd : C::wr;
    }
    return C::pre;
  }
  bool guard_ok(C c, const Request& r) const {
    if (c != C::pre && c != C::pre_all) {
      return true;
    }
    const std::vector<int> banks = banks_of(r);
    return std::none_of(active_.begin(), active_.end(), [&](const Request& a) {
      return std::find(banks.begin(), banks.end(), a.bank) != banks.end();
    });
  }
  void log(C c, const Request& r) {
    CommandRecord made;
    made.tick = clk_;
    made.command = c;
    made.type = static_cast<std::int8_t>(r.kind);
    if (r.bank >= 0) {
      made.pseudo_channel = static_cast<std::int16_t>(node(DramLevel::pseudo_channel, r.bank));
      made.sid = static_cast<std::int16_t>(node(DramLevel::sid, r.bank) % g_.sids);
      made.bank_group =
          static_cast<std::int16_t>(node(DramLevel::bank_group, r.bank) % g_.bank_groups);
      made.bank = static_cast<std::int16_t>(r.bank % g_.banks);
      made.row = r.kind < 0 ? -1 : static_cast<std::int32_t>(r.row);
      made.column = r.kind < 0 ? -1 : r.burst * g_.burst_length;
    } else if (spec_.refresh_scope != DramLevel::channel) {
      made.pseudo_channel = static_cast<std::int16_t>(r.first_rank / g_.sids);
      if (spec_.refresh_scope == DramLevel::sid) {
        made.sid = static_cast<std::int16_t>(r.first_rank % g_.sids);
      }
    }
    commands.push_back(made);
  }
  std::optional<std::size_t> fr_fcfs(const Queue& queue, auto filter) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < queue.size(); ++i) {
      const C c = current(queue[i]);
      if (filter(c, queue[i]) && can(c, queue[i]) &&
          (!best || queue[i].arrived < queue[*best].arrived)) {
        best = i;
      }
    }
    return best;
  }
  Queue& chosen_queue() {
    if (!mode_) {
      mode_ = static_cast<double>(write_.size()) > options_.write_high * options_.write_queue ||
              read_.empty();
    } else if (static_cast<double>(write_.size()) < options_.write_low * options_.write_queue &&
               !read_.empty()) {
      mode_ = false;
    }
    return mode_ ? write_ : read_;
  }
  // Issues the current command of queue[i] and moves the request on.
  void issue(Queue& queue, std::size_t i) {
    const Request r = queue[i];
    const C c = current(r);
    log(c, r);
    apply(c, r);
    const bool rising = clk_ % 2 == 1;
    if (c != C::rd && c != C::wr && rising) {
      pair_ = {clk_ + (c == C::act ? 3 : 1),
               r.bank >= 0 ? node(DramLevel::pseudo_channel, r.bank) : r.first_rank / g_.sids,
               r.bank, true};
    }
    switch (c) {
      case C::act:
        if (spec_.controller == ControllerKind::split_activate) {
          bank_[static_cast<std::size_t>(r.bank)] = {2, r.row};
          pending_ = r;
          deadline_ = clk_ + spec_.ticks("nAAD");
        } else {
          bank_[static_cast<std::size_t>(r.bank)] = {1, r.row};
          active_.push_back(r);
        }
        queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
        return;
      case C::pre:
      case C::pre_all:
        for (int b : banks_of(r)) {
          bank_[static_cast<std::size_t>(b)].state = 0;
        }
        return;
      case C::rd:
        fifo_.push_back({r.id, clk_ + spec_.read_latency});
        break;
      case C::wr:
        times.done[r.id] = clk_;
        break;
      default:
        break;
    }
    if (spec_.controller == ControllerKind::split_activate && (c == C::rd || c == C::wr)) {
      expiry_ = std::max(expiry_, clk_ + spec_.ticks(c == C::rd ? "nRL" : "nWL") +
                                      spec_.ticks("nBL") + spec_.ticks("nWCKPST"));
    }
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
  }

  // --- slots ------------------------------------------------------------------------------------
  static bool is_column(C c) { return c == C::rd || c == C::wr; }
  bool paired_ok(const Request& r) const {
    if (!pair_.exists || clk_ != pair_.edge) {
      return true;
    }
    const int pc = r.bank >= 0 ? node(DramLevel::pseudo_channel, r.bank) : r.first_rank / g_.sids;
    if (pc != pair_.pc) {
      return true;
    }
    return pair_.bank >= 0 && r.bank >= 0 && r.bank != pair_.bank;
  }
  void select() {
    switch (spec_.controller) {
      case ControllerKind::single_bus:
        return single();
      case ControllerKind::two_bus:
        return two(false);
      case ControllerKind::two_bus_edges:
        return two(true);
      case ControllerKind::split_activate:
        return split();
    }
  }
  void single() {
    if (const auto i = fr_fcfs(active_, [](C, const Request&) { return true; })) {
      return issue(active_, *i);
    }
    if (!priority_.empty()) {
      const C c = current(priority_[0]);
      if (can(c, priority_[0]) && guard_ok(c, priority_[0])) {
        issue(priority_, 0);
      }
      return;
    }
    Queue& q = chosen_queue();
    if (const auto i = fr_fcfs(q, [&](C c, const Request& r) { return guard_ok(c, r); })) {
      issue(q, *i);
    }
  }
  void two(bool edges) {
    const bool rising = !edges || clk_ % 2 == 1;
    if (rising) {
      if (const auto i = fr_fcfs(active_, [](C, const Request&) { return true; })) {
        issue(active_, *i);
      } else if (priority_.empty()) {
        Queue& q = chosen_queue();
        if (const auto j = fr_fcfs(q, [](C c, const Request&) { return is_column(c); })) {
          issue(q, *j);
        }
      }
    }
    const auto edge_ok = [&](C c, const Request& r) {
      return rising || ((c == C::pre || c == C::pre_all) && paired_ok(r));
    };
    if (!priority_.empty()) {
      const C c = current(priority_[0]);
      if (can(c, priority_[0]) && guard_ok(c, priority_[0]) && edge_ok(c, priority_[0])) {
        issue(priority_, 0);
      }
      return;
    }
    Queue& q = chosen_queue();
    if (const auto i = fr_fcfs(q, [&](C c, const Request& r) {
          return !is_column(c) && guard_ok(c, r) && edge_ok(c, r);
        })) {
      issue(q, *i);
    }
  }
  void act2() {
    log(C::act2, *pending_);
    bank_[static_cast<std::size_t>(pending_->bank)].state = 1;
    active_.push_back(*pending_);
    pending_.reset();
  }
  void split() {
    if (cas_ != nullptr) {
      Queue& q = *cas_;
      cas_ = nullptr;
      const auto i =
          std::find_if(q.begin(), q.end(), [&](const Request& r) { return r.id == cas_id_; });
      return issue(q, static_cast<std::size_t>(i - q.begin()));
    }
    if (pending_ && clk_ >= deadline_) {
      return act2();
    }
    const auto allowed = [&](C c, const Request& r) {
      if (!pending_ || is_column(c)) {
        return true;
      }
      if (c == C::act) {
        return false;
      }
      const std::vector<int> banks = banks_of(r);
      return std::find(banks.begin(), banks.end(), pending_->bank) == banks.end();
    };
    Queue* queue = &active_;
    std::optional<std::size_t> i = fr_fcfs(active_, allowed);
    if (!i && !priority_.empty()) {
      const C c = current(priority_[0]);
      if (can(c, priority_[0]) && guard_ok(c, priority_[0]) && allowed(c, priority_[0])) {
        queue = &priority_;
        i = 0;
      }
    } else if (!i) {
      queue = &chosen_queue();
      i = fr_fcfs(*queue, [&](C c, const Request& r) {
        return guard_ok(c, r) && c != C::act2 && allowed(c, r);
      });
    }
    if (!i) {
      if (pending_) {
        act2();
      }
      return;
    }
    const Request r = (*queue)[*i];
    const C c = current(r);
    if (is_column(c) && clk_ >= expiry_) {
      if (pending_ && deadline_ <= clk_ + 1) {
        return act2();
      }
      const C cas = c == C::rd ? C::cas_rd : C::cas_wr;
      log(cas, r);
      apply(cas, r);
      cas_ = queue;
      cas_id_ = r.id;
      return;
    }
    issue(*queue, *i);
  }

  // --- refresh ----------------------------------------------------------------------------------
  void refresh() {
    if (options_.refresh == RefreshMode::all_bank) {
      if (clk_ % spec_.ticks("nREFI") == 0) {
        const int step = spec_.refresh_scope == DramLevel::channel          ? g_.ranks()
                         : spec_.refresh_scope == DramLevel::pseudo_channel ? g_.sids
                                                                            : 1;
        for (int r = 0; r < g_.ranks(); r += step) {
          priority_.push_back({-1, -1, 0, 0, clk_, SIZE_MAX, r, r + step});
        }
      }
      return;
    }
    if (waiting_.empty()) {
      if (clk_ < next_refresh_bank_) {
        return;
      }
      for (int pc = 0; pc < g_.pseudo_channels; ++pc) {
        if (allowed_[static_cast<std::size_t>(pc * g_.sids + sid_)] > clk_) {
          next_refresh_bank_ = clk_ + 1;
          return;
        }
      }
      for (int pc = 0; pc < g_.pseudo_channels; ++pc) {
        waiting_.push_back((pc * g_.sids + sid_) * g_.banks_per_rank() + cursor_);
      }
      if (++cursor_ == g_.banks_per_rank()) {
        cursor_ = 0;
        sid_ = (sid_ + 1) % g_.sids;
      }
      next_refresh_bank_ += spec_.ticks("nREFIpb");
    }
    const int b = waiting_.front();
    waiting_.pop_front();
    priority_.push_back({-1, b, 0, 0, clk_, SIZE_MAX, 0, 0});
    const auto set = static_cast<std::size_t>(node(DramLevel::sid, b));
    if (++moved_[set] == g_.banks_per_rank()) {
      moved_[set] = 0;
      allowed_[set] = clk_ + spec_.ticks("nRFCpb");
    }
  }

  const DramSpec& spec_;
  ControllerOptions options_;
  DramGeometry g_;
  Tick clk_ = 0;
  std::vector<Bank> bank_;
  Queue read_, write_, active_, priority_;
  std::deque<std::pair<std::size_t, Tick>> fifo_;
  std::map<std::array<int, 3>, Tick> ready_;
  std::map<std::array<int, 3>, std::vector<Tick>> past_;
  bool mode_ = false;
  struct Pair {
    Tick edge = 0;
    int pc = 0;
    int bank = 0;
    bool exists = false;
  } pair_;
  std::optional<Request> pending_;
  Tick deadline_ = 0;
  Tick expiry_ = 0;
  Queue* cas_ = nullptr;
  std::size_t cas_id_ = 0;
  Tick next_refresh_bank_ = 0;
  int sid_ = 0, cursor_ = 0;
  std::vector<Tick> allowed_;
  std::vector<int> moved_;
  std::deque<int> waiting_;
};

}  // namespace moru::testing
