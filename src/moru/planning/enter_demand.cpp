#include "moru/base/text.h"
#include "moru/economics/service_cost.h"
#include "moru/economics/silicon.h"
#include "moru/planning/demand.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <span>

namespace moru {
namespace {

constexpr double kSecondsPerDay = 86400;
constexpr double kHoursPerMonth = 730;
constexpr double kMillion = 1e6;

// Names of facts that a plan states: words, as formulas write them.
std::string word(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return out;
}

template <class S>
Fact fact_of(const S& stated, std::string_view unit, std::string_view meaning) {
  Fact fact;
  fact.value = stated.value;
  fact.low = stated.low;
  fact.high = stated.high;
  fact.unit = unit;
  fact.meaning = meaning;
  fact.source = stated.source.empty() ? "the plan" : stated.source;
  fact.trust = stated.trust.empty() ? "E" : stated.trust;
  return fact;
}

// What one chip of the plan's mix needs of everything, losses included.
struct Unit {
  std::array<double, kSupplyInputs> input{};  // power in MW, capital in USD
  double hbm_gigabytes = 0;
  double hbm_stacks = 0;
  double host_gigabytes = 0;
  double packages = 0;
  double hour = 0;   // USD
  double watts = 0;  // of the site

  void add(const Unit& other, double share) {
    for (std::size_t i = 0; i < kSupplyInputs; ++i) {
      input[i] += share * other.input[i];
    }
    hbm_gigabytes += share * other.hbm_gigabytes;
    hbm_stacks += share * other.hbm_stacks;
    host_gigabytes += share * other.host_gigabytes;
    packages += share * other.packages;
    hour += share * other.hour;
    watts += share * other.watts;
  }
  double& operator[](SupplyInput i) { return input[static_cast<std::size_t>(i)]; }
  double operator[](SupplyInput i) const { return input[static_cast<std::size_t>(i)]; }
};

struct Stacks {
  std::string generation;
  double gigabytes = 0;
  double count = 0;
};

Stacks stacks_of(const Chip& chip) {
  Stacks stacks;
  for (const MemoryLevel& level : chip.memory) {
    const std::string kind = to_lower(level.kind);
    if (!kind.starts_with("hbm") || !level.capacity) {
      continue;
    }
    stacks.gigabytes += level.capacity->value.value * 1e-9;
    stacks.count += level.stacks ? level.stacks->value : 4;
    for (const char* name : {"hbm2e", "hbm2", "hbm3e", "hbm3", "hbm4"}) {
      if (stacks.generation.empty() && kind.starts_with(name)) {
        stacks.generation = name;
      }
    }
  }
  return stacks;
}

// GB of a generation sold from one wafer: dies on it, what a die holds, what survives.
double hbm_per_wafer(Ledger& ledger, const std::string& generation) {
  const std::string name = generation.empty() ? "hbm3e" : generation;
  return ledger.figure("hbm_gb_per_wafer", "GB",
                       dies_per_wafer_classic(ledger.fact("hbm_die_area")) *
                           ledger.fact("hbm_die_gb." + name) * ledger.fact("hbm_yield"),
                       "(pi 150^2 / hbm_die_area - pi 300 / sqrt(2 hbm_die_area)) * hbm_die_gb." +
                           name + " * hbm_yield");
}

Unit enter_unit(Ledger& ledger, const Chip& chip) {
  ledger.set_scope(word(chip.id) + ".");
  const ChipCost cost = enter_chip_cost(ledger, chip);
  const Stacks stacks = stacks_of(chip);
  Unit unit;
  unit.hbm_gigabytes = stacks.gigabytes / cost.package_yield;
  unit.hbm_stacks = stacks.count / cost.package_yield;
  unit.host_gigabytes = ledger.fact("host_memory");
  unit.packages = 1 / cost.package_yield;
  unit[SupplyInput::hbm_wafers] =
      ledger.figure("hbm_wafers_per_chip", "wafers",
                    unit.hbm_gigabytes / hbm_per_wafer(ledger, stacks.generation),
                    "GB of HBM / package_yield / hbm_gb_per_wafer");
  unit[SupplyInput::logic_wafers] =
      ledger.figure("logic_wafers_per_chip", "wafers", cost.logic_wafers,
                    "dies / (die_per_wafer * die_yield) / package_yield");
  unit[SupplyInput::interposer_wafers] =
      ledger.figure("interposer_wafers_per_chip", "wafers", cost.interposer_wafers,
                    "1 / (interposers per wafer * their yield) / package_yield");
  unit.watts = cost.tdp * ledger.fact("it_power_over_tdp") * ledger.fact("pue");
  unit[SupplyInput::power] = ledger.figure("megawatts_per_chip", "MW", unit.watts / kMillion,
                                           "tdp * it_power_over_tdp * pue / 1e6");
  unit.hour = enter_chip_hour(ledger, cost);
  const double capital =
      cost.price * (1 + ledger.fact("network_over_chips") + ledger.fact("server_over_chips")) +
      cost.tdp * ledger.fact("it_power_over_tdp") * ledger.fact("facility_price");
  unit[SupplyInput::capital] =
      ledger.figure("capital_per_chip", "USD", capital, "it_capital + facility_capital");
  ledger.set_scope("");
  return unit;
}

// Chips for one request per second of a kind of traffic on one chip of the plan.
double chips_per_rate(Ledger& ledger, const PlanTraffic& traffic, const ReplicaSize& size,
                      double prompt, double output) {
  const std::string name = traffic.name + "_on_" + word(size.chip);
  Fact capacity;
  capacity.value = size.requests_per_second;
  capacity.low = size.requests_per_second * size.factor_low;
  capacity.high = size.requests_per_second * size.factor_high;
  capacity.unit = "1/s";
  capacity.meaning = fmt::format(
      "requests of {} that a replica of {} x {} serves within the "
      "objective",
      traffic.name, size.chips, size.chip);
  capacity.source = "the serving engine, by search over request rates";
  capacity.trust = "D";
  const double rate = ledger.fact(name + "_capacity", capacity);
  const double work = size.prompt_share * prompt / size.mean_prompt +
                      (1 - size.prompt_share) * output / size.mean_output;
  return ledger.figure(
      name + "_chips_per_rate", "chips s", size.chips * work / rate,
      fmt::format("{0} * (p * {1}_prompt_tokens / {2:.1f} + (1 - p) * {1}_output_tokens / {3:.1f}) "
                  "/ {4}_capacity with p = {5:.3f}, the prompts' share of the busy time",
                  size.chips, traffic.name, size.mean_prompt, size.mean_output, name,
                  size.prompt_share));
}

// One kind of traffic, per message that a user sends.
struct Kind {
  std::string name;
  double requests = 0;  // per message
  double prompt = 0;
  double output = 0;
};

struct Service {
  std::vector<Kind> kinds;
  Unit unit;                  // of the average chip
  double chips_per_user = 0;  // fleet over weekly users
  double messages = 0;        // per user and day
};

// One kind of traffic: adds the chips of each sort that a message takes by it.
Kind enter_kind(Ledger& ledger, const DemandPlan& plan, const PlanTraffic& traffic,
                std::span<const ReplicaSize> sizes, std::vector<double>& chips_per_message) {
  const auto stated = [&](const char* what, const Sourced<double>& value, const char* unit,
                          const char* meaning) {
    return ledger.fact(traffic.name + "_" + what, fact_of(value, unit, meaning));
  };
  Kind kind{traffic.name,
            stated("requests_per_message", traffic.requests_per_message, "1",
                   "requests of this kind for each message"),
            stated("prompt_tokens", traffic.prompt_tokens, "tokens", "mean of a request"),
            stated("output_tokens", traffic.output_tokens, "tokens", "mean of a request")};
  const double factor = stated("work_factor", traffic.work_factor, "1",
                               "work of the service's model over that of the one named");
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    const double share = ledger.fact(word(sizes[c].chip) + "_share",
                                     fact_of(plan.chips[c].share, "1", "of the requests"));
    chips_per_message[c] += share * kind.requests * factor *
                            chips_per_rate(ledger, traffic, sizes[c], kind.prompt, kind.output);
  }
  const double bytes = sizes.front().kv_bytes_per_token;
  ledger.figure(traffic.name + "_kv_gb_per_user", "GB", bytes * traffic.context_tokens.value * 1e-9,
                fmt::format("{:.0f} bytes of KV cache per token of {} * {:.0f} tokens", bytes,
                            traffic.model, traffic.context_tokens.value));
  return kind;
}

Service enter_service_of(Ledger& ledger, const DemandPlan& plan,
                         const std::vector<ReplicaSize>& sizes, const std::vector<Chip>& chips) {
  Service service;
  service.messages =
      ledger.fact("messages_per_user_per_day",
                  fact_of(plan.messages_per_user_per_day, "1/day", "messages of a weekly user"));
  const double peak = ledger.fact(
      "daily_peak", fact_of(plan.daily_peak, "1", "load of the busiest hour over the mean"));
  const double utilisation = ledger.fact(
      "utilisation", fact_of(plan.utilisation, "1", "share of the fleet's capacity used at peak"));
  const double reserve = ledger.fact("fleet_reserve");
  std::vector<double> chips_per_message(plan.chips.size(), 0);
  std::size_t next = 0;
  for (const PlanTraffic& traffic : plan.traffic) {
    const std::span<const ReplicaSize> own(&sizes[next], plan.chips.size());
    service.kinds.push_back(enter_kind(ledger, plan, traffic, own, chips_per_message));
    next += own.size();
  }
  double all = 0;
  for (const double one : chips_per_message) {
    all += one;
  }
  service.chips_per_user = ledger.figure(
      "chips_per_user", "chips",
      all * service.messages / kSecondsPerDay * peak / utilisation * (1 + reserve),
      "sum over traffic and chips of share * requests_per_message * work_factor * chips_per_rate, "
      "* messages_per_user_per_day / 86400 * daily_peak / utilisation * (1 + fleet_reserve)");
  for (std::size_t c = 0; c < chips.size(); ++c) {
    service.unit.add(enter_unit(ledger, chips[c]), chips_per_message[c] / all);
  }
  for (const auto& [name, input] : EnumNames<SupplyInput>::values) {
    const double each = service.unit[input] * service.chips_per_user;
    ledger.figure("users_per_" + std::string(name), "users", each > 0 ? 1 / each : 0,
                  "1 / (what one chip of the mix takes of it * chips_per_user)");
  }
  // The site's energy at mean load over the messages.
  ledger.figure(
      "wh_per_message", "Wh",
      service.chips_per_user * service.unit.watts * utilisation / peak * 24 / service.messages,
      "chips_per_user * tdp * it_power_over_tdp * pue * utilisation / daily_peak * 24 h / "
      "messages_per_user_per_day");
  return service;
}

double users_at(Ledger& ledger, const PlanUsers& users, Month month) {
  std::vector<double> values;
  for (const PlanPoint& point : users.points) {
    values.push_back(ledger.fact("users_at_" + word(point.month),
                                 fact_of(point, "users", "people who use it in a week")));
  }
  const double growth = ledger.fact(
      "users_growth", fact_of(users.growth_per_month, "1/month", "growth after the last point"));
  return series_at(users.points, values, month, growth);
}

// The suppliers of one input together, for what starts `lead` months before `month`.
double supply_at(Ledger& ledger, const DemandPlan& plan, SupplyInput input, Month month) {
  const std::string kind(enum_name(input));
  const int lead = static_cast<int>(std::lround(ledger.fact("lead." + kind)));
  const Month start = *parse_month(plan.start);
  double sum = 0;
  for (const PlanSupply& source : plan.supply) {
    if (source.input != input) {
      continue;
    }
    const std::string name = kind + "_" + word(source.supplier);
    std::vector<double> values;
    for (const PlanPoint& point : source.capacity) {
      values.push_back(ledger.fact(name + "_at_" + word(point.month),
                                   fact_of(point, "units", "capacity of " + source.supplier)));
    }
    const double share =
        ledger.fact(name + "_share", fact_of(source.share, "1", "that this service can get"));
    const double ready =
        ledger.fact(name + "_ready_in", fact_of(source.ready_in, "months", "until it delivers"));
    const bool delivers =
        source.is_qualified && month >= start + static_cast<int>(std::lround(ready));
    sum += delivers ? share * series_at(source.capacity, values, month + -lead, 0) : 0;
  }
  return sum;
}

void enter_load(Ledger& ledger, const Service& service, double users) {
  const double per_day = ledger.figure("messages_per_day", "1/day", users * service.messages,
                                       "users * messages_per_user_per_day");
  const double prompts = ledger.figure("prompts_per_second", "1/s", per_day / kSecondsPerDay,
                                       "messages_per_day / 86400");
  double requests = 0;
  double input = 0;
  double output = 0;
  for (const Kind& kind : service.kinds) {
    const double rate = prompts * kind.requests;
    ledger.figure(kind.name + "_requests_per_second", "1/s", rate,
                  fmt::format("prompts_per_second * {}_requests_per_message", kind.name));
    ledger.figure(kind.name + "_input_tokens_per_second", "1/s", rate * kind.prompt,
                  fmt::format("{0}_requests_per_second * {0}_prompt_tokens", kind.name));
    ledger.figure(kind.name + "_output_tokens_per_second", "1/s", rate * kind.output,
                  fmt::format("{0}_requests_per_second * {0}_output_tokens", kind.name));
    requests += rate;
    input += rate * kind.prompt;
    output += rate * kind.output;
  }
  ledger.figure("requests_per_second", "1/s", requests, "sum over traffic");
  ledger.figure("input_tokens_per_second", "1/s", input, "sum over traffic");
  ledger.figure("output_tokens_per_second", "1/s", output, "sum over traffic");
}

// What `chips` new ones in a month take.
void enter_flows(Ledger& ledger, const Unit& unit, double chips) {
  const auto flow = [&](const char* id, const char* what, double each, const char* formula) {
    return ledger.figure(id, what, chips * each, formula);
  };
  flow("packages", "packages", unit.packages, "new_chips / package_yield");
  flow("hbm_stacks", "stacks", unit.hbm_stacks, "new_chips * stacks / package_yield");
  const double gigabytes =
      flow("hbm_gb", "GB", unit.hbm_gigabytes, "new_chips * GB of HBM / package_yield");
  const double hbm = flow("hbm_wafers", "wafers", unit[SupplyInput::hbm_wafers],
                          "new_chips * hbm_wafers_per_chip");
  // Server memory takes a third of the wafer per GB.
  const double host = chips * unit.host_gigabytes * (gigabytes > 0 ? hbm / gigabytes : 0) /
                      ledger.fact("hbm_trade_ratio");
  ledger.figure("dram_wafers", "wafers", hbm + host,
                "hbm_wafers + new_chips * host_memory * hbm_wafers / hbm_gb / hbm_trade_ratio");
  flow("logic_wafers", "wafers", unit[SupplyInput::logic_wafers],
       "new_chips * logic_wafers_per_chip");
  flow("interposer_wafers", "wafers", unit[SupplyInput::interposer_wafers],
       "new_chips * interposer_wafers_per_chip");
  flow("capital", "USD", unit[SupplyInput::capital], "new_chips * capital_per_chip");
}

// The fleet as it can be built, month after month.
class Fleet {
 public:
  Fleet(Ledger& ledger, const DemandPlan& plan, const Service& service)
      : ledger_(ledger), plan_(plan), service_(service), life_(12 * ledger.fact("it_life")) {}

