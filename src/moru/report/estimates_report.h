// Figures with intervals, as people and programs read them.
#pragma once

#include "moru/base/json_writer.h"
#include "moru/base/ledger.h"
#include "moru/report/page.h"

#include <string>
#include <string_view>

namespace moru {

// {"low", "mid", "high", "unit", "drivers": [{"input", "at_low", "at_high"}, …]}.
void write_estimate(JsonWriter& json, std::string_view key, const Estimate& estimate);

// "1.21 J (0.9 to 1.7); moved most by static_share, …".
std::string estimate_text(const Estimate& estimate);

// A table of figures with what moves each.
Section estimate_section(std::string key, std::string heading,
                         const std::vector<const Estimate*>& estimates);

}  // namespace moru
