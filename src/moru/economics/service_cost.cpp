#include "moru/economics/service_cost.h"

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

constexpr double kHoursPerYear = 8760;
constexpr double kJoulesPerKilowattHour = 3.6e6;
constexpr double kMillion = 1e6;
constexpr double kGramsPerKilogram = 1000;

double over(double amount, double tokens) { return tokens > 0 ? amount / tokens : 0; }

}  // namespace

double annuity(double rate, double years) {
  return rate > 0 ? rate / -std::expm1(-years * std::log1p(rate)) : 1 / years;
}

double enter_chip_hour(Ledger& ledger, const ChipCost& cost) {
  const double it = ledger.figure(
      "it_capital", "USD/chip",
      cost.price * (1 + ledger.fact("network_over_chips") + ledger.fact("server_over_chips")),
      "chip_price * (1 + network_over_chips + server_over_chips)");
  const double power = cost.tdp * ledger.fact("it_power_over_tdp");
  const double facility =
      ledger.figure("facility_capital", "USD/chip", power * ledger.fact("facility_price"),
                    "tdp * it_power_over_tdp * facility_price");
  const double rate = ledger.fact("capital_rate");
  const double yearly = it * annuity(rate, ledger.fact("it_life")) +
                        facility * annuity(rate, ledger.fact("facility_life")) +
                        (it + facility) * ledger.fact("upkeep");
  return ledger.figure("chip_hour", "USD/h", yearly / kHoursPerYear,
                       "(it_capital * annuity(capital_rate, it_life) + facility_capital * "
                       "annuity(capital_rate, facility_life) + (it_capital + facility_capital) * "
                       "upkeep) / 8760");
}

ServiceFigures enter_service(Ledger& ledger, const Chip& chip, const ServiceWork& work) {
  const ChipCost cost = enter_chip_cost(ledger, chip);
  const double hour = enter_chip_hour(ledger, cost);
  const ChipEnergy energy = enter_energy(ledger, chip, work.compute);
  const double chip_seconds = work.chips * work.seconds;
  const double tokens = work.input_tokens + work.output_tokens;
  const double joules = ledger.figure(
      "it_energy", "J",
      energy.joules(work.activity, chip_seconds) +
          chip_seconds * ledger.fact("host_power_per_chip"),
      "busy time * min(TDP, static_power + (FLOP * energy_per_flop + memory bytes * "
      "energy_per_memory_byte + link bytes * energy_per_link_byte) / busy time) + idle time * "
      "idle_power + chips * time * host_power_per_chip");
  ServiceFigures figures;
  figures.joules_per_token =
      ledger.figure("joules_per_token", "J", over(joules, tokens), "it_energy / all tokens");
  ledger.figure("joules_per_output_token", "J", over(joules, work.output_tokens),
                "it_energy / output tokens");

  const double kilowatt_hours = joules * ledger.fact("pue") / kJoulesPerKilowattHour;
  const double held =
      ledger.figure("held_cost", "USD", chip_seconds / 3600 * hour, "chips * hours * chip_hour");
  const double power =
      ledger.figure("electricity_cost", "USD", kilowatt_hours * ledger.fact("electricity"),
                    "it_energy * pue * electricity");
  const double dollars = held + power;
  figures.usd = ledger.figure("usd_per_million_tokens", "USD", over(dollars, tokens) * kMillion,
                              "(held_cost + electricity_cost) / all tokens * 1e6");
  ledger.figure("usd_per_million_input_tokens", "USD",
                over(dollars * work.prompt_share, work.input_tokens) * kMillion,
                "(held_cost + electricity_cost) * prompts' share of the busy time / input tokens * "
                "1e6");
  ledger.figure("usd_per_million_output_tokens", "USD",
                over(dollars * (1 - work.prompt_share), work.output_tokens) * kMillion,
                "(held_cost + electricity_cost) * outputs' share of the busy time / output tokens "
                "* 1e6");

  const double operating = ledger.figure(
      "kg_co2e_operating", "kg",
      over(kilowatt_hours * ledger.fact("grid_carbon") / kGramsPerKilogram, tokens) * kMillion,
      "it_energy * pue * grid_carbon / all tokens * 1e6");
  const double life = ledger.fact("it_life") * kHoursPerYear * 3600;
  const double embodied = ledger.figure(
      "kg_co2e_embodied", "kg",
      over(chip_seconds * (cost.embodied + ledger.fact("server_carbon")) / life, tokens) * kMillion,
      "chips * time * (embodied_carbon + server_carbon) / it_life / all tokens * 1e6");
  figures.kg_co2e = ledger.figure("kg_co2e_per_million_tokens", "kg", operating + embodied,
                                  "kg_co2e_operating + kg_co2e_embodied");
  return figures;
}

}  // namespace moru
