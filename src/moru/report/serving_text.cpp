#include "moru/base/text.h"
#include "moru/report/estimates_report.h"
#include "moru/report/serving_report.h"
#include "moru/scenario/service_economics.h"

#include <fmt/format.h>

namespace moru {
namespace {

// The layout of vllm/benchmarks/serve.py: 50 columns, label in 40, value in 10. People grep it.
std::string centred(std::string_view title, char fill) {
  return fmt::format("{}\n", fmt::format(fmt::runtime(fmt::format("{{:{}^50}}", fill)), title));
}

template <class T>
void line(std::string& text, std::string_view label, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    text += fmt::format("{:<40} {:<10.2f}\n", label, value);
  } else {
    text += fmt::format("{:<40} {:<10}\n", label, value);
  }
}

void latency(std::string& text, std::string_view title, std::string_view name,
             const Samples& samples) {
  text += centred(title, '-');
  line(text, fmt::format("Mean {} (ms):", name), samples.mean());
  line(text, fmt::format("Median {} (ms):", name), samples.median());
  line(text, fmt::format("P99 {} (ms):", name), samples.quantile(0.99));
}

std::string percent(double share) { return fmt::format("{:.1f}%", share * 100); }

std::string gigabytes(double bytes) { return to_string(Bytes{bytes}); }

void append_vllm_block(std::string& text, const Report& report) {
  const ServingMetrics& metrics = report.metrics;
  const double duration = std::max(metrics.duration_seconds(), 1e-9);
  const auto per_second = [&](std::int64_t count) { return static_cast<double>(count) / duration; };
  text += centred(" Serving Benchmark Result ", '=');
  line(text, "Successful requests:", metrics.completed);
  line(text, "Failed requests:", metrics.rejected);
  line(text, "Benchmark duration (s):", metrics.duration_seconds());
  line(text, "Total input tokens:", metrics.input_tokens);
  line(text, "Total generated tokens:", metrics.output_tokens);
  line(text, "Request throughput (req/s):", per_second(metrics.completed));
  if (report.scenario.slo.is_set()) {
    line(text, "Request goodput (req/s):", per_second(metrics.good));
  }
  line(text, "Output token throughput (tok/s):", per_second(metrics.output_tokens));
  line(text, "Peak output token throughput (tok/s):",
       static_cast<double>(metrics.peak_tokens_per_second()));
  line(text, "Peak concurrent requests:", static_cast<double>(metrics.peak_concurrency()));
  line(text,
       "Total token throughput (tok/s):", per_second(metrics.input_tokens + metrics.output_tokens));
  latency(text, "Time to First Token", "TTFT", metrics.ttft_ms);
  latency(text, "Time per Output Token (excl. 1st token)", "TPOT", metrics.tpot_ms);
  latency(text, "Inter-token Latency", "ITL", metrics.itl_ms);
  latency(text, "End-to-end Latency", "E2EL", metrics.e2el_ms);
  text += std::string(50, '=') + "\n";
}

std::string deployment_line(const Report& report) {
  const EngineConfig& engine = report.engine;
  const Parallelism& p = engine.parallelism;
  std::string split;
  split += p.tensor > 1 ? fmt::format(" tp {}", p.tensor) : "";
  split += p.pipeline > 1 ? fmt::format(" pp {}", p.pipeline) : "";
  split += p.data > 1 ? fmt::format(" dp {}", p.data) : "";
  split += p.expert ? " ep" : "";
  split += engine.replicas > 1 ? fmt::format(", {} replicas", engine.replicas) : "";
  return fmt::format("{} on {} x {} ({}){}", report.model.id, report.chips(), report.chip.id,
                     report.chip.name, split);
}

std::string bounds_line(const Report& report) {
  const double all = report.work.seconds;
  std::string text;
  std::vector<std::pair<double, std::string_view>> parts;
  for (const auto& [name, bound] : EnumNames<Bound>::values) {
    parts.emplace_back(report.work.by_bound[static_cast<std::size_t>(bound)] / all, name);
  }
  std::sort(parts.rbegin(), parts.rend());
  for (const auto& [share, name] : parts) {
    if (share >= 0.001) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, percent(share));
    }
  }
  return text;
}

std::string operators_line(const Report& report) {
  double all = 0;
  for (const OperatorTotal& total : report.operators) {
    all += total.seconds;
  }
  constexpr std::size_t kShown = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, report.operators.size()); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", report.operators[i].name,
                        percent(report.operators[i].seconds / all));
  }
  return text;
}

