#include "moru/validation/ops_calibrate.h"

#include "moru/base/text.h"
#include "moru/chip/chip.h"
#include "moru/mapping/gpu/answer.h"
#include "moru/validation/ops_rows.h"
#include "moru/validation/ops_task.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace moru {
namespace {

struct Item {
  const Engine* engine;
  Task task;
  double log_measured;
  int chip;
  int group;
};

// Constants are estimated stage by stage, each from the rows it acts on.
std::string_view stage_of(std::string_view op) {
  constexpr std::pair<std::string_view, std::string_view> kStages[] = {
      {"gemm", "gemm"},
      {"mla_bmm", "gemm"},
      {"attention_prefill", "attention"},
      {"attention_decode", "attention"},
      {"attention_encoder", "attention"},
      {"mla_prefill", "attention"},
      {"mla_decode", "attention"},
      {"moe", "moe"},
      {"allreduce", "collective"},
      {"allgather", "collective"},
      {"reducescatter", "collective"},
      {"alltoall", "collective"},
      {"p2p", "collective"},
      {"moe_alltoall", "collective"},
      {"elementwise", "elementwise"}};
  for (const auto& [name, stage] : kStages) {
    if (name == op) {
      return stage;
    }
  }
  return "";
}

class Calibrator {
 public:
  Calibrator(const OpsQuestion& question, const std::vector<std::string>& without,
             std::int64_t rows_per_group)
      : question_(question), rows_per_group_(rows_per_group) {
    for (const std::string& name : measured_chips(question.folder)) {
      const bool is_chosen =
          question.chips.empty() ||
          std::find(question.chips.begin(), question.chips.end(), name) != question.chips.end();
      Chip chip = load_chip(name);
      if (!is_chosen || chip.kind != ChipKind::gpu || !chip.missing_for_simulation().empty() ||
          std::find(without.begin(), without.end(), chip.architecture) != without.end()) {
        continue;
      }
      chips_.push_back(std::move(chip));
      for (const std::string& op : measured_operators(question.folder, name)) {
        const bool is_of_stage = question.stage.empty() || stage_of(op) == question.stage;
        if ((question.op.empty() || question.op == op) && is_of_stage && op != "power") {
          load(name, op);
        }
      }
    }
  }

  double loss(const GpuConstants& constants) const {
    std::vector<GpuDevice> devices;
    for (const Chip& chip : chips_) {
      devices.push_back(gpu_device(chip, constants));
    }
    std::vector<double> sums(static_cast<std::size_t>(groups_));
    std::vector<double> counts(static_cast<std::size_t>(groups_));
    for (const Item& item : items_) {
      const auto time =
          answer(devices[static_cast<std::size_t>(item.chip)], *item.engine, item.task);
      if (time) {
        const double error = std::abs(std::log(time->seconds) - item.log_measured);
        sums[static_cast<std::size_t>(item.group)] += std::min(error, 0.7);
        counts[static_cast<std::size_t>(item.group)] += 1;
      }
    }
    double total = 0;
    double groups = 0;
    for (std::size_t g = 0; g < sums.size(); ++g) {
      if (counts[g] > 0) {
        total += sums[g] / counts[g];
        groups += 1;
      }
    }
    return groups > 0 ? total / groups : 0;
  }

  Calibration run() const {
    Calibration result;
    result.constants = question_.constants;
    result.rows = static_cast<std::int64_t>(items_.size());
    result.loss_before = loss(result.constants);
    double best = result.loss_before;
    for (const double step : {0.3, 0.15, 0.07, 0.03}) {
      for (int round = 0; round < 6; ++round) {
        const double before = best;
        descend(result.constants, best, step);
        if (before - best < 1e-4) {
          break;
        }
      }
    }
    result.loss_after = best;
    return result;
  }

 private:
  void descend(GpuConstants& constants, double& best, double step) const {
    for (const GpuConstant& one : gpu_constants()) {
      if (!one.is_estimated || (!question_.stage.empty() && one.rows != question_.stage)) {
        continue;
      }
      for (const double factor : {1 + step, 1 / (1 + step)}) {
        GpuConstants trial = constants;
        trial.*one.member = std::clamp(trial.*one.member * factor, one.low, one.high);
        const double value = loss(trial);
        if (value < best - 1e-6) {
          best = value;
          constants = trial;
          break;
        }
      }
    }
  }

  void load(const std::string& chip, const std::string& op) {
    std::vector<Item> all;
    read_measured_ops(question_.folder + "/" + chip + "/" + op + ".csv",
                      [&](const MeasuredOp& row) {
                        if (row[OpField::latency_us] < std::max(question_.min_us, 1e-3)) {
                          return;
                        }
                        if ((!question_.dtype.empty() && row.dtype != question_.dtype) ||
                            (!question_.backend.empty() && row.backend() != question_.backend)) {
                          return;
                        }
                        const Engine& engine = engine_named(row.backend());
                        if (const auto task = task_of(op, row, engine)) {
                          all.push_back({&engine, *task, std::log(row[OpField::latency_us] * 1e-6),
                                         static_cast<int>(chips_.size()) - 1, groups_});
                        }
                      });
    if (all.empty()) {
      return;
    }
    const std::size_t stride =
        std::max<std::size_t>(1, all.size() / static_cast<std::size_t>(rows_per_group_));
    for (std::size_t i = 0; i < all.size(); i += stride) {
      items_.push_back(all[i]);
    }
    ++groups_;
  }

  const OpsQuestion& question_;
  std::int64_t rows_per_group_;
  std::deque<Chip> chips_;
  std::vector<Item> items_;
  int groups_ = 0;
};

}  // namespace

Calibration calibrate_ops(const OpsQuestion& question, const std::vector<std::string>& without,
                          std::int64_t rows_per_group) {
  Calibration all;
  OpsQuestion stage = question;
  // Nothing that was learnt from the rows before may leak in: start in the middle of each range.
  for (const GpuConstant& one : gpu_constants()) {
    if (one.is_estimated && (question.stage.empty() || one.rows == question.stage)) {
      stage.constants.*one.member =
          one.low > 0 ? std::sqrt(one.low * one.high) : (one.low + one.high) / 2;
    }
  }
  for (const char* name : {"gemm", "attention", "moe", "collective", "elementwise"}) {
    if (!question.stage.empty() && question.stage != name) {
      continue;
    }
    stage.stage = name;
    const Calibration one = Calibrator(stage, without, rows_per_group).run();
    stage.constants = one.constants;
    all.constants = one.constants;
    all.rows += one.rows;
    all.loss_before += one.loss_before;
    all.loss_after += one.loss_after;
  }
  return all;
}

}  // namespace moru
