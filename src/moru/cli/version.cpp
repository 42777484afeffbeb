#include "moru/cli/version.h"

namespace moru {

std::string version_text() { return "moru 0.1.0"; }

}  // namespace moru
