// What a service costs per token: energy, money and carbon, from what its chips did.
#pragma once

#include "moru/economics/chip_cost.h"
#include "moru/power/energy.h"

namespace moru {

// A deployment over some time.
struct ServiceWork {
  double seconds = 0;  // that the chips were held, idle or not
  double chips = 0;
  Activity activity;  // of all chips together; busy in chip-seconds
  double input_tokens = 0;
  double output_tokens = 0;
  // Share of the busy time that the prompts took; the rest made output.
  double prompt_share = 0;
  DType compute = DType::bf16;
};

// Middle figures of a service, per million tokens where they say nothing else.
struct ServiceFigures {
  double joules_per_token = 0;
  double usd = 0;
  double kg_co2e = 0;
};

// Enters the chip's cost, then chip_hour (capital, building, upkeep; electricity apart),
// joules_per_token, joules_per_output_token, usd_per_million_tokens, usd_per_million_input_tokens,
// usd_per_million_output_tokens, kg_co2e_per_million_tokens with its operating and embodied parts.
// "tokens" are prompts and outputs together. Chips are paid for as long as they are held; energy is
// that of chips, hosts and network, and for money and carbon also of the site (PUE).
ServiceFigures enter_service(Ledger& ledger, const Chip& chip, const ServiceWork& work);

// Enters chip_hour: USD per chip and hour without electricity.
double enter_chip_hour(Ledger& ledger, const ChipCost& cost);

// Payment per year for a unit of capital over `years` at interest `rate`.
double annuity(double rate, double years);

}  // namespace moru
