// Energy, money and carbon of a report: what its chips did, priced by the facts.
#pragma once

#include "moru/economics/service_cost.h"
#include "moru/scenario/evaluate.h"

namespace moru {

// What all chips of the service did while it ran.
ServiceWork service_work(const Report& report);

// The facts of the scenario: the shipped ones and its own file.
FactBook scenario_facts(const Scenario& scenario);

// All figures of enter_service() for the report.
Estimates economics_of(const Report& report, const FactBook& facts);

// Average watts of one chip while the report's service was busy.
double busy_power(const Report& report, const FactBook& facts);

}  // namespace moru
