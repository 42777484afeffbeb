#include "moru/economics/chip_cost.h"

#include "moru/base/text.h"
#include "moru/power/area.h"
#include "moru/power/energy.h"
#include "moru/power/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace moru {
namespace {

constexpr double kSquareMillimetres = 1e6;  // mm2 in a m2
constexpr double kGigabyte = 1e9;
constexpr double kMm2PerCm2 = 100;
constexpr double kGramsPerKilogram = 1000;

// A value that the chip states, as a fact of its own.
template <class T>
Fact stated_fact(const Sourced<T>& stated, double scale, std::string unit, std::string meaning) {
  Fact fact;
  fact.value = stated.value.value * scale;
  if (stated.low) {
    fact.low = stated.low->value * scale;
  }
  if (stated.high) {
    fact.high = stated.high->value * scale;
  }
  fact.unit = std::move(unit);
  fact.meaning = std::move(meaning);
  fact.source = stated.source;
  fact.trust = stated.trust.empty() ? "M" : stated.trust;
  return fact;
}

// Fact names of the memory's price and footprint.
std::string memory_class(std::string_view kind) {
  const std::string lower = to_lower(kind);
  for (const char* name : {"hbm2", "hbm3e", "hbm3", "hbm4", "gddr", "lpddr", "ddr"}) {
    if (lower.starts_with(name)) {
      return name;
    }
  }
  return lower.starts_with("hbm") ? "hbm3e" : "";
}

bool is_stacked(const MemoryLevel& memory) { return to_lower(memory.kind).starts_with("hbm"); }

int stacks_of(const MemoryLevel& memory) {
  return is_stacked(memory) ? (memory.stacks ? memory.stacks->value : 4) : 0;
}

// Enough to cost one kind of die.
struct DieKind {
  std::string id;
  double count = 1;
  double area = 0;  // mm2
  std::string node;
  bool is_stacked = false;  // on another die
  Harvest harvest = {};
};

std::vector<DieKind> dies_of(Ledger& ledger, const Chip& chip) {
  std::vector<DieKind> kinds;
  double stated_dies = 0;
  for (const Die& die : chip.dies) {
    stated_dies += die.count.value;
  }
  const bool is_stated =
      !chip.dies.empty() && std::all_of(chip.dies.begin(), chip.dies.end(),
                                        [](const Die& die) { return die.area.has_value(); });
  if (!is_stated) {
    const double count = std::max(1.0, stated_dies);
    const double total = enter_area(ledger, chip);
    kinds.push_back({"die", count,
                     ledger.figure("die_area", "mm2", total / count, "area_total / dies"),
                     logic_node(chip)});
    return kinds;
  }
  for (const Die& die : chip.dies) {
    const std::string id = kinds.empty() ? "die" : fmt::format("die{}", kinds.size() + 1);
    const double area = ledger.fact("stated_" + id + "_area",
                                    stated_fact(*die.area, kSquareMillimetres, "mm2",
                                                "area of a " + die.name + " die of " + chip.id));
    kinds.push_back({id, static_cast<double>(die.count.value),
                     ledger.figure(id + "_area", "mm2", area, "stated_" + id + "_area"),
                     die.node ? die.node->value : "N5", die.is_stacked});
  }
  return kinds;
}

// Spare cores, spread over the dies of the first kind.
Harvest harvest_of(Ledger& ledger, const Chip& chip, double dies) {
  if (!chip.cores || !chip.cores->built || chip.cores->built->value <= chip.cores->count.value) {
    return {};
  }
  return {static_cast<int>(chip.cores->built->value / dies),
          static_cast<int>(std::ceil(chip.cores->count.value / dies)),
          ledger.fact("repairable_share")};
}

struct Logic {
  double cost = 0;
  double area = 0;
  double standing_area = 0;  // of dies that stand on the interposer or substrate
  double standing_count = 0;
  double stacked_count = 0;
  double wafers = 0;
  double carbon = 0;  // kg
};

struct Package {
  double cost = 0;
  double yield = 1;
  double interposer_wafers = 0;
};

double die_carbon(Ledger& ledger, const DieKind& die, double yield) {
  // ACT: (CI_fab EPA + GPA + MPA) / Y, in g/cm2.
  const auto at = [&](std::string_view prefix) {
    return ledger.fact(node_fact(ledger.book(), prefix, die.node));
  };
  const double grams =
      ledger.fact("fab_carbon") * at("fab_energy") + at("fab_gas") + ledger.fact("fab_material");
  return die.count * die.area / kMm2PerCm2 * grams / yield / kGramsPerKilogram;
}

void add_die(Ledger& ledger, const DieKind& die, YieldModel model, Logic& logic) {
  const double per_wafer = ledger.figure(
      die.id + "_per_wafer", "dies",
      std::max(1.0,
               dies_per_wafer(die.area, ledger.fact("wafer.scribe"), ledger.fact("wafer.edge"))),
      "pi (150 - wafer.edge)^2 / A' - pi 2 (150 - wafer.edge) / sqrt(2 A'), A' = " + die.id +
          "_area with wafer.scribe");
  const double yield = ledger.figure(
      die.id + "_yield", "1",
      std::max(1e-3,
               harvested_yield(model, die.area,
                               ledger.fact(node_fact(ledger.book(), "defect_density", die.node)),
                               ledger.fact("yield.alpha"), die.harvest)),
      fmt::format("{} yield of the area without spares * P(enough of the cores are good), from "
                  "defect_density, yield.alpha, repairable_share",
                  enum_name(model)));
  const double price = ledger.fact(node_fact(ledger.book(), "wafer_price", die.node));
  const double cost = ledger.figure(
      die.id + "_cost", "USD", price / (per_wafer * yield) + ledger.fact("die_test") / yield,
      fmt::format("{} / ({}_per_wafer * {}_yield) + die_test / {}_yield",
                  node_fact(ledger.book(), "wafer_price", die.node), die.id, die.id, die.id));
  logic.cost += die.count * cost;
  logic.area += die.count * die.area;
  logic.standing_area += die.is_stacked ? 0 : die.count * die.area;
  (die.is_stacked ? logic.stacked_count : logic.standing_count) += die.count;
  logic.wafers += die.count / (per_wafer * yield);
  logic.carbon += die_carbon(ledger, die, yield);
}

struct Memory {
  double cost = 0;
  double gigabytes = 0;
  double stacks = 0;
  double footprint = 0;  // mm2 on the interposer
};

Memory memory_of(Ledger& ledger, const Chip& chip) {
  Memory memory;
  for (const MemoryLevel& level : chip.memory) {
    const std::string name = memory_class(level.kind);
    if (name.empty() || !level.capacity) {
      continue;
    }
    const double gigabytes = level.capacity->value.value / kGigabyte;
    memory.cost += gigabytes * ledger.fact("memory_price." + name);
    memory.gigabytes += gigabytes;
    const int stacks = stacks_of(level);
    memory.stacks += stacks;
    if (stacks > 0) {
      const std::string lower = to_lower(level.kind);
      memory.footprint +=
          stacks * ledger.fact(lower.starts_with("hbm2e")  ? "stack_footprint.hbm2e"
                               : lower.starts_with("hbm2") ? "stack_footprint.hbm2"
                                                           : "stack_footprint.hbm3");
    }
  }
  return memory;
}

// Interposer or plain substrate, what bonding loses, test and module.
Package package_of(Ledger& ledger, const Logic& logic, const Memory& memory, double tdp) {
  Package package;
  const bool has_interposer = memory.stacks > 0;
  const double carried = logic.standing_area + memory.footprint;
  double interposer = 0;
  if (has_interposer) {
    const double area = carried * ledger.fact("interposer.margin");
    const double yield =
        defect_free(YieldModel::negative_binomial, area, ledger.fact("interposer.defect_density"),
                    ledger.fact("yield.alpha"));
    package.interposer_wafers = 1 / (std::max(1.0, dies_per_wafer_classic(area)) * yield);
    interposer = ledger.fact("interposer.wafer_price") * package.interposer_wafers;
  }
  ledger.figure("interposer_cost", "USD", interposer,
                "interposer.wafer_price / (interposers per wafer * their yield), area = "
                "interposer.margin * (dies + stacks)");
  const double substrate =
      ledger.figure("substrate_cost", "USD",
                    carried * ledger.fact("substrate_ratio") * ledger.fact("substrate_price"),
                    "(dies + stacks) * substrate_ratio * substrate_price");
  const double parts = logic.standing_count + memory.stacks;
  const double bond = ledger.fact(has_interposer ? "bond_yield.interposer" : "bond_yield.organic");
  package.yield =
      ledger.figure("package_yield", "1", std::pow(bond, parts) * ledger.fact("assembly_yield"),
                    "bond_yield ^ (dies + stacks) * assembly_yield");
  const double stacked = has_interposer ? memory.cost : 0;
  const double loss = ledger.figure("packaging_loss", "USD",
                                    (logic.cost + stacked + interposer) * (1 / package.yield - 1),
                                    "(logic_cost + memory_cost on the interposer + "
                                    "interposer_cost) * (1 / package_yield - 1)");
  const double test =
      ledger.figure("test_cost", "USD", ledger.fact("package_test"), "package_test");
  const double module =
      ledger.figure("module_cost", "USD", tdp * ledger.fact("module_price"), "tdp * module_price");
  package.cost = interposer + substrate + loss + test + module;
  return package;
}

void enter_design(Ledger& ledger, const std::vector<DieKind>& dies) {
  double design = 0;
  double masks = 0;
  for (const DieKind& die : dies) {
    design = std::max(design, ledger.fact(node_fact(ledger.book(), "nre", die.node)));
    masks += ledger.fact(node_fact(ledger.book(), "mask_set", die.node));
  }
  ledger.figure("design_cost", "USD", (design + masks) / ledger.fact("volume"),
                "(nre + mask_set of each kind of die) / volume");
}

}  // namespace

