#include "moru/validation/ops_predict.h"

#include "moru/mapping/engine.h"
#include "moru/mapping/gpu/answer.h"
#include "moru/validation/ops_task.h"

#include <fmt/format.h>

namespace moru {

OpPredictor::OpPredictor(const Chip& chip, const std::string& mapper,
                         const GpuConstants& constants) {
  if (const auto problem = simulation_problem(chip)) {
    refusal_ = problem->reason;
    return;
  }
  if (mapper == "tiled" && chip.kind == ChipKind::gpu) {
    gpu_ = gpu_device(chip, constants);
  } else if (mapper == "tiled" && chip.kind == ChipKind::npu) {
    systolic_ = systolic_device(chip);
  } else if (mapper == "tiled") {
    refusal_ = fmt::format("{} is neither of kind gpu nor npu", chip.id);
  } else {
    refusal_ = fmt::format("the mapper '{}' does not take measured rows; use tiled", mapper);
  }
}

tl::expected<OpPrediction, Infeasible> OpPredictor::predict(std::string_view op,
                                                            const MeasuredOp& row) {
  if (!refusal_.empty()) {
    return tl::unexpected(Infeasible{refusal_});
  }
  const Engine& engine = engine_named(row.backend());
  const auto task = task_of(op, row, engine);
  if (!task) {
    return tl::unexpected(task.error());
  }
  const auto time = gpu_ ? answer(*gpu_, engine, *task) : answer(*systolic_, engine, *task);
  if (!time) {
    return tl::unexpected(time.error());
  }
  const Uncertainty uncertainty = uncertainty_of(*task);
  const Interval interval = interval_of(time->seconds, uncertainty);
  return OpPrediction{time->seconds, interval.low, interval.high, uncertainty};
}

}  // namespace moru
