#include "moru/base/catalogue.h"
#include "moru/base/text.h"
#include "moru/chip/chip.h"
#include "moru/economics/service_cost.h"
#include "moru/power/area.h"
#include "moru/power/energy.h"
#include "moru/report/catalogue_report.h"
#include "moru/report/estimates_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace moru {
namespace {

template <class T>
Cell quantity_cell(const std::optional<T>& quantity) {
  return quantity ? Cell(to_string(*quantity), quantity->value) : Cell();
}

template <class T>
std::optional<T> plain(const std::optional<Sourced<T>>& sourced) {
  return sourced ? std::optional<T>(sourced->value) : std::nullopt;
}

// "yes", or what is missing.
Cell simulation_cell(const Chip& chip) {
  const std::vector<std::string> missing = chip.missing_for_simulation();
  if (!missing.empty()) {
    return "no: without " + join(std::span<const std::string>(missing), ", ");
  }
  // Attention multiplies in 16 bits whatever the weights are.
  const bool has_16_bits =
      chip.matrix_rate(chip.compute_dtype(DType::bf16, DType::bf16)).has_value();
  return has_16_bits ? "yes" : "yes: 16 bits at half the 8-bit rate, which is assumed";
}

// The flags of the figures that the list shows.
std::string trust_of(const Chip& chip) {
  std::set<std::string> flags;
  for (const auto& [dtype, rate] : chip.peak) {
    if (dtype == DType::bf16 || dtype == DType::fp16 || dtype == DType::fp8) {
      flags.insert(rate.trust);
    }
  }
  if (const MemoryLevel* memory = chip.main_memory()) {
    flags.insert(memory->capacity ? memory->capacity->trust : "");
    flags.insert(memory->bandwidth ? memory->bandwidth->trust : "");
  }
  flags.insert(chip.power.tdp ? chip.power.tdp->trust : "");
  std::string text;
  for (const std::string& flag : flags) {
    text += flag;
  }
  return text.empty() ? chip.trust : text;
}

// Fields that stand elsewhere on the page: lists of words, and sources, which every value repeats.
bool is_shown_apart(const std::string& path) {
  for (const std::string_view start : {"aliases[", "notes[", "not_published[", "sources."}) {
    if (path.starts_with(start)) {
      return true;
    }
  }
  return path == "source" || path == "trust";
}

Section figures(const Chip& chip) {
  Section section{"figures",
                  "derived",
                  {{"figure", "figure"}, {"value", "value", Align::right}, {"meaning", "meaning"}},
                  {}};
  const auto add = [&section](std::string name, Cell value, std::string meaning) {
    section.rows.push_back({std::move(name), std::move(value), std::move(meaning)});
  };
  const MemoryLevel* memory = chip.main_memory();
  const bool has_bandwidth = memory != nullptr && memory->bandwidth;
  for (const DType dtype : {DType::bf16, DType::fp8, DType::int8, DType::nvfp4}) {
    const auto rate = chip.matrix_rate(dtype);
    if (rate && has_bandwidth) {
      const double ridge = rate->value / memory->bandwidth->value.value;
      add(fmt::format("ridge point {}", enum_name(dtype)),
          {fmt::format("{:.0f} flop/B", ridge), ridge},
          "peak / memory bandwidth: work with less arithmetic per byte is bound by memory");
    }
  }
  if (has_bandwidth && memory->capacity) {
    const Seconds sweep = memory->capacity->value / memory->bandwidth->value;
    add("memory sweep", {to_string(sweep), sweep.value},
        "time to read all of the main memory once: a decode step on a full chip takes no less");
  }
  if (const auto rate = chip.matrix_rate(DType::bf16); rate && chip.power.tdp) {
    const double per_watt = rate->value / chip.power.tdp->value.value;
    add("bf16 per watt", {fmt::format("{:.2f} TFLOPS/W", per_watt * 1e-12), per_watt},
        "peak / TDP");
  }
  if (const auto rate = chip.vector_rate()) {
    add("vector rate", {to_string(*rate), rate->value},
        "what norms and activations run at, at most");
  }
  add("simulated", simulation_cell(chip), "what `moru simulate` and `moru map` need is there");
  return section;
}

// What products of the usual weight and activation formats are multiplied in.
Section compute_formats(const Chip& chip) {
  Section section{"compute_dtypes",
                  "what products are multiplied in",
                  {{"weights", "weights"},
                   {"activations", "activations"},
                   {"multiplied_in", "multiplied in"},
                   {"flops_per_second", "peak", Align::right}},
                  {}};
  constexpr std::pair<DType, DType> kProducts[] = {
      {DType::bf16, DType::bf16},   {DType::fp8, DType::fp8},  {DType::int8, DType::int8},
      {DType::nvfp4, DType::nvfp4}, {DType::fp8, DType::bf16}, {DType::mxfp4, DType::bf16},
      {DType::int4, DType::bf16}};
  for (const auto& [weight, activation] : kProducts) {
    const DType dtype = chip.compute_dtype(weight, activation);
    if (const auto rate = chip.matrix_rate(dtype)) {
      section.rows.push_back(
          {enum_name(weight), enum_name(activation), enum_name(dtype), quantity_cell(rate)});
    }
  }
  return section;
}

// What follows from the parts, for a chip that states no area, power or price, and beside them for
// one that does.
Section estimates(const Chip& chip) {
  const Estimates all = chip_estimates(chip);
  std::vector<const Estimate*> shown;
  for (const Estimate& one : all.figures) {
    const bool is_of_energy = one.id.starts_with("energy_per_") || one.id.ends_with("_power");
    if (!is_of_energy) {
      shown.push_back(&one);
    }
  }
  return estimate_section("estimates",
                          "estimated from parts and prices (`--explain FIGURE` shows how)", shown);
}

}  // namespace