ChipCost enter_chip_cost(Ledger& ledger, const Chip& chip, const CostChoices& choices) {
  ChipCost cost;
  std::vector<DieKind> dies = dies_of(ledger, chip);
  dies.front().harvest = harvest_of(ledger, chip, dies.front().count);
  Logic logic;
  for (const DieKind& die : dies) {
    add_die(ledger, die, choices.yield, logic);
  }
  cost.die_area = logic.area;
  if (logic.stacked_count > 0) {
    logic.cost /= std::pow(ledger.fact("bond_yield.stacked"), logic.stacked_count);
  }
  ledger.figure("logic_cost", "USD", logic.cost,
                "sum over the dies of die_cost / bond_yield.stacked ^ (dies on dies)");
  const Memory memory = memory_of(ledger, chip);
  ledger.figure("memory_cost", "USD", memory.cost, "GB * memory_price");
  cost.tdp = ledger.figure(
      "tdp", "W",
      chip.power.tdp
          ? ledger.fact("stated_tdp", stated_fact(*chip.power.tdp, 1, "W", "TDP of " + chip.id))
          : enter_tdp(ledger, chip),
      chip.power.tdp ? "stated_tdp" : "tdp_estimate");
  const Package package = package_of(ledger, logic, memory, cost.tdp);
  cost.package_yield = package.yield;
  cost.logic_wafers = logic.wafers / package.yield;
  cost.interposer_wafers = package.interposer_wafers / package.yield;
  cost.bill = ledger.figure("bill_of_materials", "USD", logic.cost + memory.cost + package.cost,
                            "logic_cost + memory_cost + interposer_cost + substrate_cost + "
                            "packaging_loss + test_cost + module_cost");
  enter_design(ledger, dies);
  cost.price = ledger.figure(
      "chip_price", "USD",
      chip.price
          ? ledger.fact("stated_price", stated_fact(*chip.price, 1, "USD", "price of " + chip.id))
          : cost.bill * ledger.fact("price_over_cost"),
      chip.price ? "stated_price" : "bill_of_materials * price_over_cost");
  cost.embodied = ledger.figure("embodied_carbon", "kg",
                                logic.carbon + (memory.gigabytes * ledger.fact("memory_carbon") +
                                                ledger.fact("package_carbon")) /
                                                   kGramsPerKilogram,
                                "dies * (fab_carbon * fab_energy + fab_gas + fab_material) / "
                                "die_yield + GB * memory_carbon + "
                                "package_carbon");
  return cost;
}

}  // namespace moru
