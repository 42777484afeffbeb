// Arithmetic over timing names, as the constraint tables write it: "nWL + nBL + nWTRS".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace moru {

// Whole numbers, names, + - *, parentheses and max(a, b). `value_of` is asked for every name.
// Throws Error with the formula and what is wrong with it.
std::int64_t evaluate_formula(std::string_view formula,
                              const std::function<std::int64_t(std::string_view)>& value_of);

}  // namespace moru
