// Every known thing as a page of `moru show`: the lists, and one thing with all that is known of
// it.
#pragma once

#include "moru/base/ledger.h"
#include "moru/chip/chip.h"
#include "moru/report/page.h"

#include <string>

namespace moru {

// Lists. The figures are those of the files; nothing is left out because it cannot be simulated.
Page chip_list();
Page dram_list();
Page model_list();
Page workload_list();
Page scheduler_list();
Page router_list();
Page mapper_list();
Page trace_format_list();
Page constant_list();
Page fact_list();

// One thing, by id, alias or path. Throw Error.
Page chip_page(const std::string& name);
// Area from parts, TDP, bill of materials, price and hourly cost of a chip.
Estimates chip_estimates(const Chip& chip);
Page dram_page(const std::string& name);
Page model_page(const std::string& name);
Page workload_page(const std::string& name);
// A scenario file with everything it leaves out filled in; "" explains the fields and their
// defaults.
Page scenario_page(const std::string& path);

}  // namespace moru
