// How requests are split over replicas. One file each in router/, registered by name.
#pragma once

#include "moru/serving/replica.h"

#include <cstdint>
#include <memory>
#include <span>

namespace moru {

// Contract: choose() is called once per request in order of arrival. If needs_state(), every
// replica stands at the instant of the arrival; otherwise their state is not meaningful.
class Router {
 public:
  virtual ~Router() = default;
  virtual bool needs_state() const = 0;
  virtual std::size_t choose(std::span<const std::unique_ptr<Replica>> replicas,
                             const Request& request) = 0;
};

}  // namespace moru
