// Config keys that do not change what a forward pass computes, and keys that only matter for a
// value that is not modelled.
#pragma once

#include "moru/base/node.h"

#include <string>
#include <string_view>
#include <vector>

namespace moru {

// Token ids, dropouts, initialisation, rotary frequencies, generation defaults, vision towers, …
bool is_ignored_key(std::string_view key);

// The one value of a key that leaves the arithmetic as modelled ("0", "false", "[]"); empty if the
// key is not such a key.
std::string_view only_value(std::string_view key);
// A scalar as written, "[]" or "{}" for an empty list or map, "" for anything else.
std::string plain_text(const Node& node);

// The keys that most configs have, as they spell them.
std::vector<std::string_view> usual_key_names();
// All keys that any model may state, for "did you mean".
std::vector<std::string_view> known_key_names();

}  // namespace moru
