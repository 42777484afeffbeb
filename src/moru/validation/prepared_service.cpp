#include "moru/validation/prepared_service.h"

#include "moru/base/rng.h"

#include <algorithm>

namespace moru {

PreparedService::PreparedService(const std::string& model, const std::string& chip,
                                 const Deployment& deployment, const std::string& mapper,
                                 const std::string& op_times)
    : model_(load_model(model, deployment.quantization)), chip_(load_chip(chip)) {
  mapper_ = prepare_mapper(mapper, chip_, deployment);
  engine_ = resolve(deployment, model_, chip_);
  model_.kv = engine_.kv_dtype;
  if (!op_times.empty()) {
    times_ = std::make_unique<MeasuredTimes>(op_times, chip_);
    corrected_ = corrected_mapper(*mapper_, *times_);
  }
  costs_ = std::make_unique<StepCosts>(model_, engine_.parallelism,
                                       corrected_ ? *corrected_ : *mapper_);
}

PreparedService::Answer PreparedService::serve_trace(const Trace& trace,
                                                     std::int64_t max_concurrency) {
  ServiceInput input;
  input.trace = &trace;
  input.max_model_len = engine_.max_model_len;
  input.max_concurrency = max_concurrency;
  const Slo slo;
  ServingResult result =
      serve(engine_, *costs_, input, [&] { return std::make_unique<MetricsCollector>(slo); });
  Answer answer;
  answer.metrics = result.metrics();
  answer.work = result.work;
  if (result.work.seconds > 0) {
    answer.low = result.work.low / result.work.seconds;
    answer.high = result.work.high / result.work.seconds;
  }
  return answer;
}

double PreparedService::step_seconds(const BatchWork& work) {
  double seconds = engine_.step_overhead_seconds;
  const std::int64_t padded = padded_tokens(engine_, work.tokens);
  for (int stage = 0; stage < engine_.parallelism.pipeline; ++stage) {
    const double device = costs_->seconds(work, padded, stage);
    seconds += is_recorded(engine_, work.tokens) ? device
                                                 : std::max(device, costs_->host_seconds(stage));
  }
  return seconds;
}

double PreparedService::prompt_seconds(std::int64_t batch, std::int64_t prompt) {
  const std::int64_t at_once =
      std::max<std::int64_t>(1, engine_.max_num_batched_tokens / std::max<std::int64_t>(1, batch));
  double seconds = 0;
  for (std::int64_t done = 0; done < prompt; done += at_once) {
    const std::vector<Sequence> sequences(static_cast<std::size_t>(batch),
                                          {std::min(at_once, prompt - done), done});
    seconds += step_seconds(batch_work(model_.context_rules(), sequences));
  }
  return seconds;
}

double PreparedService::token_seconds(std::int64_t batch, std::int64_t prompt,
                                      std::int64_t output) {
  // Steps are linear in the context but for windows that fill up: three points (Simpson) are exact.
  const auto at = [&](std::int64_t context) {
    const std::vector<Sequence> sequences(static_cast<std::size_t>(batch), {1, context});
    return step_seconds(batch_work(model_.context_rules(), sequences));
  };
  return (at(prompt) + 4 * at(prompt + output / 2) + at(prompt + output)) / 6;
}

Trace equal_requests(std::int64_t count, std::int64_t prompt, std::int64_t output, double spread) {
  Trace trace;
  Rng rng(0);
  const auto draw = [&](std::int64_t length) {
    const auto least =
        std::max<std::int64_t>(1, static_cast<std::int64_t>((1 - spread) * static_cast<double>(length)));
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
