#include "moru/planning/norms_frontier.h"

#include "moru/base/text.h"
#include "moru/planning/chip_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

constexpr double kReticleArea = 858e-6;  // 26 x 33 mm

// How far each lever is looked at, and how finely: a line is then found by halving.
constexpr double kLargestArea = 4;
constexpr double kLargestMemory = 2;
constexpr double kSmallestRate = 0.05;
constexpr int kSteps = 256;
constexpr int kHalvings = 60;

// Where nobody states a price. A middle of the catalogue's; only the order of moves rests on it.
constexpr double kAssumedChipPrice = 10000;

int severity(VerdictStatus status) {
  switch (status) {
    case VerdictStatus::not_applicable:
    case VerdictStatus::clear:
      return 0;
    case VerdictStatus::notify:
      return 1;
    case VerdictStatus::unknown:
      return 2;
    case VerdictStatus::restricted:
      return 3;
  }
  return 0;
}

// The two paragraphs of 3A090 are one ladder: .a above .b above neither.
int eccn_rank(const NormClass& one) {
  const int a = severity(one.statuses[0]);
  return a > 0 ? 10 + a : severity(one.statuses[1]);
}

std::string without_signs(std::string text) {
  std::erase_if(text, [](char c) { return c == '<' || c == '>' || c == '='; });
  return text;
}

class FrontierSearch {
 public:
  FrontierSearch(const Rulebook& rules, const Chip& chip, const Subject& stated, int date)
      : rules_(rules), chip_(chip), stated_(stated), date_(date) {
    now_ = class_at(NormsLever::die_area, 1);
  }

  NormClass now() const { return now_; }

  // The nearest change of the lever to every freer class, in one direction.
  void search(NormsLever lever, double last_factor, std::vector<NormsMove>& moves) const {
    NormClass previous = now_;
    double previous_factor = 1;
    for (int step = 1; step <= kSteps; ++step) {
      const double factor = std::pow(last_factor, static_cast<double>(step) / kSteps);
      const NormClass here = class_at(lever, factor);
      if (!(here == previous) && is_freer(here, now_) &&
          is_new(moves, lever, here, last_factor > 1)) {
        moves.push_back(move_to(lever, previous_factor, factor, here));
      }
      previous = here;
      previous_factor = factor;
    }
  }

  // Whole units only.
  void search_units(std::vector<NormsMove>& moves) const {
    if (!chip_.cores || chip_.cores->count.value < 2) {
      return;
    }
    const int count = chip_.cores->count.value;
    for (int units = count - 1; units >= 1; --units) {
      const double factor = static_cast<double>(units) / count;
      const NormClass here = class_at(NormsLever::units, factor);
      if (is_freer(here, now_) && is_new(moves, NormsLever::units, here, false)) {
        NormsMove move;
        move.lever = NormsLever::units;
        move.factor = factor;
        move.target = here;
        move.from = fmt::format("{} {}", count, chip_.cores->name);
        move.to = fmt::format("{} {}", units, chip_.cores->name);
        move.crossed = crossed(NormsLever::units, factor);
        moves.push_back(std::move(move));
      }
    }
  }

 private:
  Subject subject_at(NormsLever lever, double factor) const {
    Subject subject = chip_subject(edited_chip(chip_, lever, factor), rules_);
    for (const auto& [name, stated] : stated_.values) {
      subject.values[name] = stated;
    }
    return subject;
  }
  NormClass class_at(NormsLever lever, double factor) const {
    return class_of(rules_, subject_at(lever, factor), date_);
  }

  static bool is_new(const std::vector<NormsMove>& moves, NormsLever lever, const NormClass& target,
                     bool is_upward) {
    return std::none_of(moves.begin(), moves.end(), [&](const NormsMove& move) {
      return move.lever == lever && move.target == target && (move.factor > 1) == is_upward;
    });
  }

