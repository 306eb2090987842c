// Which build of the program this is.
#pragma once

#include <string>

namespace mast::cli {

/// Hash of the program's own file; "" where the system does not show it.
std::string build_id();

}  // namespace mast::cli
