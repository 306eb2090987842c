// The version of the program, as files and --version show it, and those of libraries.
#pragma once

#include <string>
#include <vector>

namespace mast {

/// "0.1.0".
const char* version();

/// A library that the program runs with.
struct Library {
    std::string name;
    std::string version;  ///< of the one that was loaded, where it tells; else that of its headers
};

/// fmt, xxHash, and the C library with its mathematics. Other rooms have theirs beside
/// what wraps them.
std::vector<Library> base_libraries();

}  // namespace mast
