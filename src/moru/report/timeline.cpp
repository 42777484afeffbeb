#include "moru/report/timeline.h"

#include <fmt/format.h>

#include <map>

namespace moru {

// Events are written as they happen; timestamps are microseconds.
struct Timeline::State {
  explicit State(const std::string& path) : writer(path) {}

  void event(const std::string& text) {
    writer.append(is_first ? "\n" : ",\n");
    writer.append(text);
    is_first = false;
  }

  FileWriter writer;
  bool is_first = true;
  std::map<const Replica*, int> process_of;
};

namespace {

double microseconds(SimTime time) { return static_cast<double>(time) * 1e-3; }

constexpr int kRequestsProcess = 1;
constexpr int kFirstReplicaProcess = 2;

template <class State>
class TimelineCollector final : public MetricsCollector {
 public:
  TimelineCollector(const Slo& slo, State& state) : MetricsCollector(slo), state_(state) {}

  bool wants_steps() const override { return true; }

  void on_step(const StepRecord& record, const Replica& replica) override {
    const int process = process_of(replica);
    std::int64_t tokens = 0;
    std::int64_t sequences = 0;
    std::int64_t prefill = 0;
    std::int64_t free = 0;
    for (std::size_t i = 0; i < record.plans->size(); ++i) {
      const StepPlan& plan = (*record.plans)[i];
      tokens += plan.tokens;
      sequences += static_cast<std::int64_t>(plan.scheduled.size());
      free += (*record.free_after_schedule)[i];
      for (const ScheduledRequest& entry : plan.scheduled) {
        prefill += entry.tokens > 1 ? entry.tokens : 0;
      }
    }
    const char* kind = prefill == 0 ? "decode" : prefill == tokens ? "prefill" : "mixed";
    state_.event(fmt::format(
        R"({{"ph":"X","name":"{}","cat":"step","pid":{},"tid":1,"ts":{:.3f},"dur":{:.3f},"args":{{"step":{},"tokens":{},"prefill_tokens":{},"requests":{}}}}})",
        kind, process, microseconds(record.start), microseconds(record.end - record.start),
        record.index, tokens, prefill, sequences));
    const std::int64_t blocks =
        replica.config().blocks * static_cast<std::int64_t>(record.plans->size());
    counter(process, "KV blocks in use", record.start, blocks - free);
    counter(process, "running", record.start, replica.running());
    counter(process, "waiting", record.start, replica.waiting());
  }

  void on_finish(const RequestState& request, SimTime now) override {
    phase(request.id, "queued", request.arrival, request.first_scheduled);
    phase(request.id, "prefill", request.first_scheduled, request.first_token);
    phase(request.id, "decode", request.first_token, now);
    MetricsCollector::on_finish(request, now);
  }

 private:
  int process_of(const Replica& replica) {
    const auto [found, is_new] = state_.process_of.try_emplace(
        &replica, kFirstReplicaProcess + static_cast<int>(state_.process_of.size()));
    if (is_new) {
      state_.event(fmt::format(
          R"({{"ph":"M","name":"process_name","pid":{},"args":{{"name":"replica {}"}}}})",
          found->second, found->second - kFirstReplicaProcess));
    }
    return found->second;
  }

  void counter(int process, const char* name, SimTime at, std::int64_t value) {
    state_.event(
        fmt::format(R"({{"ph":"C","name":"{}","pid":{},"ts":{:.3f},"args":{{"value":{}}}}})", name,
                    process, microseconds(at), value));
  }

  void phase(std::int64_t id, const char* name, SimTime from, SimTime to) {
    for (const auto& [letter, at] : {std::pair('b', from), std::pair('e', to)}) {
      state_.event(
          fmt::format(R"({{"ph":"{}","cat":"request","id":{},"name":"{}","pid":{},"ts":{:.3f}}})",
                      letter, id, name, kRequestsProcess, microseconds(at)));
    }
  }

  State& state_;
};

}  // namespace

Timeline::Timeline(const std::string& path, const Scenario& scenario)
    : state_(std::make_unique<State>(path)) {
  state_->writer.append(R"({"displayTimeUnit":"ms","traceEvents":[)");
  state_->event(fmt::format(
      R"({{"ph":"M","name":"process_name","pid":{},"args":{{"name":"requests of {}"}}}})",
      kRequestsProcess, scenario.chip));
}

Timeline::~Timeline() = default;

std::unique_ptr<MetricsCollector> Timeline::make_collector(const Slo& slo) {
  return std::make_unique<TimelineCollector<State>>(slo, *state_);
}

void Timeline::commit() {
  state_->writer.append("\n]}\n");
  state_->writer.commit();
}

}  // namespace moru
