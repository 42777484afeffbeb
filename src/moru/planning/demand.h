// From a service plan to chips, memory stacks, wafers, packages, power and capital by month; what
// runs out first; what one more unit of it buys.
#pragma once

#include "moru/base/ledger.h"
#include "moru/planning/sizing.h"

#include <optional>
#include <string>
#include <vector>

namespace moru {

// How far an input reaches in one month.
struct Coverage {
  SupplyInput input = SupplyInput::logic_wafers;
  double needed = 0;       // units of the input
  double needed_high = 0;  // … at the high end of demand
  double available = 0;
  double share() const { return needed > 0 ? available / needed : 1e9; }
  double share_high() const { return needed_high > 0 ? available / needed_high : 1e9; }
};

struct DemandMonth {
  Month month;
  std::vector<Coverage> coverage;  // of the inputs that the plan's supply names
  // The input that covers least, if it covers less than all that is needed; and the same at the
  // high end of demand.
  std::optional<SupplyInput> binding;
  std::optional<SupplyInput> binding_high;
};

// What one more unit of the binding input buys, by running the plan again with it.
struct Marginal {
  SupplyInput input = SupplyInput::logic_wafers;
  double added = 0;  // units of the input in every month
  double users = 0;  // served in the last month because of them
};

struct DemandResult {
  DemandPlan plan;
  std::vector<ReplicaSize> sizes;
  Estimates estimates;  // ids "2026-03.users", …; "h200_sxm.chip_price", …; chips_per_user, …
  std::vector<DemandMonth> months;
  std::optional<Marginal> marginal;
  // The first month in which an input runs short; nullptr if none does.
  const DemandMonth* first_binding() const;
  const DemandMonth* first_binding_high() const;
  // The input and month that come closest to it; nullptr if the plan names no supply.
  const Coverage* closest(Month* month = nullptr) const;
};

// A calculation of the whole plan, for estimate(); pure. `chips` are those of the plan, in order.
void enter_demand(Ledger& ledger, const DemandPlan& plan, const std::vector<ReplicaSize>& sizes,
                  const std::vector<Chip>& chips);

DemandResult plan_demand(const DemandPlan& plan, const std::vector<ReplicaSize>& sizes,
                         const FactBook& facts);

// The plan without the sources of a supplier or country ("TSMC", "TW"), second sources qualified
// once they are ready. Throws Error if no source has that name.
DemandPlan without(const DemandPlan& plan, const std::string& name);

struct SecondSource {
  SupplyInput input = SupplyInput::logic_wafers;
  std::string supplier;
  double price_ratio = 1;
  double ready_in = 0;   // months
  double needed = 0;     // units in the last month that the lost source leaves uncovered
  double available = 0;  // what it can give then
};

struct Loss {
  std::string name;
  double users_served = 0;  // in the last month, without it
  double users_served_before = 0;
  double revenue_lost = 0;                   // USD over all months
  std::vector<SecondSource> second_sources;  // of each lost input, the cheapest that is left
};
Loss loss_of(const DemandResult& base, const DemandResult& lost, const std::string& name);

// The table, the answer first; and JSON of schema moru/demand/1.
std::string demand_text(const DemandResult& result, const std::optional<Loss>& loss);
std::string demand_json(const DemandResult& result, const std::optional<Loss>& loss);

// "hbm_wafers" -> "HBM wafers a month".
std::string input_text(SupplyInput input);

}  // namespace moru
