// A chip made ready to predict measured rows.
#pragma once

#include "moru/chip/chip.h"
#include "moru/mapping/gpu/device.h"
#include "moru/mapping/interval.h"
#include "moru/mapping/mapper.h"
#include "moru/mapping/systolic/device.h"
#include "moru/validation/ops_rows.h"

#include <tl/expected.hpp>

#include <memory>
#include <optional>
#include <string>

namespace moru {

struct OpPrediction {
  double seconds = 0;
  double low = 0;
  double high = 0;
  Uncertainty uncertainty = Uncertainty::kernel;
};

class OpPredictor {
 public:
  // `mapper`: "tiled" (the kernel-level model of the chip's kind) or "roofline".
  OpPredictor(const Chip& chip, const std::string& mapper, const GpuConstants& constants);

  tl::expected<OpPrediction, Infeasible> predict(std::string_view op, const MeasuredOp& row);

 private:
  std::optional<GpuDevice> gpu_;
  std::optional<SystolicDevice> systolic_;
  std::string refusal_;
};

}  // namespace moru
