#include "moru/validation/prepared_service.h"

#include "moru/base/rng.h"
#include "moru/serving/model_timer.h"

#include <algorithm>

namespace moru {
namespace {

Scenario scenario_of(const std::string& model, const std::string& chip,
                     const Deployment& deployment, const std::string& mapper) {
  Scenario scenario;
  scenario.model = model;
  scenario.chip = chip;
  scenario.deployment = deployment;
  scenario.mapper = mapper;
  return scenario;
}

MapperAdjustment corrections(const std::string& op_times, const Chip& chip) {
  if (op_times.empty()) {
    return {};
  }
  return [&](std::unique_ptr<ChipMapper> inner) {
    return corrected_mapper(std::move(inner), MeasuredTimes(op_times, chip));
  };
}

}  // namespace

PreparedService::PreparedService(const std::string& model, const std::string& chip,
                                 const Deployment& deployment, const std::string& mapper,
                                 const std::string& op_times)
    : PreparedService(scenario_of(model, chip, deployment, mapper), load_chip(chip), op_times) {}

PreparedService::PreparedService(const Scenario& scenario, const Chip& chip,
                                 const std::string& op_times)
    : ready_(scenario, chip, corrections(op_times, chip)) {}

PreparedService::Answer PreparedService::serve_trace(const Trace& trace,
                                                     std::int64_t max_concurrency) {
  ready_.limit_concurrency(max_concurrency);
  const Report report = ready_.evaluate(trace);
  Answer answer;
  answer.metrics = report.metrics;
  if (report.work.seconds > 0) {
    answer.low = report.work.low / report.work.seconds;
    answer.high = report.work.high / report.work.seconds;
  }
  return answer;
}

double PreparedService::step_of(std::int64_t batch, const Sequence& each) {
  return step_seconds(engine(), costs(),
                      equal_batch_work(ready_.prepared().model.context_rules(), batch, each));
}

double PreparedService::prompt_seconds(std::int64_t batch, std::int64_t prompt) {
  const std::int64_t at_once =
      std::max<std::int64_t>(1, engine().max_num_batched_tokens / std::max<std::int64_t>(1, batch));
  double seconds = 0;
  for (std::int64_t done = 0; done < prompt; done += at_once) {
    seconds += step_of(batch, {std::min(at_once, prompt - done), done});
  }
  return seconds;
}

double PreparedService::token_seconds(std::int64_t batch, std::int64_t prompt,
                                      std::int64_t output) {
  // Steps are linear in the context but for windows that fill up: three points (Simpson) are exact.
  const auto at = [&](std::int64_t context) { return step_of(batch, {1, context}); };
  return (at(prompt) + 4 * at(prompt + output / 2) + at(prompt + output)) / 6;
}

Trace equal_requests(std::int64_t count, std::int64_t prompt, std::int64_t output, double spread) {
  Trace trace;
  Rng rng(0);
  const auto draw = [&](std::int64_t length) {
    const auto least = std::max<std::int64_t>(
        1, static_cast<std::int64_t>((1 - spread) * static_cast<double>(length)));
    const auto width = static_cast<std::uint32_t>(length - least + 1);
    return static_cast<std::int32_t>(spread > 0 ? least + rng.below(width) : length);
  };
  trace.requests.resize(static_cast<std::size_t>(count));
  for (Request& request : trace.requests) {
    request.prompt_tokens = draw(prompt);
    request.output_tokens = draw(output);
  }
  return trace;
}

}  // namespace moru
