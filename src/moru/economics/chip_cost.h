// What a chip costs to make: dies, memory, package, test, module; its price; its embodied carbon.
#pragma once

#include "moru/base/ledger.h"
#include "moru/chip/chip.h"
#include "moru/economics/silicon.h"

namespace moru {

// Per chip; USD, mm2, kg.
struct ChipCost {
  double die_area = 0;  // all dies
  double bill = 0;      // bill of materials
  double price = 0;     // what a buyer pays
  double tdp = 0;       // W
  double embodied = 0;  // kg CO2e
  // What one chip sold takes, its losses in packaging included.
  double logic_wafers = 0;
  double interposer_wafers = 0;
  double package_yield = 1;
};

struct CostChoices {
  YieldModel yield = YieldModel::negative_binomial;
};

// Enters, for every kind of die, <die>_area, <die>_per_wafer, <die>_yield, <die>_cost; then
// logic_cost, memory_cost, interposer_cost, substrate_cost, package_yield, packaging_loss,
// test_cost, module_cost, bill_of_materials, design_cost (NRE and masks over the volume),
// chip_price, tdp and embodied_carbon. What the chip states is taken with its range; the rest is
// estimated from its parts. Dies and stacks stand on an interposer if there is HBM, on an organic
// substrate otherwise; chips come last, so a bad bond loses what stands on the interposer
// (chiplet-actuary, DAC 2022).
ChipCost enter_chip_cost(Ledger& ledger, const Chip& chip, const CostChoices& choices = {});

}  // namespace moru
