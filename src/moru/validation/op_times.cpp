#include "moru/validation/op_times.h"

#include "moru/base/error.h"
#include "moru/mapping/tasks_of.h"
#include "moru/validation/ops_predict.h"
#include "moru/validation/ops_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

double log_of(double size) { return std::log(std::max(size, 1.0)); }
double log_of(std::int64_t size) { return log_of(static_cast<double>(size)); }

class Corrected final : public ChipMapper {
 public:
  Corrected(std::unique_ptr<ChipMapper> inner, MeasuredTimes times)
      : inner_(std::move(inner)), times_(std::move(times)) {}

  tl::expected<OpCost, Infeasible> cost(const Operator& op) const override {
    auto cost = inner_->cost(op);
    if (!cost) {
      return cost;
    }
    const double ratio = times_.ratio(task_of(op, 0));
    // Profiles hold the kernels alone; the gap to the one before stays as the model has it.
    const double gap = std::min(cost->overhead, cost->seconds);
    const double seconds = gap + (cost->seconds - gap) * ratio;
    cost->low *= seconds / cost->seconds;
    cost->high *= seconds / cost->seconds;
    cost->seconds = seconds;
    return cost;
  }
  double host_seconds(const Operator& op) const override { return inner_->host_seconds(op); }

 private:
  std::unique_ptr<ChipMapper> inner_;
  MeasuredTimes times_;
};

}  // namespace

MeasuredTimes::Key MeasuredTimes::key_of(const Task& task) {
  if (const auto* gemm = std::get_if<GemmTask>(&task)) {
    return {fmt::format("gemm {} {} {}", gemm->n, gemm->k, static_cast<int>(gemm->scheme)),
            {log_of(gemm->m), log_of(gemm->batch)}};
  }
  if (const auto* a = std::get_if<AttentionTask>(&task)) {
    const std::string shape =
        fmt::format("attention {} {} {} {} {} {}", a->heads, a->kv_heads, a->head_dim, a->window,
                    a->is_decode ? (a->is_beside_prefill ? "beside" : "decode") : "prefill",
                    static_cast<int>(a->kv));
    return {shape, {log_of(a->is_decode ? a->batch : a->seq_q), log_of(a->seq_kv)}};
  }
  if (const auto* moe = std::get_if<MoeTask>(&task)) {
    return {fmt::format("moe {} {} {} {} {} {}", moe->hidden, moe->inter / moe->tp, moe->topk,
                        moe->experts, moe->ep, static_cast<int>(moe->scheme)),
            {log_of(moe->tokens), 0}};
  }
  if (const auto* vector = std::get_if<VectorTask>(&task)) {
    return {fmt::format("vector {}", vector->is_reduction ? "rows" : "stream"),
            {log_of(vector->bytes_read), log_of(vector->bytes_written)}};
  }
  return {};
}

MeasuredTimes::MeasuredTimes(const std::string& folder, const Chip& chip) {
  for (const std::string& op : measured_operators(folder, chip.id)) {
    read(folder + "/" + chip.id + "/" + op + ".csv", op, chip);
  }
  if (rows_ == 0) {
    fail(fmt::format("no measured operators of {}; expected {}/*.csv as `moru validate ops` reads",
                     chip.id, chip.id),
         {folder, 0, 0});
  }
}

void MeasuredTimes::read(const std::string& path, const std::string& op, const Chip& chip) {
  OpPredictor predictor(chip, "tiled", GpuConstants{});
  read_measured_ops(path, [&](const MeasuredOp& row) {
    const double measured = row[OpField::latency_us] * 1e-6;
    const auto task = task_of(op, row, engine_named(row.backend()));
    const auto prediction = predictor.predict(op, row);
    if (!task || !prediction || !(measured > 0) || !(prediction->seconds > 0)) {
      return;
    }
    const auto* chain = std::get_if<ChainTask>(&*task);
    // A call that serves a chunk and decodes speaks for its decodes.
    const Key key =
        chain == nullptr ? key_of(*task)
        : chain->is_one_kernel && !chain->parts.empty()
            ? key_of(std::visit([](const auto& part) { return Task(part); }, chain->parts.back()))
            : Key{};
    if (!key.shape.empty()) {
      samples_[key.shape][std::string(row.backend())].push_back(
          {key.at, std::log(measured / prediction->seconds)});
      ++rows_;
    }
  });
}

double MeasuredTimes::ratio(const Task& task) const {
  const Key key = key_of(task);
  const auto shape = samples_.find(key.shape);
  if (key.shape.empty() || shape == samples_.end()) {
    return 1;
  }
  // A profile of a running engine tells more than a timing loop; else the larger set.
  const std::vector<Sample>* samples = nullptr;
  std::pair<bool, std::size_t> best;
  for (const auto& [backend, measured] : shape->second) {
    const std::pair candidate(engine_named(backend).is_kernel_time, measured.size());
    if (samples == nullptr || candidate > best) {
      samples = &measured;
      best = candidate;
    }
  }
  // Shepard's method over the nearest rows; distances in natural logarithms of the sizes.
  constexpr std::size_t kNearest = 4;
  constexpr double kFar = 0.7;  // twice the size: no longer similar
  std::array<std::pair<double, double>, kNearest> nearest;
  nearest.fill({kFar * kFar, 0});
  for (const Sample& sample : *samples) {
    double squared = 0;
    for (std::size_t axis = 0; axis < kAxes; ++axis) {
      squared += (sample.at[axis] - key.at[axis]) * (sample.at[axis] - key.at[axis]);
    }
    if (squared < nearest.back().first) {
      nearest.back() = {squared, sample.log_ratio};
      std::sort(nearest.begin(), nearest.end());
    }
  }
  double weights = 0;
  double sum = 0;
  for (const auto& [squared, log_ratio] : nearest) {
    if (squared < kFar * kFar) {
      const double weight = 1 / (squared + 1e-6);
      weights += weight;
      sum += weight * log_ratio;
    }
  }
  return weights > 0 ? std::exp(sum / weights) : 1;
}

std::unique_ptr<ChipMapper> corrected_mapper(std::unique_ptr<ChipMapper> inner,
                                             MeasuredTimes times) {
  return std::make_unique<Corrected>(std::move(inner), std::move(times));
}

}  // namespace moru