  NormsMove move_to(NormsLever lever, double outside, double inside,
                    const NormClass& target) const {
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = (outside + inside) / 2;
      (class_at(lever, middle) == target ? inside : outside) = middle;
    }
    const double rounded = rounded_factor(lever, inside, target);
    NormsMove move;
    move.lever = lever;
    move.factor = rounded;
    move.target = target;
    move.from = quantity_text(chip_, lever);
    move.to = quantity_text(edited_chip(chip_, lever, rounded), lever);
    move.crossed = crossed(lever, rounded);
    return move;
  }

  // As an engineer would write it (whole mm2, MHz, GB/s), on the right side of the line.
  double rounded_factor(NormsLever lever, double factor, const NormClass& target) const {
    const double whole = edit_step(chip_, lever);
    if (whole <= 0) {
      return factor;
    }
    const double steps = (factor > 1 ? std::ceil(factor / whole) : std::floor(factor / whole));
    const double rounded = steps * whole;
    return rounded > 0 && class_at(lever, rounded) == target ? rounded : factor;
  }

  std::string crossed(NormsLever lever, double factor) const {
    const Subject before = subject_at(lever, 1);
    const Subject after = subject_at(lever, factor);
    std::vector<std::string> lines;
    for (const std::string& id : class_rules()) {
      const Verdict a = check_rule(rules_, rules_.require(id), before, date_);
      const Verdict b = check_rule(rules_, rules_.require(id), after, date_);
      for (std::size_t i = 0; i < std::min(a.margins.size(), b.margins.size()); ++i) {
        const bool is_crossed =
            (a.margins[i].distance.low >= 0) != (b.margins[i].distance.low >= 0);
        // "PD >= 5.92" and "PD < 5.92" are one line.
        const bool is_listed = std::any_of(lines.begin(), lines.end(), [&](const auto& line) {
          return without_signs(line) == without_signs(a.margins[i].line);
        });
        if (is_crossed && !is_listed) {
          lines.push_back(a.margins[i].line);
        }
      }
    }
    return join(std::span<const std::string>(lines), ", ");
  }

  const Rulebook& rules_;
  const Chip& chip_;
  const Subject& stated_;
  int date_;
  NormClass now_;
};

void price_area(const Chip& chip, NormsMove& move) {
  DiePriceRange sum;
  for (const Die& die : chip.dies) {
    if (!die.area || !die.node || die.is_planar) {
      continue;
    }
    const auto process = die_process(die.node->value);
    if (!process) {
      return;
    }
    const DiePriceRange before = good_die_price(die.area->value, *process);
    const DiePriceRange after = good_die_price(die.area->value * move.factor, *process);
    sum.low += die.count.value * (after.low - before.low);
    sum.mid += die.count.value * (after.mid - before.mid);
    sum.high += die.count.value * (after.high - before.high);
    if (die.area->value.value * move.factor > kReticleArea) {
      move.is_buildable = false;
      move.obstacle = "no single die is larger than the reticle's 858 mm2; it needs more dies";
      return;
    }
  }
  move.added_cost = sum;
}

// HBM by capacity, from 10.3 (HBM3E 12H, 2025) and 15.1 (B200's bill) to 16.9 USD/GB (H100's); that
// it rises with the rate is an assumption.
void price_memory(const Chip& chip, NormsMove& move) {
  constexpr DiePriceRange kDollarsPerByte = {10.3e-9, 15.1e-9, 16.9e-9};
  double bytes = 0;
  for (const MemoryLevel& level : chip.memory) {
    if (level.capacity && level.kind.find("HBM") != std::string::npos) {
      bytes += level.capacity->value.value;
    }
  }
  if (move.factor > 1 && bytes > 0) {
    const double more = bytes * (move.factor - 1);
    move.added_cost = DiePriceRange{more * kDollarsPerByte.low, more * kDollarsPerByte.mid,
                                    more * kDollarsPerByte.high};
  }
}

// What a move costs as a share of the chip, for the order alone.
double relative_cost(const NormsFrontier& frontier, const NormsMove& move) {
  double cost = 0;
  if (move.added_cost) {
    cost += move.added_cost->mid / frontier.chip_price;
  }
  if (move.tokens_per_second && frontier.tokens_per_second) {
    cost += std::max(1 - *move.tokens_per_second / *frontier.tokens_per_second, 0.0);
  } else if (move.lever != NormsLever::die_area && move.lever != NormsLever::link_bandwidth) {
    cost += std::max(1 - move.factor, 0.0);
  }
  return cost;
}

void choose_price(const Chip& chip, const FrontierQuestion& question, NormsFrontier& frontier) {
  if (question.chip_price > 0) {
    frontier.chip_price = question.chip_price;
    frontier.price_source = "command line";
  } else if (chip.price) {
    frontier.chip_price = chip.price->value.value;
    frontier.price_source = chip.price->source;
  } else {
    frontier.chip_price = kAssumedChipPrice;
    frontier.price_source = "assumed, as the chip has no price; --price states it";
  }
}

}  // namespace

const std::vector<std::string>& class_rules() {
  static const std::vector<std::string> ids = {
      "us.bis.3a090.a",  "us.bis.3a090.b",         "us.bis.3a090.2022",           "us.bis.2026-01",
      "us.s232.2026-01", "us.bis.h20_is_informed", "us.bis.foundry_due_diligence"};
  return ids;
}

