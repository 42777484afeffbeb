// Routing at scale: routing ROUTER [REQUESTS] [REPLICAS] [OUTPUT_TOKENS]. Requests share one of
// 1,000 prefixes of 200 tokens and bring 100 of their own; replicas run vLLM's scheduler with
// prefix cache on a step time that costs nothing to compute, so what is measured is routing and
// scheduling. Prints CPU seconds.
#include "moru/base/registry.h"
#include "moru/base/rng.h"
#include "moru/serving/metrics.h"
#include "moru/serving/router.h"
#include "moru/trace/prefix.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <string>

namespace moru {
namespace {

class AffineTimer final : public StepTimer {
 public:
  std::span<const ContextRule> rules() const override { return kRules; }
  void time(std::span<const BatchWork> ranks, std::vector<SimTime>& stages) override {
    stages.assign(1, 5'000'000 + 20'000 * ranks.front().tokens);
  }

 private:
  static constexpr ContextRule kRules[] = {{ContextKind::full, 0}};
};

Trace make_trace(std::int64_t requests, std::int64_t replicas, std::int32_t output) {
  constexpr std::int32_t kShared = 200;
  constexpr std::int32_t kOwn = 100;
  // Every replica gets eleven requests per second, about two thirds of what it can take.
  const double gap = 1e9 / (11.0 * static_cast<double>(replicas) * 20.0 / output);
  Trace trace;
  Rng rng(1);
  double time = 0;
  for (std::int64_t i = 0; i < requests; ++i) {
    Request request{static_cast<SimTime>(time), kShared + kOwn, output};
    request.first_segment = static_cast<std::int32_t>(trace.segments.size());
    request.num_segments = 2;
    trace.segments.push_back({1 + static_cast<std::int64_t>(rng.below(1000)), kShared});
    trace.segments.push_back({private_stream(i), kOwn});
    trace.requests.push_back(request);
    time += rng.exponential(gap);
  }
  return trace;
}

void run(const std::string& name, std::int64_t requests, std::int64_t count, std::int32_t output) {
  const Trace trace = make_trace(requests, count, output);
  ServiceInput input;
  input.trace = &trace;
  EngineConfig config;
  config.max_num_seqs = 1024;
  config.max_num_batched_tokens = 8192;
  config.max_model_len = 8192;
  config.blocks = 25'000;
  AffineTimer timer;
  const Slo slo;
  MetricsCollector collector(slo);
  std::vector<std::unique_ptr<Replica>> replicas;
  for (std::int64_t i = 0; i < count; ++i) {
    replicas.push_back(std::make_unique<Replica>(config, input, timer, collector, true));
  }
  std::vector<std::size_t> up(replicas.size());
  std::iota(up.begin(), up.end(), std::size_t{0});
  const auto router = Registry<Router>::make(name, "router");
  const std::clock_t begin = std::clock();
  for (std::size_t i = 0; i < trace.requests.size(); ++i) {
    const Request& request = trace.requests[i];
    if (router->needs_state()) {
      for (const auto& replica : replicas) {
        router->needs_memory() ? replica->advance(request.arrival)
                               : replica->advance_loads(request.arrival);
      }
    }
    replicas[router->choose({replicas, up, trace}, request)]->push(static_cast<std::int64_t>(i),
                                                                   request.arrival);
  }
  for (const auto& replica : replicas) {
    replica->advance();
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  const ServingMetrics& metrics = collector.metrics();
  const std::string text = fmt::format(
      "{}: {} requests over {} replicas, {:.1f} CPU s ({:.1f} us each); mean TTFT {:.1f} ms, "
      "{:.1f}% of the prompt tokens cached\n",
      name, metrics.completed, count, seconds, seconds * 1e6 / static_cast<double>(requests),
      metrics.ttft_ms.mean(),
      100.0 * static_cast<double>(metrics.cached_tokens) /
          static_cast<double>(metrics.input_tokens));
  std::fputs(text.c_str(), stdout);
}

}  // namespace
}  // namespace moru

int main(int argc, char** argv) {
  const auto number = [&](int place, std::int64_t otherwise) {
    return argc > place ? std::atoll(argv[place]) : otherwise;
  };
  moru::run(argc > 1 ? argv[1] : "prefix_aware", number(2, 5'000'000), number(3, 64),
            static_cast<std::int32_t>(number(4, 20)));
  return 0;
}
