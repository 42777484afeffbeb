#include "moru/dram/channel_core.h"

#include "moru/base/error.h"

#include <fmt/format.h>

#include <cmath>

namespace moru {

ChannelCore::ChannelCore(const DramSpec& spec, const ControllerOptions& options)
    : spec_(spec),
      options_(options),
      tables_(std::make_shared<const DeviceTables>(spec)),
      device_(*tables_),
      queues_{RequestQueue(options.read_queue), RequestQueue(options.write_queue)},
      // Strictly above and strictly below the shares.
      write_enter_(static_cast<int>(std::floor(options.write_high * options.write_queue)) + 1),
      write_leave_(static_cast<int>(std::ceil(options.write_low * options.write_queue)) - 1) {
  open_row_.fill(kClosed);
}

void ChannelCore::set_source(RequestSource* source) {
  source_ = source;
  cursor_ = end_ = nullptr;
  blocked_ = -1;
  refill();
  arrival_tick_ = cursor_ == end_ ? kNever : std::max(now_ + 1, cursor_->available + 1);
}

void ChannelCore::refill() {
  const std::span<const DramRequest> more =
      source_ == nullptr ? std::span<const DramRequest>{} : source_->next();
  cursor_ = more.data();
  end_ = more.data() + more.size();
}

void ChannelCore::answer_from_write_queue(const DramRequest& request, Tick t) {
  const std::uint32_t id = next_id(t - 1);
  if (request.is_write) {
    ++counters_.coalesced;
    if (times_ != nullptr) {
      times_->done[id] = t - 1;
    }
  } else {
    ++counters_.forwarded;
    complete_read(id, t - 1, t);
  }
  advance_source(t);
}

void ChannelCore::write_record(DramCommand command, Tick t, int bank, int type, std::int64_t row,
                               int burst) {
  const DramGeometry& g = tables_->geometry();
  const int group = bank / g.banks;
  const int rank = group / g.bank_groups;
  recorded_->push_back(
      {t, command, static_cast<std::int8_t>(type), static_cast<std::int16_t>(rank / g.sids),
       static_cast<std::int16_t>(rank % g.sids), static_cast<std::int16_t>(group % g.bank_groups),
       static_cast<std::int16_t>(bank % g.banks), static_cast<std::int32_t>(row),
       burst < 0 ? -1 : burst * g.burst_length});
}

void ChannelCore::record_scope(DramCommand command, Tick t, const CommandScope& scope) {
  ++counters_.commands[index_of(command)];
  if (recorded_ == nullptr) {
    return;
  }
  const DramGeometry& g = tables_->geometry();
  CommandRecord made{t, command, -1, -1, -1, -1, -1, -1, -1};
  const int ranks = scope.end_rank - scope.first_rank;
  const bool is_whole_channel = ranks == g.ranks() && spec_.refresh_scope == DramLevel::channel;
  const bool is_power = index_of(command) >= index_of(DramCommand::pd_enter);
  if (!is_whole_channel && !is_power) {
    made.pseudo_channel = static_cast<std::int16_t>(scope.first_rank / g.sids);
    if (spec_.refresh_scope == DramLevel::sid) {
      made.sid = static_cast<std::int16_t>(scope.first_rank % g.sids);
    }
  }
  if (scope.same_bank >= 0) {
    made.sid = static_cast<std::int16_t>(scope.first_rank % g.sids);
    made.bank = static_cast<std::int16_t>(scope.same_bank);
  }
  recorded_->push_back(made);
}

}  // namespace moru