void append_moru_block(std::string& text, const Report& report) {
  const ReportFigures figures = figures_of(report);
  const EngineConfig& engine = report.engine;
  const KvCapacity& memory = engine.memory;
  const auto row = [&](std::string_view label, const std::string& value) {
    text += fmt::format("{:<16}{}\n", label, value);
  };
  row("service", deployment_line(report));
  row("load", fmt::format("{} ({}), {} requests", report.trace_name, report.trace_format,
                          with_thousands(report.requests)));
  row("engine",
      fmt::format(
          "{}: max_num_seqs {}, max_num_batched_tokens {}, max_model_len {}, block_size {}, "
          "{}scheduling, prefix caching {}",
          engine.scheduler, engine.max_num_seqs, engine.max_num_batched_tokens,
          engine.max_model_len, engine.block_size, engine.async_scheduling ? "async " : "",
          engine.enable_prefix_caching ? "on" : "off"));
  row("memory", fmt::format("{} per chip: weights {}, activations {}, runtime {}, KV cache {}",
                            gigabytes(memory.memory), gigabytes(memory.weights),
                            gigabytes(memory.activations), gigabytes(memory.context),
                            gigabytes(memory.block_bytes * static_cast<double>(engine.blocks))));
  row("KV cache",
      fmt::format("{} blocks = {} tokens; {} full on average, {} at most; {} requests preempted",
                  with_thousands(engine.blocks), with_thousands(engine.blocks * engine.block_size),
                  percent(figures.mean_kv_usage), percent(figures.peak_kv_usage),
                  with_thousands(report.metrics.preempted_requests)));
  if (report.metrics.cached_tokens > 0) {
    row("prefix cache", fmt::format("{} of the prompt tokens were cached",
                                    percent(static_cast<double>(report.metrics.cached_tokens) /
                                            static_cast<double>(report.metrics.input_tokens))));
  }
  row("queue",
      fmt::format("mean {:.1f} ms, p99 {:.1f} ms before the first step; {:.1f} requests in "
                  "a step",
                  report.metrics.queue_ms.mean(), report.metrics.queue_ms.quantile(0.99),
                  figures.mean_running));
  row("busy",
      fmt::format("{} of the time; matrix units {}, memory bandwidth {} of peak while busy{}",
                  percent(figures.busy_share), percent(figures.matrix_utilisation),
                  percent(figures.memory_utilisation),
                  figures.link_utilisation > 0
                      ? fmt::format(", links {}", percent(figures.link_utilisation))
                      : ""));
  row("what binds", bounds_line(report));
  row("operators", operators_line(report));
  if (report.scenario.slo.is_set()) {
    row("SLO",
        fmt::format("{} of the requests met it (goal {}): {}", percent(report.metrics.attainment()),
                    percent(report.scenario.slo.attainment),
                    report.meets_slo() ? "met" : "not met"));
  }
}

void append_fleet(std::string& text, const Report& report) {
  if (!report.fleet) {
    return;
  }
  const FleetTotals& fleet = *report.fleet;
  text += fmt::format(
      "{:<16}{:.2f} replicas on average, {} at most; {} failures, {} requests moved, {} given up; "
      "{} refused\n",
      "fleet", report.mean_replicas(), fleet.most_replicas, with_thousands(fleet.failures),
      with_thousands(fleet.moved), with_thousands(fleet.given_up), with_thousands(fleet.refused));
}

void append_priorities(std::string& text, const Report& report) {
  for (const auto& [priority, part] : report.metrics.by_priority) {
    text += fmt::format(
        "{:<16}{} completed, {} failed, {} met their objective; TTFT {:.1f} ms, p99 {:.1f}; "
        "TPOT {:.2f} ms; E2EL {:.1f} ms, p99 {:.1f}\n",
        fmt::format("priority {}", priority), with_thousands(part.completed),
        with_thousands(part.rejected), with_thousands(part.good), part.ttft_ms.mean(),
        part.ttft_ms.quantile(0.99), part.tpot_ms.mean(), part.e2el_ms.mean(),
        part.e2el_ms.quantile(0.99));
  }
}

void append_economics(std::string& text, const Report& report) {
  const Estimates estimates = economics_of(report, scenario_facts(report.scenario));
  const auto row = [&](std::string_view label, std::string_view what, const char* id) {
    text += fmt::format("{:<16}{}: {}\n", label, what, estimate_text(estimates.at(id)));
  };
  row("energy", "per token", "joules_per_token");
  row("", "per output token", "joules_per_output_token");
  row("cost", "per million tokens", "usd_per_million_tokens");
  row("", "of the prompts", "usd_per_million_input_tokens");
  row("", "of the output", "usd_per_million_output_tokens");
  row("carbon", "CO2e per million tokens", "kg_co2e_per_million_tokens");
}

}  // namespace

std::string serving_text(const Report& report) {
  std::string text;
  append_vllm_block(text, report);
  append_moru_block(text, report);
  append_fleet(text, report);
  append_priorities(text, report);
  if (report.metrics.completed > 0) {
    append_economics(text, report);
  }
  return text;
}

std::string request_csv_header() {
  return "request_id,arrival_s,prompt_tokens,output_tokens,cached_tokens,preemptions,queue_ms,ttft_"
         "ms,tpot_ms,e2el_ms\n";
}

void append_request_csv(const RequestState& request, std::string& out) {
  const std::int32_t gaps = request.output - 1;
  const double tpot =
      gaps > 0 ? to_milliseconds(request.last_token - request.first_sent) / gaps : 0;
  fmt::format_to(std::back_inserter(out), "{},{:.6f},{},{},{},{},{:.3f},{:.3f},{:.4f},{:.3f}\n",
                 request.id, to_seconds(request.arrival), request.prompt, request.output,
                 request.cached_tokens, request.preemptions,
                 to_milliseconds(request.first_scheduled - request.arrival),
                 to_milliseconds(request.first_sent - request.arrival), tpot,
                 to_milliseconds(request.last_token - request.arrival));
}

}  // namespace moru
