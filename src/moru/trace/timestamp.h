// Times as traces write them, exact to the nanosecond and without the C library's locale.
#pragma once

#include "moru/base/units.h"

#include <optional>
#include <string>
#include <string_view>

namespace moru {

// "2023-11-16 18:15:46.6805900", also with 'T', 'Z' or "+09:00": nanoseconds since 1970 UTC. Years
// 1970 to 2261 (int64 nanoseconds end in 2262); digits beyond the ninth are dropped.
std::optional<SimTime> parse_timestamp(std::string_view text);
// The same moment as Azure writes it: seven decimals, so 100 ns are the finest step.
void append_timestamp(std::string& out, SimTime since_1970);

// "19440110.0", "0.046926808", "1e3": a decimal number of seconds, zero or more, below 2^63 ns.
std::optional<SimTime> parse_seconds(std::string_view text);
// Shortest exact decimal seconds: "0.046926808", "12".
void append_seconds(std::string& out, SimTime time);

}  // namespace moru
