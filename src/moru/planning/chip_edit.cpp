#include "moru/planning/chip_edit.h"

#include "moru/mapping/step_costs.h"
#include "moru/scenario/evaluate.h"
#include "moru/serving/model_timer.h"

#include <fmt/format.h>

#include <cmath>

namespace moru {
namespace {

template <class T>
void scale(Sourced<T>& value, double factor) {
  value.value = value.value * factor;
  if (value.low) {
    value.low = *value.low * factor;
  }
  if (value.high) {
    value.high = *value.high * factor;
  }
}

void scale_rates(Chip& chip, double factor) {
  for (auto* rates : {&chip.peak, &chip.vector_peak}) {
    for (auto& [dtype, rate] : *rates) {
      scale(rate, factor);
    }
  }
}

// Where the clock is not published, the rate that it makes stands for it.
std::string highest_rate_text(const Chip& chip) {
  FlopsPerSecond highest;
  for (const auto& [dtype, rate] : chip.peak) {
    highest = std::max(highest, rate.value);
  }
  return to_string(highest);
}

double total_area(const Chip& chip) {
  double area = 0;
  for (const Die& die : chip.dies) {
    if (die.area && !die.is_planar) {
      area += die.count.value * die.area->value.value;
    }
  }
  return area;
}

double memory_bandwidth(const Chip& chip) {
  double sum = 0;
  for (const MemoryLevel& level : chip.memory) {
    if (level.bandwidth && level.kind.find("SRAM") == std::string::npos) {
      sum += level.bandwidth->value.value;
    }
  }
  return sum;
}

double link_bandwidth(const Chip& chip) {
  double sum = 0;
  for (const Link& link : chip.links) {
    sum += link.bandwidth.value.value;
  }
  return sum;
}

}  // namespace

Chip edited_chip(const Chip& chip, NormsLever lever, double factor) {
  Chip edited = chip;
  switch (lever) {
    case NormsLever::die_area:
      for (Die& die : edited.dies) {
        if (die.area) {
          scale(*die.area, factor);
        }
      }
      break;
    case NormsLever::clock:
      if (edited.clock.boost) {
        scale(*edited.clock.boost, factor);
      }
      if (edited.clock.max) {
        scale(*edited.clock.max, factor);
      }
      scale_rates(edited, factor);
      for (Cache& cache : edited.caches) {
        if (cache.bandwidth) {
          scale(*cache.bandwidth, factor);
        }
      }
      break;
    case NormsLever::units:
      if (edited.cores) {
        edited.cores->count.value =
            static_cast<int>(std::lround(edited.cores->count.value * factor));
      }
      scale_rates(edited, factor);
      break;
    case NormsLever::memory_bandwidth:
      for (MemoryLevel& level : edited.memory) {
        if (level.bandwidth && level.kind.find("SRAM") == std::string::npos) {
          scale(*level.bandwidth, factor);
        }
      }
      break;
    case NormsLever::link_bandwidth:
      for (Link& link : edited.links) {
        scale(link.bandwidth, factor);
      }
      break;
  }
  return edited;
}

std::string quantity_text(const Chip& chip, NormsLever lever) {
  switch (lever) {
    case NormsLever::die_area:
      return to_string(Area{total_area(chip)});
    case NormsLever::clock:
      return chip.clock.boost ? to_string(chip.clock.boost->value) : highest_rate_text(chip);
    case NormsLever::units:
      return chip.cores ? fmt::format("{} {}", chip.cores->count.value, chip.cores->name) : "";
    case NormsLever::memory_bandwidth:
      return to_string(BytesPerSecond{memory_bandwidth(chip)});
    case NormsLever::link_bandwidth:
      return to_string(BytesPerSecond{link_bandwidth(chip)});
  }
  return "";
}

double edit_step(const Chip& chip, NormsLever lever) {
  constexpr double kSquareMillimetre = 1e-6;
  constexpr double kMegahertz = 1e6;
  constexpr double kGigabytePerSecond = 1e9;
  const auto step = [](double unit, double whole) { return whole > 0 ? unit / whole : 0; };
  switch (lever) {
    case NormsLever::die_area:
      return step(kSquareMillimetre, total_area(chip));
    case NormsLever::clock:
      return chip.clock.boost ? step(kMegahertz, chip.clock.boost->value.value) : 0;
    case NormsLever::memory_bandwidth:
      return step(kGigabytePerSecond, memory_bandwidth(chip));
    case NormsLever::link_bandwidth:
      return step(kGigabytePerSecond, link_bandwidth(chip));
    case NormsLever::units:
      break;
  }
  return 0;
}

ChipThroughput::ChipThroughput(const FrontierQuestion& question, std::string mapper)
    : question_(question), mapper_(std::move(mapper)), model_(load_model(question.model)) {}

std::optional<double> ChipThroughput::of(const Chip& chip, std::string& reason) const {
  const std::vector<std::string> missing = chip.missing_for_simulation();
  if (!missing.empty()) {
    reason = fmt::format("{} is not known", missing.front());
    return std::nullopt;
  }
  try {
    Deployment deployment;
    // Room for these requests is all that is asked; a model's own limit may be far longer.
    deployment.max_model_len = question_.prompt_tokens + question_.output_tokens;
    const auto mapper = prepare_mapper(mapper_, chip, deployment);
    const EngineConfig engine = resolve(deployment, model_, chip);
    Model model = model_;
    model.kv = engine.kv_dtype;
    StepCosts costs(model, engine.parallelism, *mapper);
    const double prefill = step_seconds(
        engine, costs, equal_batch_work(model.context_rules(), 1, {question_.prompt_tokens, 0}));
    const std::int64_t half_way = question_.prompt_tokens + question_.output_tokens / 2;
    const double decode = step_seconds(
        engine, costs, equal_batch_work(model.context_rules(), question_.batch, {1, half_way}));
    const auto requests = static_cast<double>(question_.batch);
    const auto outputs = static_cast<double>(question_.output_tokens);
    return requests * outputs / (requests * prefill + outputs * decode);
  } catch (const Error& error) {
    reason = error.what();
    return std::nullopt;
  }
}

}  // namespace moru