NormClass class_of(const Rulebook& rules, const Subject& subject, int date) {
  NormClass result;
  for (const std::string& id : class_rules()) {
    result.statuses.push_back(check_rule(rules, rules.require(id), subject, date).status);
  }
  return result;
}

std::string NormClass::name() const {
  const auto is = [this](std::size_t rule, VerdictStatus status) {
    return statuses[rule] == status;
  };
  const auto add = [](std::string& text, std::string_view part) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", part);
  };
  std::string text;
  if (is(0, VerdictStatus::restricted)) {
    add(text, "3A090.a");
  } else if (is(1, VerdictStatus::restricted)) {
    add(text, "3A090.b");
  } else if (is(2, VerdictStatus::restricted)) {
    add(text, "3A090 of 2022");
  } else if (is(0, VerdictStatus::unknown) || is(1, VerdictStatus::unknown)) {
    add(text, "3A090 not known");
  } else {
    add(text, "not 3A090");
  }
  if (is(3, VerdictStatus::notify)) {
    add(text, "case-by-case");
  } else if (is(3, VerdictStatus::restricted)) {
    add(text, "presumption of denial");
  }
  if (is(4, VerdictStatus::restricted)) {
    add(text, "tariff");
  }
  if (is(5, VerdictStatus::restricted)) {
    add(text, "letter");
  }
  if (is(6, VerdictStatus::restricted)) {
    add(text, "foundry presumption");
  }
  return text;
}

bool is_freer(const NormClass& a, const NormClass& b) {
  for (std::size_t i = 0; i < a.statuses.size(); ++i) {
    if (a.statuses[i] == VerdictStatus::unknown && b.statuses[i] != VerdictStatus::unknown) {
      return false;  // a verdict that opens up is no relief
    }
  }
  if (eccn_rank(a) > eccn_rank(b)) {
    return false;
  }
  bool is_less = eccn_rank(a) < eccn_rank(b);
  for (std::size_t i = 2; i < a.statuses.size(); ++i) {
    if (severity(a.statuses[i]) > severity(b.statuses[i])) {
      return false;
    }
    is_less = is_less || severity(a.statuses[i]) < severity(b.statuses[i]);
  }
  return is_less;
}

NormsFrontier frontier_of(const Rulebook& rules, const Chip& chip, const Subject& stated, int date,
                          const FrontierQuestion& question) {
  NormsFrontier frontier;
  frontier.chip = chip.id;
  frontier.date = date;
  const FrontierSearch search(rules, chip, stated, date);
  frontier.now = search.now();
  choose_price(chip, question, frontier);
  search.search(NormsLever::die_area, kLargestArea, frontier.moves);
  search.search(NormsLever::clock, kSmallestRate, frontier.moves);
  search.search_units(frontier.moves);
  search.search(NormsLever::memory_bandwidth, kSmallestRate, frontier.moves);
  search.search(NormsLever::memory_bandwidth, kLargestMemory, frontier.moves);
  search.search(NormsLever::link_bandwidth, kSmallestRate, frontier.moves);
  frontier.mapper = question.mapper;
  if (frontier.mapper.empty()) {
    frontier.mapper = chip.cores ? "tiled" : "roofline";
  }
  const ChipThroughput throughput(question, frontier.mapper);
  frontier.tokens_per_second = throughput.of(chip, frontier.no_tokens_because);
  for (NormsMove& move : frontier.moves) {
    if (move.lever == NormsLever::memory_bandwidth) {
      price_memory(chip, move);
    }
    if (move.lever == NormsLever::die_area) {
      price_area(chip, move);
      move.tokens_per_second = frontier.tokens_per_second;
    } else if (move.lever == NormsLever::link_bandwidth) {
      move.tokens_per_second = frontier.tokens_per_second;  // one chip needs no link
    } else if (frontier.tokens_per_second) {
      std::string ignored;
      move.tokens_per_second = throughput.of(edited_chip(chip, move.lever, move.factor), ignored);
    }
  }
  for (const Die& die : chip.dies) {
    const auto process = die.node ? die_process(die.node->value) : std::nullopt;
    if (process && frontier.die_price_source.empty()) {
      frontier.die_price_source = process->source;
    }
  }
  std::stable_sort(frontier.moves.begin(), frontier.moves.end(),
                   [&](const NormsMove& a, const NormsMove& b) {
                     return std::pair(!a.is_buildable, relative_cost(frontier, a)) <
                            std::pair(!b.is_buildable, relative_cost(frontier, b));
                   });
  return frontier;
}

}  // namespace moru
