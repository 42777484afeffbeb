// Splitwise's table (Patel et al., ISCA 2024): one batch of equal requests at a time on a DGX, with
// prompt time, time per token and power relative to the GPU's TDP.
#include "moru/base/error.h"
#include "moru/base/text.h"
#include "moru/scenario/phase_power.h"
#include "moru/validation/prepared_service.h"
#include "moru/validation/serving_readers.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <memory>

namespace moru {
namespace {

// The table's own short names.
std::string model_named(std::string_view name) {
  const std::string lower = to_lower(name);
  if (lower == "llama2-70b") {
    return "meta-llama/Llama-2-70b-hf";
  }
  if (lower == "bloom-176b") {
    return "bigscience/bloom";
  }
  return std::string(name);
}

struct Key {
  std::string model;
  std::string chip;
  std::int64_t tensor;
  auto operator<=>(const Key&) const = default;
};

Deployment splitwise_deployment(std::int64_t tensor) {
  Deployment deployment;
  deployment.tensor_parallel_size = static_cast<int>(tensor);
  deployment.max_num_batched_tokens = 65536;  // the engine took whole batches of prompts
  deployment.max_num_seqs = 64;
  deployment.max_model_len = 2048;
  deployment.gpu_memory_utilization = 1;
  deployment.async_scheduling = false;
  deployment.enforce_eager = true;  // vLLM 0.2 had no recorded graphs
  return deployment;
}

struct Batch {
  std::int64_t size = 0;
  std::int64_t prompt = 0;
  std::int64_t output = 0;
  double prompt_ms = 0;
  double token_ms = 0;
};

std::optional<Batch> read_batch(const TextTable& table, std::size_t i) {
  const auto size = table.count(i, "batch_size");
  const auto prompt = table.count(i, "prompt_size");
  const auto output = table.count(i, "token_size");
  const double prompt_ms = table.number(i, "prompt_time").value_or(0);
  const double token_ms = table.number(i, "token_time").value_or(0);
  return size && prompt && output && prompt_ms > 0 && token_ms > 0
             ? std::optional(Batch{*size, *prompt, *output, prompt_ms, token_ms})
             : std::nullopt;
}

double error_of(double predicted, double measured) {
  return std::abs(predicted / measured - 1) * 100;
}

}  // namespace

bool is_power(const TextTable& table) {
  return table.has_all({"model", "hardware", "prompt_size", "batch_size", "token_size",
                        "prompt_time", "token_time"});
}

PowerComparison compare_power(const TextTable& table, const ServingQuestion& question) {
  PowerComparison comparison;
  comparison.name = table.name();
  const FactBook facts = load_facts();
  std::map<Key, std::unique_ptr<PreparedService>> servers;
  std::map<Key, std::string> refused;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    ++comparison.rows;
    const auto batch = read_batch(table, i);
    if (!batch) {
      ++comparison.refused["sizes or times are missing"];
      continue;
    }
    const Key key = {model_named(table.text(i, "model")),
                     question.chip.empty() ? std::string(table.text(i, "hardware")) : question.chip,
                     table.count(i, "tensor_parallel").value_or(1)};
    if (!servers.contains(key)) {
      try {
        servers[key] = std::make_unique<PreparedService>(
            key.model, key.chip, splitwise_deployment(key.tensor), question.mapper);
      } catch (const Error& error) {
        servers[key] = nullptr;
        refused[key] = reason_of(error);
      }
    }
    PreparedService* server = servers[key].get();
    if (server == nullptr) {
      ++comparison.refused[refused[key]];
      continue;
    }
    const double prompt_ms = server->prompt_seconds(batch->size, batch->prompt) * 1e3;
    const double token_ms = server->token_seconds(batch->size, batch->prompt, batch->output) * 1e3;
    comparison.prompt_time.add(error_of(prompt_ms, batch->prompt_ms));
    comparison.token_time.add(error_of(token_ms, batch->token_ms));
    // Relative to the GPU's TDP; rows without a reading hold 0.
    const auto& tdp = server->chip().power.tdp;
    const double measured_watts =
        tdp ? table.number(i, "average_power").value_or(0) * tdp->value.value : 0;
    if (measured_watts > 0) {
      const PhasePower power =
          phase_power(server->ready(), facts, batch->size, batch->prompt, batch->output);
      comparison.average_power.add(error_of(power.average_watts, measured_watts));
    }
    ++comparison.predicted;
  }
  return comparison;
}

}  // namespace moru
