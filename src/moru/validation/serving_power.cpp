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

// One kind of server, ready to be asked for times and for power.
struct Server {
  Server(const Key& key, const Deployment& deployment, const std::string& mapper)
      : service(key.model, key.chip, deployment, mapper),
        ready(scenario_of(key, deployment, mapper)) {
    if (const auto& tdp = service.chip().power.tdp) {
      watts = tdp->value.value;
    }
  }
  static Scenario scenario_of(const Key& key, const Deployment& deployment,
                              const std::string& mapper) {
    Scenario scenario;
    scenario.model = key.model;
    scenario.chip = key.chip;
    scenario.deployment = deployment;
    scenario.mapper = mapper;
    return scenario;
  }

  PreparedService service;
  ReadyScenario ready;
  double watts = 0;  // TDP of a chip, 0 if not stated
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

}  // namespace

bool is_power(const TextTable& table) {
  return table.has_all({"model", "hardware", "prompt_size", "batch_size", "token_size",
                        "prompt_time", "token_time"});
}

PowerComparison compare_power(const TextTable& table, const ServingQuestion& question) {
  PowerComparison comparison;
  comparison.name = table.name();
  const FactBook facts = load_facts();
  std::map<Key, std::unique_ptr<Server>> servers;
  std::map<Key, std::string> refused;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    ++comparison.rows;
    const auto prompt = table.number(i, "prompt_size");
    const auto batch = table.number(i, "batch_size");
    const auto output = table.number(i, "token_size");
    const auto prompt_time = table.number(i, "prompt_time");
    const auto token_time = table.number(i, "token_time");
    if (!prompt || !batch || !output || !prompt_time || !token_time || *prompt < 1 || *batch < 1 ||
        *output < 1 || !(*prompt_time > 0) || !(*token_time > 0)) {
      ++comparison.refused["sizes or times are missing"];
      continue;
    }
    const Key key = {model_named(table.text(i, "model")),
                     question.chip.empty() ? std::string(table.text(i, "hardware")) : question.chip,
                     static_cast<std::int64_t>(table.number(i, "tensor_parallel").value_or(1))};
    if (!servers.contains(key)) {
      try {
        servers[key] =
            std::make_unique<Server>(key, splitwise_deployment(key.tensor), question.mapper);
      } catch (const Error& error) {
        servers[key] = nullptr;
        refused[key] = reason_of(error);
      }
    }
    Server* server = servers[key].get();
    if (server == nullptr) {
      ++comparison.refused[refused[key]];
      continue;
    }
    const auto b = static_cast<std::int64_t>(*batch);
    const auto p = static_cast<std::int64_t>(*prompt);
    const auto o = static_cast<std::int64_t>(*output);
    const double prompt_ms = server->service.prompt_seconds(b, p) * 1e3;
    const double token_ms = server->service.token_seconds(b, p, o) * 1e3;
    comparison.prompt_time.add(std::abs(prompt_ms / *prompt_time - 1) * 100);
    comparison.token_time.add(std::abs(token_ms / *token_time - 1) * 100);
    // Relative to the GPU's TDP; rows without a reading hold 0.
    const double measured_watts = table.number(i, "average_power").value_or(0) * server->watts;
    if (measured_watts > 0) {
      const double watts = phase_power(server->ready, facts, b, p, o).average_watts;
      comparison.average_power.add(std::abs(watts / measured_watts - 1) * 100);
    }
    ++comparison.predicted;
  }
  return comparison;
}

}  // namespace moru
