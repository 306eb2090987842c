// The version of the program, as files and --version show it, and those of libraries.
#pragma once

#include <string>
#include <vector>

namespace mast {

/// "0.1.0".
const char* version();

/// Throws DataError, naming both, unless files of version `written` can be read: of this release
/// (its first two numbers), or an earlier one. What has changed since then is for each reader to
/// see. where: the file.
void expect_readable(const std::string& written, const std::string& where);

/// A library that the program runs with.
struct Library {
    std::string name;
    std::string version;  ///< of the one that was loaded, where it tells; else that of its headers
};

/// fmt, xxHash, and the C library with its mathematics. Other rooms have theirs beside
/// what wraps them.
std::vector<Library> base_libraries();

}  // namespace mast