Estimates chip_estimates(const Chip& chip) {
  return estimate(load_facts(), [&](Ledger& ledger) {
    // A chip without a stated area has its parts entered by its cost.
    const bool has_area =
        !chip.dies.empty() && std::all_of(chip.dies.begin(), chip.dies.end(),
                                          [](const Die& die) { return die.area.has_value(); });
    if (has_area) {
      enter_area(ledger, chip);
    }
    if (chip.power.tdp) {
      enter_tdp(ledger, chip);
    }
    enter_chip_hour(ledger, enter_chip_cost(ledger, chip));
  });
}

Page chip_list() {
  Section section{"items",
                  "",
                  {{"id", "id"},
                   {"name", "name"},
                   {"vendor", "vendor"},
                   {"year", "year", Align::right},
                   {"kind", "kind"},
                   {"status", "status"},
                   {"bf16_flops_per_second", "bf16", Align::right},
                   {"fp8_flops_per_second", "fp8", Align::right},
                   {"memory_bytes", "memory", Align::right},
                   {"bandwidth_bytes_per_second", "bandwidth", Align::right},
                   {"tdp_watts", "TDP", Align::right},
                   {"trust", "trust"},
                   {"simulated", "simulated"}},
                  {}};
  for (const std::string& id : catalogue_ids(kChips)) {
    const Chip chip = load_chip(id);
    const MemoryLevel* memory = chip.main_memory();
    const MemoryLevel none;
    const MemoryLevel& main = memory == nullptr ? none : *memory;
    section.rows.push_back(
        {chip.id, chip.name, chip.vendor,
         chip.year ? Cell(fmt::format("{}", *chip.year), *chip.year) : Cell(), enum_name(chip.kind),
         enum_name(chip.status), quantity_cell(chip.matrix_rate(DType::bf16)),
         quantity_cell(chip.matrix_rate(DType::fp8)), quantity_cell(plain(main.capacity)),
         quantity_cell(plain(main.bandwidth)), quantity_cell(plain(chip.power.tdp)), trust_of(chip),
         simulation_cell(chip)});
  }
  return {"chips", "", "", {std::move(section)}};
}

Page chip_page(const std::string& name) {
  const Chip chip = load_chip(name);
  std::vector<FieldRow> all;
  append_rows(all, "", chip, "");
  std::vector<FieldRow> rows;
  for (FieldRow& row : all) {
    if (!is_shown_apart(row.path) && !row.value.empty()) {
      rows.push_back(std::move(row));
    }
  }
  Page page{"chip", chip.id, fmt::format("{} ({})", chip.name, chip.id), {}};
  if (!chip.aliases.empty()) {
    page.title += "\nalso " + join(std::span<const std::string>(chip.aliases), ", ");
  }
  page.sections = {field_section(rows),
                   figures(chip),
                   compute_formats(chip),
                   estimates(chip),
                   line_section("aliases", "", chip.aliases),
                   line_section("not_published", "not published", chip.not_published),
                   line_section("notes", "notes", chip.notes)};
  return page;
}

}  // namespace moru
