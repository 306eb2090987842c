// What this program is: its version, the commit that it was made from, the libraries it runs with.
#pragma once

#include <string>
#include <vector>

#include "base/version.h"

namespace mast::cli {

/// "mast 0.1.0", "mast 0.1.0, git 0123456789ab", with ", dirty" where the sources were not those
/// of the commit. An archive that git made knows its commit; sources from elsewhere do not.
std::string version_line();
std::vector<Library> libraries();
/// The line, and one for each library.
std::string version_text();

}  // namespace mast::cli
