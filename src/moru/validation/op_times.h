// Measured operator times of the same chip in place of the model's: each cost is corrected by what
// similar measured rows took relative to their own prediction.
#pragma once

#include "moru/chip/chip.h"
#include "moru/mapping/mapper.h"
#include "moru/mapping/task.h"
#include "moru/validation/ops_rows.h"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace moru {

class MeasuredTimes {
 public:
  // Reads <folder>/<chip>/*.csv. Throws Error if there is no such folder or nothing usable in it.
  MeasuredTimes(const std::string& folder, const Chip& chip);

  // Measured over predicted for operators of this kind and shape: interpolated in the logarithms of
  // the sizes between the nearest rows (inverse distance); 1 where no row has the same fixed sizes.
  double ratio(const Task& task) const;
  std::size_t rows() const { return rows_; }

 private:
  static constexpr std::size_t kAxes = 2;
  struct Sample {
    std::array<double, kAxes> at = {};  // logarithms
    double log_ratio = 0;
  };
  struct Key {
    std::string shape;  // what must be equal
    std::array<double, kAxes> at = {};
  };
  static Key key_of(const Task& task);
  void read(const std::string& path, const std::string& op, const Chip& chip);

  // By shape, then by backend, one of which speaks for the shape.
  std::map<std::string, std::map<std::string, std::vector<Sample>>> samples_;
  std::size_t rows_ = 0;
};

// `inner` with its costs corrected.
std::unique_ptr<ChipMapper> corrected_mapper(std::unique_ptr<ChipMapper> inner,
                                             MeasuredTimes times);

}  // namespace moru
