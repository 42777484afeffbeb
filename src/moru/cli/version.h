#pragma once

#include <string>

namespace moru {

// "moru 0.1.0".
std::string version_text();

}  // namespace moru