  void start(double chips) { chips_ = needed_before_ = chips; }

  void enter_month(Month month, double users) {
    ledger_.set_scope(to_string(month) + ".");
    ledger_.figure("users", "users", users,
                   "points of the plan (users_at_) and users_growth after the last");
    enter_load(ledger_, service_, users);
    const double needed =
        ledger_.figure("chips", "chips", users * service_.chips_per_user, "users * chips_per_user");
    ledger_.figure("power", "MW", needed * service_.unit[SupplyInput::power],
                   "chips * megawatts_per_chip");
    const double flow = ledger_.figure(
        "new_chips", "chips", std::max(0.0, needed - needed_before_ * (1 - 1 / life_)),
        "chips - chips of the month before * (1 - 1 / (12 it_life))");
    needed_before_ = needed;
    enter_flows(ledger_, service_.unit, flow);
    // What was not built before is still wanted.
    const double kept = chips_ * (1 - 1 / life_);
    const double wanted = std::max(0.0, needed - kept);
    ledger_.figure("running_cost", "USD",
                   needed * kHoursPerMonth *
                       (service_.unit.hour +
                        service_.unit.watts * 1e-3 * running_share() * ledger_.fact("electricity")),
                   "chips * 730 h * (chip_hour + power * utilisation / daily_peak * electricity)");
    const double built = std::min(wanted, possible(month, wanted, needed, kept));
    chips_ = kept + built;
    ledger_.figure("fleet", "chips", chips_,
                   "what is left of last month's fleet + what supply lets build");
    ledger_.figure("users_served", "users",
                   needed > 0 ? users * std::min(1.0, chips_ / needed) : users,
                   "users * min(1, fleet / chips)");
    ledger_.set_scope("");
  }

