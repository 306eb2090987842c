// The version of the program, as files and --version show it.
#pragma once

namespace mast {

/// "0.1.0".
const char* version();

}  // namespace mast
