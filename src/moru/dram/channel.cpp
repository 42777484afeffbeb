#include "moru/dram/channel.h"

#include "moru/base/error.h"
#include "moru/dram/channel_engine_state.h"

#include <fmt/format.h>

#include <cmath>

namespace moru {
namespace {

template <ControllerKind kKind>
std::unique_ptr<DramChannel> make_kind(const DramSpec& spec, const ControllerOptions& options) {
  if (spec.mode == SpecMode::strict) {
    return std::make_unique<ChannelEngine<kKind, StrictRefresh>>(spec, options);
  }
  return std::make_unique<ChannelEngine<kKind, ReferenceRefresh>>(spec, options);
}

void check_refresh(const DramSpec& spec, const ControllerOptions& options) {
  const bool is_reference = spec.mode == SpecMode::ramulator2;
  const auto need = [&](DramCommand command) {
    if (!spec.has_command(command)) {
      fail(fmt::format("{} has no {}: choose another refresh mode", spec.standard,
                       enum_name(command)));
    }
  };
  if (options.refresh == RefreshMode::per_bank) {
    need(DramCommand::ref_bank);
  }
  if (options.rfm_every > 0) {
    need(options.rfm_all_banks ? DramCommand::rfm_all : DramCommand::rfm_bank);
  }
  if (options.refresh == RefreshMode::same_bank) {
    need(DramCommand::ref_same);
    if (is_reference) {
      fail("the reference has no same-bank refresh; use strict mode");
    }
  }
  if (is_reference && options.refresh == RefreshMode::per_bank &&
      spec.controller != ControllerKind::two_bus_edges) {
    fail(fmt::format("the reference's per-bank refresh is that of HBM3 and HBM4, not of {}",
                     spec.standard));
  }
}

}  // namespace

std::unique_ptr<DramChannel> DramChannel::make(const DramSpec& spec,
                                               const ControllerOptions& options) {
  // More would not fit the 64-place ring with room for a request that is passed over for long.
  constexpr int kLargestQueue = 48;
  if (options.read_queue < 1 || options.read_queue > kLargestQueue || options.write_queue < 1 ||
      options.write_queue > kLargestQueue) {
    fail(fmt::format("queues hold 1 to {} requests", kLargestQueue));
  }
  if (!(options.write_low >= 0 && options.write_low < options.write_high &&
        options.write_high <= 1)) {
    fail("write watermarks must satisfy 0 <= low < high <= 1");
  }
  if (options.refresh_postpone < 0 || options.refresh_postpone > 8) {
    fail("at most 8 refreshes may be postponed (JEDEC)");
  }
  if (options.row_hit_cap < 1 || options.row_timeout < 1 || options.power_down_after < 0 ||
      options.self_refresh_after < 0) {
    fail("the row-hit cap and timeouts must be positive");
  }
  check_refresh(spec, options);
  switch (spec.controller) {
    case ControllerKind::single_bus:
      return make_kind<ControllerKind::single_bus>(spec, options);
    case ControllerKind::two_bus:
      return make_kind<ControllerKind::two_bus>(spec, options);
    case ControllerKind::two_bus_edges:
      return make_kind<ControllerKind::two_bus_edges>(spec, options);
    case ControllerKind::split_activate:
      return make_kind<ControllerKind::split_activate>(spec, options);
  }
  fail("unknown controller");
}

}  // namespace moru
