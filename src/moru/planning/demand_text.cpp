// A demand plan as a table, the answer first.
#include "moru/base/table.h"
#include "moru/planning/demand.h"

#include <fmt/format.h>

#include <cmath>

namespace moru {
namespace {

struct TableColumn {
  const char* heading;
  const char* id;
  double scale;
  int digits;
};

constexpr TableColumn kColumns[] = {{"users M", "users", 1e-6, 0},
                                    {"prompts/s", "prompts_per_second", 1, 0},
                                    {"in Mtok/s", "input_tokens_per_second", 1e-6, 1},
                                    {"out Mtok/s", "output_tokens_per_second", 1e-6, 2},
                                    {"chips k", "chips", 1e-3, 1},
                                    {"new k", "new_chips", 1e-3, 1},
                                    {"stacks k", "hbm_stacks", 1e-3, 0},
                                    {"HBM PB", "hbm_gb", 1e-6, 1},
                                    {"HBM wafers", "hbm_wafers", 1, 0},
                                    {"DRAM wafers", "dram_wafers", 1, 0},
                                    {"logic wafers", "logic_wafers", 1, 0},
                                    {"interposers", "interposer_wafers", 1, 0},
                                    {"MW", "power", 1, 0},
                                    {"capital M$", "capital", 1e-6, 0}};

std::string count(double value, int digits) { return fmt::format("{:.{}f}", value, digits); }

std::string people(double value) {
  return value >= 1e9 ? fmt::format("{:.2f} billion", value * 1e-9)
                      : fmt::format("{:.0f} million", value * 1e-6);
}

std::string range(const Estimate& figure, double scale, std::string_view unit) {
  return fmt::format("{}{} ({} to {})", figure_text(figure.mid * scale), unit,
                     figure_text(figure.low * scale), figure_text(figure.high * scale));
}

std::string headline(const DemandResult& result) {
  const std::string last = to_string(result.months.back().month);
  const auto at = [&](const char* id) -> const Estimate& {
    return result.estimates.at(last + "." + id);
  };
  if (result.plan.wafers) {
    const Estimate& users = result.estimates.at("users_in_the_end");
    const Estimate& chips = result.estimates.at("chips_per_month");
    return fmt::format(
        "{} DRAM wafers a month, {:.0f}% of them HBM ({} PB a month if all were), make {} chips a "
        "month. A fleet of them, worn out as fast as it grows, serves {} users ({} to {}) and "
        "draws "
        "{} GW: {} messages a day of every person on Earth.\n",
        figure_text(result.plan.wafers->dram_per_month.value),
        result.plan.wafers->hbm_share.value * 100,
        figure_text(result.estimates.at("pb_per_month_if_all_hbm").mid), range(chips, 1, ""),
        people(users.mid), people(users.low), people(users.high),
        figure_text(result.estimates.at("power_in_the_end").mid * 1e-3),
        range(result.estimates.at("messages_per_person_per_day"), 1, ""));
  }
  std::string text = fmt::format(
      "In {}, {} users take {} chips, {} MW, and {} HBM wafers that month; a message takes {} "
      "Wh.\n",
      last, people(at("users").mid), range(at("chips"), 1, ""), range(at("power"), 1, ""),
      range(at("hbm_wafers"), 1, ""), range(result.estimates.at("wh_per_message"), 1, ""));
  if (result.plan.supply.empty()) {
    return text;
  }
  const Estimate& served = at("users_served");
  Month when;
  const Coverage* closest = result.closest(&when);
  if (const DemandMonth* first = result.first_binding()) {
    text += fmt::format("{} bind first, in {}; {} of the users of {} are served ({} to {}).\n",
                        input_text(*first->binding), to_string(first->month), people(served.mid),
                        last, people(served.low), people(served.high));
  } else if (closest != nullptr) {
    text += fmt::format(
        "Nothing runs short; {} come closest to it, in {}, with {:.1f} times the "
        "need.\n",
        input_text(closest->input), to_string(when), closest->share());
  }
  if (const DemandMonth* high = result.first_binding_high(); high != nullptr) {
    text += fmt::format("At the high end of demand {} bind first, in {}.\n",
                        input_text(*high->binding_high), to_string(high->month));
  }
  const SupplyInput scarce = result.first_binding() != nullptr ? *result.first_binding()->binding
                             : closest != nullptr              ? closest->input
                                                               : SupplyInput::hbm_wafers;
  text += fmt::format(
      "Where {} bind, each makes chips for {} users.\n", input_text(scarce),
      figure_text(result.estimates.at("users_per_" + std::string(enum_name(scarce))).mid));
  if (result.marginal && result.marginal->added > 0) {
    const Marginal& marginal = *result.marginal;
    text += fmt::format("One more unit of it ({}) serves {} more users in {}.\n",
                        input_text(marginal.input),
                        figure_text(std::max(0.0, marginal.users) / marginal.added), last);
  }
  return text;
}

std::string loss_text(const Loss& loss) {
  std::string text = fmt::format(
      "Without {}: {} users served in the last month instead of {}; {} M$ of revenue "
      "lost.\n",
      loss.name, people(loss.users_served), people(loss.users_served_before),
      figure_text(loss.revenue_lost * 1e-6));
  for (const SecondSource& source : loss.second_sources) {
    text += source.supplier.empty()
                ? fmt::format("  {}: no second source in the plan\n", input_text(source.input))
                : fmt::format(
                      "  {}: cheapest second source {}, at {:.2f} times the price, after "
                      "{:.0f} months, {} of them for this service; {} still missing\n",
                      input_text(source.input), source.supplier, source.price_ratio,
                      source.ready_in, figure_text(source.available), figure_text(source.needed));
  }
  return text;
}

std::string sizing_text(const DemandResult& result) {
  Table table({"traffic", "chip", "replica", "req/s", "TTFT ms", "TPOT ms", "KV GB/user"},
              {Align::left, Align::left});
  for (const ReplicaSize& size : result.sizes) {
    table.row({size.traffic, size.chip, fmt::format("{} chips", size.chips),
               count(size.requests_per_second, 2), count(size.mean_ttft_ms, 0),
               count(size.mean_tpot_ms, 1),
               count(result.estimates.at(size.traffic + "_kv_gb_per_user").mid, 2)});
  }
  return table.text();
}

std::string month_table(const DemandResult& result) {
  std::vector<std::string> header{"month"};
  for (const TableColumn& column : kColumns) {
    header.emplace_back(column.heading);
  }
  const bool has_supply = !result.plan.supply.empty() && !result.plan.wafers;
  if (has_supply) {
    header.insert(header.end(), {"served %", "binds"});
  }
  Table table(header);
  for (const DemandMonth& month : result.months) {
    const std::string scope = to_string(month.month) + ".";
    std::vector<std::string> row{to_string(month.month)};
    for (const TableColumn& column : kColumns) {
      row.push_back(
          count(result.estimates.at(scope + column.id).mid * column.scale, column.digits));
    }
    if (has_supply) {
      const double served = result.estimates.at(scope + "users_served").mid;
      const double users = result.estimates.at(scope + "users").mid;
      row.push_back(count(users > 0 ? 100 * served / users : 100, 0));
      row.push_back(month.binding ? std::string(enum_name(*month.binding)) : "");
    }
    table.row(std::move(row));
  }
  return table.text();
}

}  // namespace

std::string input_text(SupplyInput input) {
  switch (input) {
    case SupplyInput::logic_wafers:
      return "logic wafers a month";
    case SupplyInput::hbm_wafers:
      return "HBM wafers a month";
    case SupplyInput::interposer_wafers:
      return "interposer wafers a month";
    case SupplyInput::power:
      return "megawatts";
    case SupplyInput::capital:
      break;
  }
  return "dollars a month";
}

std::string demand_text(const DemandResult& result, const std::optional<Loss>& loss) {
  std::string text = result.plan.name + ": " + result.plan.about + "\n\n";
  text += headline(result);
  if (loss) {
    text += loss_text(*loss);
  }
  text += "\n" + month_table(result) + "\n" + sizing_text(result);
  text += "\n`--explain MONTH.FIGURE` (" + to_string(result.months.front().month) +
          ".chips) shows formula, inputs, sources and trust; `--json` has every interval.\n";
  return text;
}

}  // namespace moru
