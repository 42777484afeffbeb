// A chip with one resource more or less, and what it then does.
#pragma once

#include "moru/chip/chip.h"
#include "moru/model/model.h"
#include "moru/planning/norms_frontier.h"

#include <cstdint>
#include <optional>
#include <string>

namespace moru {

// All dies' area, the clock with every rate that follows it, the number of cores with theirs, or
// the bandwidth of memory or of links, multiplied by `factor`.
Chip edited_chip(const Chip& chip, NormsLever lever, double factor);
// "653 mm2", "1 GHz", "1.5 TB/s": the resource as a person names it.
std::string quantity_text(const Chip& chip, NormsLever lever);
// The factor that one whole unit (1 mm2, 1 MHz, 1 GB/s) of the resource is; 0 if there is none.
double edit_step(const Chip& chip, NormsLever lever);

// Output tokens per second of one chip that serves a model under a question's load.
class ChipThroughput {
 public:
  ChipThroughput(const FrontierQuestion& question, std::string mapper);
  // Nothing, and why, if the chip cannot run it.
  std::optional<double> of(const Chip& chip, std::string& reason) const;

 private:
  FrontierQuestion question_;
  std::string mapper_;
  Model model_;
};

}  // namespace moru