 private:
  // Mean load over what the fleet could serve.
  double running_share() const { return plan_.utilisation.value / plan_.daily_peak.value; }

  double possible(Month month, double wanted, double needed, double kept) {
    double most = std::numeric_limits<double>::max();
    for (const auto& [name, input] : EnumNames<SupplyInput>::values) {
      if (!plan_.needs(input)) {
        continue;
      }
      const double each = service_.unit[input];
      const double available = supply_at(ledger_, plan_, input, month);
      // Power is a stock, the others flows.
      const bool is_stock = input == SupplyInput::power;
      ledger_.figure("supply_" + std::string(name), is_stock ? "MW" : "units", available,
                     "sum over its sources of capacity * share, so many months before (lead." +
                         std::string(name) + ", " + std::string(name) + "_)");
      ledger_.figure(
          "needed_" + std::string(name), is_stock ? "MW" : "units",
          each * (is_stock ? needed : wanted),
          is_stock ? "power" : "(chips - what is left of the fleet) * what one chip needs of it");
      if (each > 0) {
        most = std::min(most, available / each - (is_stock ? kept : 0));
      }
    }
    return std::max(0.0, most);
  }

  Ledger& ledger_;
  const DemandPlan& plan_;
  const Service& service_;
  double life_;
  double chips_ = 0;
  double needed_before_ = 0;
};

// Given memory wafers: the chips they make each month, the fleet these become, whom it serves.
void enter_wafers(Ledger& ledger, const DemandPlan& plan, const Service& service) {
  const double all =
      ledger.fact("dram_wafers_per_month", fact_of(plan.wafers->dram_per_month, "wafers", "given"));
  const double share =
      ledger.fact("hbm_share_of_wafers", fact_of(plan.wafers->hbm_share, "1", "that become HBM"));
  const double per_wafer = hbm_per_wafer(ledger, "hbm3e");
  ledger.figure("pb_per_month_if_all_hbm", "PB", all * per_wafer * 1e-6,
                "dram_wafers_per_month * hbm_gb_per_wafer / 1e6");
  const double hbm = ledger.figure("hbm_wafers_per_month", "wafers", all * share,
                                   "dram_wafers_per_month * hbm_share_of_wafers");
  const double chips =
      ledger.figure("chips_per_month", "chips", hbm / service.unit[SupplyInput::hbm_wafers],
                    "hbm_wafers_per_month / hbm_wafers_per_chip of the mix");
  const double life = 12 * ledger.fact("it_life");
  const double fleet =
      ledger.figure("fleet_in_the_end", "chips", chips * life, "chips_per_month * 12 * it_life");
  ledger.figure("users_in_the_end", "users", fleet / service.chips_per_user,
                "fleet_in_the_end / chips_per_user");
  ledger.figure("messages_per_person_per_day", "1/day",
                fleet / service.chips_per_user * service.messages / ledger.fact("world_population"),
                "users_in_the_end * messages_per_user_per_day / world_population");
  ledger.figure("power_in_the_end", "MW", fleet * service.unit[SupplyInput::power],
                "fleet_in_the_end * megawatts_per_chip");
  const Month start = *parse_month(plan.start);
  for (int m = 0; m < plan.months; ++m) {
    ledger.set_scope(to_string(start + m) + ".");
    const double stock = chips * std::min<double>(m + 1, life);
    const double users =
        ledger.figure("users", "users", stock / service.chips_per_user, "chips / chips_per_user");
    enter_load(ledger, service, users);
    ledger.figure("chips", "chips", stock, "chips_per_month * months, at most 12 * it_life");
    ledger.figure("power", "MW", stock * service.unit[SupplyInput::power],
                  "chips * megawatts_per_chip");
    ledger.figure("new_chips", "chips", chips, "chips_per_month");
    enter_flows(ledger, service.unit, chips);
    ledger.set_scope("");
  }
}

}  // namespace

void enter_demand(Ledger& ledger, const DemandPlan& plan, const std::vector<ReplicaSize>& sizes,
                  const std::vector<Chip>& chips) {
  const Service service = enter_service_of(ledger, plan, sizes, chips);
  if (plan.wafers) {
    enter_wafers(ledger, plan, service);
    return;
  }
  const Month start = *parse_month(plan.start);
  Fleet fleet(ledger, plan, service);
  // Those of the month before are served, or the plan would begin with a leap.
  fleet.start(users_at(ledger, *plan.users, start + -1) * service.chips_per_user);
  for (int m = 0; m < plan.months; ++m) {
    fleet.enter_month(start + m, users_at(ledger, *plan.users, start + m));
  }
}

}  // namespace moru
