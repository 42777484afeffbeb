// Lists of modules that a quantised checkpoint left alone: names, globs and regular expressions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace moru {

// Adds a pattern as globs, in which '*' stands for any text. A plain name covers itself and all
// below it; "re:" begins a regular expression of literals, '.*', '\d+' and one level of
// alternatives, which is all that published checkpoints use.
void append_module_globs(std::string_view pattern, std::vector<std::string>& globs);

bool is_covered_module(const std::vector<std::string>& globs, std::string_view module);

}  // namespace moru
