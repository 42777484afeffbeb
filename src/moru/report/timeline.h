// A time line of a run in Chrome's trace event format, which ui.perfetto.dev opens: one track of
// steps and counters per replica, one async slice per request with its phases.
//
// Google, "Trace Event Format" (duration events X, counters C, nestable async events b and e).
#pragma once

#include "moru/base/file.h"
#include "moru/scenario/scenario.h"

#include <memory>
#include <string>

namespace moru {

class Timeline {
 public:
  Timeline(const std::string& path, const Scenario& scenario);
  ~Timeline();

  // The collector that writes the events; gathers the metrics as well.
  std::unique_ptr<MetricsCollector> make_collector(const Slo& slo);
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moru
